// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  encodeRefusal,
  inflateStatement,
  itemsOf,
  Refusal,
  SignedStatement,
  statementIdOf,
  textName,
  type Outcome,
  type StatementResult,
} from '@thingledger/protocol';
import {
  LedgerError,
  type Call,
  type Commit,
  type CommittedBlock,
  type Endorsed,
  type Identity,
  type Ledger,
  type LedgerEvent,
  type Readiness,
} from '../port.js';

/** One operation of a batch, or one item of a statement in it, as the chaincode gets it. */
export interface ScriptedCall {
  readonly operation: string;
  readonly input: unknown;
  readonly stated?: boolean;
}

/** The calls of a batch; of a statement, its items. */
export function callsOf(call: Call): ScriptedCall[] {
  return groupsOf(call).flat();
}

function groupsOf({ args, transient = {} }: Call): ScriptedCall[][] {
  const { operations: calls } = JSON.parse(args[0] ?? '') as { operations: ScriptedCall[] };
  return calls.map((one) => {
    const statement = SignedStatement.safeParse(one.input);
    if (!statement.success) return [one];
    const { operation } = one;
    const { signature, text = Buffer.from(transient[textName(signature)] ?? []).toString() } = statement.data;
    const items = itemsOf(inflateStatement(text), operation);
    return items.map((input) => ({ operation, input, stated: true }));
  });
}

/** One endorsed transaction as a script sees it. */
export interface ScriptedTransaction {
  readonly txId: string;
  readonly caller: string;
  readonly calls: readonly ScriptedCall[];
  /** How often its envelope was handed over. */
  submits: number;
  code?: string;
}

/** What goes wrong, and how long things take in milliseconds. Everything left out goes well, at once. */
export interface Script {
  endorseMs?: (calls: readonly ScriptedCall[]) => number;
  orderMs?: () => number;
  /** Instead of endorsing. */
  endorse?: (calls: readonly ScriptedCall[], attempt: number) => LedgerError | undefined;
  /** The chaincode's answer to one operation. */
  answer?: (call: ScriptedCall) => Outcome;
  /** The error that submit gives; `lost` says whether the orderers did not take it either. */
  submit?: (transaction: ScriptedTransaction) => { error: LedgerError; lost: boolean } | undefined;
  /** The error that asking for the commit gives. */
  status?: (transaction: ScriptedTransaction, asked: number) => LedgerError | undefined;
  /** The validation code. */
  validate?: (transaction: ScriptedTransaction) => string;
}

/**
 * The ledger port in memory, with faults by script: for tests of what stands above the port. It orders one transaction
 * a block, refuses an operation named `refuse` like a contract, and keeps every transaction for the test to look at.
 */
export class ScriptedLedger implements Ledger {
  script: Script;
  readonly transactions: ScriptedTransaction[] = [];
  readonly #byId = new Map<string, ScriptedTransaction>();
  readonly #commits = new Map<string, Commit>();
  readonly #waiting = new Map<string, ((commit: Commit) => void)[]>();
  #endorsements = 0;
  readonly #asked = new Map<string, number>();
  #height = 1n;

  constructor(script: Script = {}) {
    this.script = script;
  }

  async evaluate(call: Call): Promise<Uint8Array> {
    const input = JSON.parse(call.args[0] ?? 'null') as unknown;
    const outcome = this.#answer({ operation: call.fn, input });
    if (outcome.ok) return Buffer.from(JSON.stringify(outcome.result));
    const { code, fields, detail } = outcome.refusal;
    throw new LedgerError('refused', 'chaincode response 500', {
      peers: [
        {
          address: 'peer:1',
          mspId: 'maker',
          message: `chaincode response 500, ${encodeRefusal(new Refusal(code, fields, detail))}`,
        },
      ],
    });
  }

