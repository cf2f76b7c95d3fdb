// SPDX-License-Identifier: Apache-2.0
import { operations } from '@thingledger/protocol';
import PQueue from 'p-queue';
import { examine, type Context, type Examiner, type Finding } from './examine.js';
import { RecordReader } from './records.js';
import { ReadStatement } from './statement.js';

/** What became of examining one record: a finding, or nothing that is the record's fault. */
export type Examined = (Finding | { readonly kind: 'failed'; readonly error: unknown }) & {
  readonly recordId: string;
};

/** How long findings wait for the others of their statement, in milliseconds: votes cast together cost as one. */
const GATHER = 1_000;

/** Examines records, by statement, so many at a time. */
export class Examinations {
  readonly #slots: PQueue;

  constructor(
    private readonly examiner: Examiner,
    concurrency: number,
    private readonly signal: AbortSignal,
  ) {
    this.#slots = new PQueue({ concurrency });
  }

  /** Records under examination now. */
  get running(): number {
    return this.#slots.pending;
  }

  /**
   * Examines records of one statement. Findings come together, except that a record that takes its time holds up the
   * others for a moment only. A finding against a record is made twice, the second time from facts asked afresh. Throws
   * when the ledger does not give the statement.
   */
  async *of(statementId: string, recordIds: readonly string[]): AsyncGenerator<Examined[]> {
    const suspects: string[] = [];
    for await (const examined of this.#look(statementId, recordIds)) {
      const settled = examined.filter(({ kind }) => kind !== 'reject');
      if (settled.length > 0) yield settled;
      suspects.push(...examined.filter(({ kind }) => kind === 'reject').map(({ recordId }) => recordId));
    }
    if (suspects.length === 0 || this.signal.aborted) return;
    this.examiner.directory.forget();
    yield* this.#look(statementId, suspects);
  }

  async *#look(statementId: string, recordIds: readonly string[]): AsyncGenerator<Examined[]> {
    const context = await this.#read(statementId, recordIds);
    let examined: Examined[] = [];
    const all = Promise.all(
      recordIds.map((recordId) =>
        this.#slots.add(async () => {
          const finding = await this.#examine(context, recordId);
          examined.push({ ...finding, recordId });
        }),
      ),
    ).then(() => true);
    for (let finished = false; !finished;) {
      let timer: NodeJS.Timeout | undefined;
      const moment = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), GATHER)));
      finished = await Promise.race([all, moment]);
      clearTimeout(timer);
      const together = examined;
      examined = [];
      if (together.length > 0) yield together;
    }
  }

  async #read(statementId: string, recordIds: readonly string[]): Promise<Context> {
    const { reader, as } = this.examiner;
    const answer = await reader.evaluate(operations.getStatement, { statementId }, as);
    const wanted = new Set(recordIds);
    const previous = answer.records.flatMap(({ record }) =>
      wanted.has(record.recordId) ? (record.previous ?? []) : [],
    );
    return { statement: new ReadStatement(answer), previous: new RecordReader(reader, as, previous) };
  }

  async #examine(context: Context, recordId: string): Promise<Finding | { kind: 'failed'; error: unknown }> {
    try {
      this.signal.throwIfAborted();
      return await examine(this.examiner, context, recordId, this.signal);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }
}
