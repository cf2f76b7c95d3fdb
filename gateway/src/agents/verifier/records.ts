// SPDX-License-Identifier: Apache-2.0
import { operations, placeOfRecord, Refusal, type DecidedRecord } from '@thingledger/protocol';
import type { LedgerReader } from '../../ledger/reader.js';
import type { Principal } from '../../principal.js';

/** Reads records whose ids are known beforehand: those of one statement in one evaluation, once any is asked for. */
export class RecordReader {
  readonly #ids = new Map<string, Set<string>>();
  readonly #answers = new Map<string, Promise<ReadonlyMap<string, DecidedRecord>>>();

  constructor(
    private readonly reader: LedgerReader,
    private readonly as: Principal,
    recordIds: Iterable<string>,
  ) {
    for (const recordId of recordIds) {
      const { statementId } = placeOfRecord(recordId);
      this.#ids.set(statementId, (this.#ids.get(statementId) ?? new Set()).add(recordId));
    }
  }

  /** The record of an id that was named. Throws what the ledger refuses, to all who ask for the statement. */
  async get(recordId: string): Promise<DecidedRecord> {
    const { statementId } = placeOfRecord(recordId);
    const answer = this.#answers.get(statementId) ?? this.#read(statementId);
    this.#answers.set(statementId, answer);
    const found = (await answer).get(recordId);
    if (!found) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
    return found;
  }

  async #read(statementId: string): Promise<ReadonlyMap<string, DecidedRecord>> {
    const [recordId = '', ...more] = this.#ids.get(statementId) ?? [];
    const records =
      more.length > 0
        ? (await this.reader.evaluate(operations.getStatement, { statementId }, this.as)).records
        : [await this.reader.evaluate(operations.getMappingRecord, { recordId }, this.as)];
    return new Map(records.map((decided) => [decided.record.recordId, decided]));
  }
}