  async endorse(call: Call, as: Identity, signal?: AbortSignal): Promise<Endorsed> {
    const groups = groupsOf(call);
    const calls = groups.flat();
    await this.#takes(this.script.endorseMs?.(calls) ?? 0, signal);
    const error = this.script.endorse?.(calls, this.#endorsements++);
    if (error) throw error;
    const txId = randomBytes(32).toString('hex');
    const result = Buffer.from(
      JSON.stringify({ outcomes: groups.map((group) => this.#outcomeOf(group, txId)) }),
    );
    const transaction: ScriptedTransaction = { txId, caller: as.certificatePem, calls, submits: 0 };
    this.#byId.set(txId, transaction);
    this.transactions.push(transaction);
    return { txId, channel: call.channel, result, envelope: Buffer.from(txId) };
  }

  async submit({ txId }: Pick<Endorsed, 'txId'>): Promise<void> {
    const transaction = this.#byId.get(txId);
    if (!transaction) throw new LedgerError('unknown', 'no such envelope');
    transaction.submits += 1;
    const failure = this.script.submit?.(transaction);
    if (failure?.lost !== true && transaction.code === undefined) this.#order(transaction);
    if (failure) throw failure.error;
  }

  async commitStatus(_channel: string, txId: string, _as: Identity, signal?: AbortSignal): Promise<Commit> {
    const asked = (this.#asked.get(txId) ?? 0) + 1;
    this.#asked.set(txId, asked);
    const transaction = this.#byId.get(txId);
    const error = transaction && this.script.status?.(transaction, asked);
    if (error) throw error;
    const commit = this.#commits.get(txId);
    if (commit) return commit;
    return new Promise((resolve, reject) => {
      this.#waiting.set(txId, [...(this.#waiting.get(txId) ?? []), resolve]);
      signal?.addEventListener('abort', () => reject(new LedgerError('deadline', 'no commit in time')), {
        once: true,
      });
    });
  }

  async *events(): AsyncGenerator<LedgerEvent, void, void> {
    await Promise.resolve();
  }

  async signedAnswer(): Promise<never> {
    throw new LedgerError('unavailable', 'no signed answers here');
  }

  async bundle(): Promise<never> {
    throw new LedgerError('unavailable', 'no bundles here');
  }

  async receipt(): Promise<undefined> {
    await Promise.resolve();
  }

  async *blocks(): AsyncGenerator<CommittedBlock, void, void> {
    await Promise.resolve();
  }

  async height(): Promise<bigint> {
    return 0n;
  }

  async ready(): Promise<Readiness> {
    return { ready: true, detail: 'scripted' };
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  /** Transactions that were found valid, in the order of their blocks. */
  get valid(): readonly ScriptedTransaction[] {
    return this.transactions.filter(({ code }) => code === 'VALID');
  }

  #outcomeOf(group: readonly ScriptedCall[], txId: string): Outcome {
    const answers = group.map((one) => this.#answer(one));
    if (group[0]?.stated !== true) return answers[0] as Outcome;
    const byPlace = answers.map((outcome, place) => [place, outcome] as const);
    const result: StatementResult = {
      statementId: statementIdOf({ txId, at: '2026-11-20T08:00:00.000Z' }, 0),
      answer: {},
      repeated: Object.fromEntries(
        byPlace.flatMap(([at, one]) => (one.ok ? [[at, one.result as Record<string, unknown>]] : [])),
      ),
      refused: Object.fromEntries(byPlace.flatMap(([at, one]) => (one.ok ? [] : [[at, one.refusal]]))),
    };
    return { ok: true, result };
  }

  #answer(call: ScriptedCall): Outcome {
    return this.script.answer?.(call) ?? { ok: true, result: call.input };
  }

  #order(transaction: ScriptedTransaction): void {
    transaction.code = 'ORDERED';
    void sleep(this.script.orderMs?.() ?? 0).then(() => {
      transaction.code = this.script.validate?.(transaction) ?? 'VALID';
      const commit = { code: transaction.code, block: this.#height++ };
      this.#commits.set(transaction.txId, commit);
      for (const resolve of this.#waiting.get(transaction.txId) ?? []) resolve(commit);
      this.#waiting.delete(transaction.txId);
    });
  }

  async #takes(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await sleep(ms, undefined, signal ? { signal } : {});
    } catch {
      throw new LedgerError('deadline', 'given up');
    }
  }
}
