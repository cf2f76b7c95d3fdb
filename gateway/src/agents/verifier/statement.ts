// SPDX-License-Identifier: Apache-2.0
import {
  Announcement,
  canonicalJson,
  itemsOf,
  operationId,
  operations,
  placeOfRecord,
  Refusal,
  verifyEs256,
  type DecidedRecord,
  type MappingRecord,
  type Output,
  type Participant,
  type PublicKey,
} from '@thingledger/protocol';
import { announcerOf } from './checks/index.js';

type Answer = Output<typeof operations.getStatement>;

const OPERATION = operationId(operations.announceMappingRecord);
const members = Object.keys(Announcement.shape) as readonly (keyof Announcement)[];

/** A statement with its records as the ledger gives them: what was signed, held against what became of it. */
export class ReadStatement {
  readonly #records: ReadonlyMap<string, DecidedRecord>;
  /** One entry, unless the announcer's key changes while the records are looked at. */
  readonly #verified = new Map<string, boolean>();
  #items: readonly unknown[] | undefined;

  constructor(private readonly answer: Answer) {
    this.#records = new Map(answer.records.map((decided) => [decided.record.recordId, decided]));
  }

  /** The record of an id, with its votes and status. */
  require(recordId: string): DecidedRecord {
    const found = this.#records.get(recordId);
    if (!found) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
    return found;
  }

  /** Whether the record says just what its announcer, with its key on the ledger, signed. */
  isSigned(record: MappingRecord, announcer: Participant | undefined): boolean {
    if (!announcer || announcerOf(record) !== this.answer.by) return false;
    return this.#verify(announcer.publicKey) && this.#itemAt(record.recordId) === saidBy(record);
  }

  #verify(publicKey: PublicKey): boolean {
    const known = canonicalJson(publicKey);
    const before = this.#verified.get(known);
    if (before !== undefined) return before;
    const { text, signature } = this.answer;
    const verified = verifyEs256(publicKey, text, signature);
    this.#verified.set(known, verified);
    return verified;
  }

  #itemAt(recordId: string): string | undefined {
    this.#items ??= itemsIn(this.answer.text);
    const said = Announcement.safeParse(this.#items[placeOfRecord(recordId).index]);
    return said.success ? canonicalJson(said.data) : undefined;
  }
}

function saidBy(record: MappingRecord): string {
  return canonicalJson(Object.fromEntries(members.map((name) => [name, record[name]])));
}

function itemsIn(text: string): readonly unknown[] {
  try {
    return itemsOf(text, OPERATION);
  } catch (error) {
    if (error instanceof Refusal) return []; // No statement of announcements, so it says nothing of any record.
    throw error;
  }
}
