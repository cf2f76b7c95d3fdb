// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import {
  announceMappingRecord,
  captureOf,
  recordIdOf,
  Refusal,
  type Announcement,
  type captureEvent,
  type Input,
  type Operation,
} from '@thingledger/protocol';
import {
  refusedOutcome,
  type Caller,
  type LedgerWriter,
  type ListOptions,
  type WriteOutcome,
} from '../../ledger/index.js';
import { ScriptedCustody } from './scripted-custody.js';

type Capture = Input<typeof captureEvent>;

/** The record of the event at a place of the first transaction. */
export const recordAt = (place: number): string => recordIdOf(`${'0'.repeat(32)}-0`, place);

/** What goes wrong. Everything left out goes well, at once. */
export interface WriterScript {
  /** How long the ledger takes, in milliseconds. */
  takesMs?: number;
  /** The refusal of an event. */
  refuse?: (capture: Capture) => Refusal | undefined;
  /** Called when the ledger has the events of a transaction, before anybody is told; it may never return. */
  onCommit?: () => Promise<void>;
}

/**
 * A ledger of captured events, as far as its contract says: the hash is recomputed, an event is taken once, and a repeat
 * is answered with the first record, unless it is said to be fresh. It outlives the gateways that write to it.
 */
export class ScriptedWriter implements Pick<LedgerWriter, 'submitAll'> {
  readonly script: WriterScript = {};
  readonly custody = new ScriptedCustody();
  /** The record and document of each event, by its hash. */
  readonly captured = new Map<string, { recordId: string; txId: string; dataHash: string }>();
  /** How many events each call brought. */
  readonly calls: number[] = [];
  /** How often an event was made a record; more than once when it was said to be fresh and was not. */
  readonly records = new Map<string, number>();
  /** By call, what was said of its events: `fresh`, `again`, or nothing. */
  readonly told: string[] = [];
  /** By call, the sheets that its events were to stand on. */
  readonly sheets: (number | undefined)[][] = [];
  #transactions = 0;

  async submitAll(
    operation: Operation,
    inputs: readonly unknown[],
    as: Caller,
    { whole = false }: ListOptions = {},
  ): Promise<WriteOutcome[]> {
    if (operation === announceMappingRecord)
      return this.custody.announce(inputs as readonly Announcement[], as.id);
    this.calls.push(inputs.length);
    const told = (inputs as Capture[]).map(({ fresh, again }) => (fresh ? 'fresh' : again ? 'again' : ''));
    this.told.push([...new Set(told)].join());
    this.sheets.push((inputs as Capture[]).map(({ sheet }) => sheet));
    if (whole && inputs.length > 1) {
      const refused = (inputs as Capture[]).map((capture) => this.script.refuse?.(capture));
      const others = new Refusal('TL-ROLLED-BACK');
      if (refused.some((refusal) => refusal !== undefined))
        return refused.map((refusal) => ({ outcome: refusedOutcome(refusal ?? others) }));
    }
    const txId = String(this.#transactions++).padStart(64, '0');
    await sleep(this.script.takesMs ?? 0);
    const outcomes = (inputs as Capture[]).map((capture, at) => this.#take(capture, txId, at));
    await this.script.onCommit?.();
    return outcomes;
  }

  #take(capture: Capture, txId: string, at: number): WriteOutcome {
    const { eventHash, declaration, dataHash, document, fresh } = capture;
    const key = declaration ? `${eventHash}#${declaration.hash}` : eventHash;
    const refusal =
      captureOf(document).eventHash === eventHash
        ? this.script.refuse?.(capture)
        : new Refusal('TL-EPCIS-HASH', { computed: eventHash });
    if (refusal) return { outcome: refusedOutcome(refusal), txId };
    const found = fresh ? undefined : this.captured.get(key);
    const known = found ?? { recordId: recordIdOf(`${txId.slice(0, 32)}-0`, at), txId, dataHash };
    this.captured.set(key, known);
    if (!found) this.records.set(key, (this.records.get(key) ?? 0) + 1);
    return { outcome: { ok: true, result: { recordId: known.recordId, txId: known.txId } }, txId };
  }
}
