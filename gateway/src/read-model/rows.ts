// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, readEnvelope, rowsAt, sha256 } from '@thingledger/protocol';
import type { CommittedBlock, CommittedTransaction } from '../ledger/port.js';

/** The version of a key, as Fabric counts it, and the transaction behind it. */
interface Version {
  readonly block: number;
  readonly tx: number;
  readonly tx_id: string;
}

/** A row of a published table, as canonical JSON. */
export interface Entry {
  readonly entry_table: string;
  readonly id: string;
  readonly value: string;
}

/** Entries by the state key that holds them. */
export type EntriesByKey = ReadonlyMap<string, readonly Entry[]>;

/** What blocks change in the tables: rows to add, and for entries what holds in the end. */
export interface Changes {
  readonly blocks: object[];
  readonly transactions: object[];
  readonly subjects: object[];
  readonly events: object[];
  readonly writes: object[];
  /** What entries said between these blocks and no longer say, and that they were taken away. */
  readonly outdated: object[];
  /** What holds now, by table and id; null: the row is gone. */
  readonly entries: Map<string, (Version & Entry & { key: string; value_hash: string }) | null>;
  /** Table and id of the entries from before these blocks that no longer hold. */
  readonly replaced: Set<string>;
  /** State keys whose value does not fit its schema: they have no rows. */
  unreadable: number;
}

/** Joins names to the key of a map; no text that went through {@link clean} has this character. */
export const JOINT = '\0';

/** The state keys of the chaincode that valid transactions write: what holds there now has to be known first. */
export function keysWritten(blocks: readonly CommittedBlock[], chaincode: string): string[] {
  const writes = blocks.flatMap(({ transactions }) =>
    transactions.filter(isValid).flatMap((transaction) => transaction.writes),
  );
  return [...new Set(writes.filter(({ namespace }) => namespace === chaincode).map(({ key }) => clean(key)))];
}

/**
 * What blocks change, in their order, given the entries that the keys they write hold now. Pure: the same blocks give
 * the same rows, however they are divided.
 */
export function changesOf(
  blocks: readonly CommittedBlock[],
  present: EntriesByKey,
  chaincode: string,
): Changes {
  const changes: Changes = {
    blocks: [],
    transactions: [],
    subjects: [],
    events: [],
    writes: [],
    outdated: [],
    entries: new Map(),
    replaced: new Set(),
    unreadable: 0,
  };
  const held = new Map(present);
  for (const { number, hash, previousHash, transactions } of blocks) {
    changes.blocks.push({
      block: Number(number),
      hash: hex(hash),
      previous_hash: hex(previousHash),
      transactions: transactions.length,
    });
    for (const [tx, transaction] of transactions.entries()) {
      const version = { block: Number(number), tx, tx_id: short(transaction.txId) };
      changes.transactions.push(transactionRow(version, transaction));
      changes.subjects.push(...subjectRows(version, transaction));
      if (!isValid(transaction)) continue;
      changes.events.push(...eventRows(version, transaction));
      addWrites(changes, version, transaction, held, chaincode);
    }
  }
  return changes;
}

function transactionRow(
  version: Version,
  { code, creator, timestamp, operations }: CommittedTransaction,
): object {
  return {
    ...version,
    code,
    member: creator && short(creator.member),
    creator: creator && short(creator.name),
    at: timestamp?.toISOString(),
    operations: operations.map(clean),
  };
}

function subjectRows({ block, tx }: Version, { subjects }: CommittedTransaction): object[] {
  const rows = subjects.map(({ kind, id }) => ({ block, tx, kind, subject: clean(id) }));
  // Mending can make two names one.
  return [...new Map(rows.map((row) => [row.kind + JOINT + row.subject, row])).values()];
}

/** One row a domain event; an event of another kind of chaincode is one row by its name alone. */
function eventRows(version: Version, { event }: CommittedTransaction): object[] {
  if (!event) return [];
  const envelope = readEnvelope(event);
  if (!envelope) return [{ ...version, place: 0, name: clean(event.name) }];
  return envelope.events.map((one, place) => ({
    ...version,
    place,
    name: event.name,
    type: one.type,
    event: cleanJson(one),
  }));
}

function addWrites(
  changes: Changes,
  version: Version,
  { writes }: CommittedTransaction,
  held: Map<string, readonly Entry[]>,
  chaincode: string,
): void {
  for (const [place, write] of writes.entries()) {
    const namespace = short(write.namespace);
    const key = namespace === chaincode ? clean(write.key) : shortKey(write.key);
    const value_hash = write.value && sha256(write.value);
    changes.writes.push({ ...version, place, namespace, key, value_hash });
    if (namespace !== chaincode) continue;
    const before = new Map(
      (held.get(key) ?? []).map((entry) => [entry.entry_table + JOINT + entry.id, entry]),
    );
    const after = entriesIn(changes, key, write.value);
    held.set(key, [...after.values()]);
    for (const [name, { entry_table, id }] of before) {
      if (after.has(name)) continue;
      outdate(changes, name);
      changes.entries.set(name, null);
      changes.outdated.push({ ...version, entry_table, id, key, value_hash });
    }
    for (const [name, entry] of after) {
      const previous = before.get(name);
      if (previous?.value === entry.value) continue;
      if (previous) outdate(changes, name);
      changes.entries.set(name, { ...version, ...entry, key, value_hash: value_hash ?? '' });
    }
  }
}

/** What an entry says becomes history: it stands in these changes, or in the tables since before them. */
function outdate({ entries, outdated, replaced }: Changes, name: string): void {
  const row = entries.get(name);
  if (row) outdated.push(row);
  else replaced.add(name);
}

/** What fits no schema has no rows: a chaincode that goes astray must not stop the read model. */
function entriesIn(changes: Changes, key: string, value: Uint8Array | undefined): Map<string, Entry> {
  if (value === undefined) return new Map();
  try {
    const rows = rowsAt(key, JSON.parse(Buffer.from(value).toString('utf8')));
    return new Map(
      rows.map(([entry_table, rawId, row]) => {
        const id = clean(rawId);
        return [entry_table + JOINT + id, { entry_table, id, value: canonicalJson(cleanJson(row)) }];
      }),
    );
  } catch {
    changes.unreadable += 1;
    return new Map();
  }
}

function isValid({ code }: CommittedTransaction): boolean {
  return code === 'VALID';
}

/** The text as PostgreSQL can hold it: without NUL and without half of a surrogate pair. */
export function clean(text: string): string {
  return text.replaceAll('\0', '\u{fffd}').toWellFormed();
}

/** Far more than names of members, participants and transactions have, and less than an index refuses. */
const LONGEST_NAME = 256;

/** A name that whoever writes to the channel can make as long as a block, cut: indexes do not take any length. */
function short(name: string): string {
  return clean(name.slice(0, LONGEST_NAME));
}

/** Far more than keys usually have; other chaincodes of the channel make theirs as long as they like. */
const LONGEST_KEY = 512;

/** A key of another chaincode; a longer one than an index takes is cut, and told from the rest by its hash. */
function shortKey(key: string): string {
  return key.length <= LONGEST_KEY
    ? clean(key)
    : `${clean(key.slice(0, LONGEST_KEY))}… sha256:${sha256(key)}`;
}

function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [clean(name), cleanJson(inner)]));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
