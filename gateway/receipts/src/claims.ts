// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol/canonical';
import { fromHex, toBase64url } from './bytes.js';
import { fail } from './checks.js';
import { participantOf } from './report.js';
import { type SignedBy, signerOf } from './statements.js';
import type { ProvenState, Row } from './state.js';
import { termsOf, type Terms, verdictOf } from './verdict.js';

type Members = Readonly<Record<string, unknown>>;

/** What of an answer was derived from proven transactions, and what was not. */
export interface Claims {
  /** Paths into the answer, such as `record.dataHash`. */
  readonly proved: string[];
  readonly unproved: string[];
}

/**
 * Derives from proven state what an answer says, part by part, and compares. The answer is not believed: each mapping
 * record, vote, status, change, thing and captured event in it is made anew from what transactions wrote. Fails where they
 * say something else.
 *
 * @param at the time by which votes count and records expire, RFC 3339
 */
export async function deriveClaims(answer: unknown, state: ProvenState, at: string): Promise<Claims> {
  const claims: Claims = { proved: [], unproved: [] };
  await derive(answer, '', state, at, claims);
  return claims;
}

async function derive(
  value: unknown,
  path: string,
  state: ProvenState,
  at: string,
  claims: Claims,
): Promise<void> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      await derive(item, `${path}[${String(index)}]`, state, at, claims);
    return;
  }
  if (!isObject(value)) {
    claims.unproved.push(path === '' ? 'the answer' : path);
    return;
  }
  const kind = kinds.find(({ has }) => has.every((name) => Object.hasOwn(value, name)));
  if (kind) {
    const unproved = await within(path, () => kind.check(value, state, at));
    claims.proved.push(path === '' ? kind.name : path);
    claims.unproved.push(...unproved.map((name) => join(path, name)));
    return;
  }
  const row = wholeRow(value, state);
  if (row) {
    claims.proved.push(path === '' ? row.key : path);
    return;
  }
  for (const [name, inner] of Object.entries(value)) await derive(inner, join(path, name), state, at, claims);
}

/** A part of an answer, known by its members, and how it is derived; gives the members that it leaves open. */
interface Kind {
  readonly name: string;
  readonly has: readonly string[];
  check(value: Members, state: ProvenState, at: string): Promise<readonly string[]>;
}

const kinds: readonly Kind[] = [
  { name: 'record', has: ['record', 'votes', 'status'], check: checkDecided },
  { name: 'event', has: ['eventHash', 'recordId', 'changed'], check: checkEvent },
  { name: 'change', has: ['recordId', 'change', 'signature'], check: checkChange },
  { name: 'step', has: ['recordId', 'type', 'by', 'eventTime'], check: checkStep },
  { name: 'statement', has: ['statementId', 'text', 'signature', 'records'], check: checkStatement },
  { name: 'thing', has: ['thing', 'kind', 'quantity', 'registrant', 'txId'], check: checkThing },
];

async function checkDecided(
  { record, votes, status, decidedAt }: Members,
  state: ProvenState,
  at: string,
): Promise<string[]> {
  if (!isObject(record) || !Array.isArray(votes)) return fail('a record has no form');
  const recordId = textOf(record, 'recordId');
  const { row, item, place, signedBy } = await itemOf(state, recordId);
  const terms = termsIn(state, row);
  const { at: announcedAt, txId, signature } = row.value;
  const { previous: _, ...known } = record;
  requireSame('record', known, { ...item, ...terms, recordId, announcedAt, txId, signature });
  const cast = votesOn(state, recordId, place, terms);
  requireSame('votes', votes, cast.votes);
  requireSame('status', { status, decidedAt }, verdictOf(terms, cast.votes, at));
  return [
    ...(record['previous'] === undefined ? [] : ['record.previous']),
    ...(signedBy === 'unknown' ? ['record.signature'] : []),
    ...cast.unproved,
  ];
}

/** What the regulators cast on a record, each from the row that only this regulator writes. */
function votesOn(
  state: ProvenState,
  recordId: string,
  place: number,
  { regulators }: Terms,
): { readonly votes: Members[]; readonly unproved: string[] } {
  const unproved: string[] = [];
  const statementId = statementOf(recordId);
  const votes = regulators.flatMap((regulator) => {
    const row = state.row(`vote/${statementId}/${regulator}`);
    // A row that nobody wrote is read without a version: the regulator has cast nothing here.
    if (!row) return [];
    const { transaction, proved } = row.place;
    if (proved.caller.member !== regulator)
      fail(`${participantOf(proved.caller)} cast the vote of ${regulator}`);
    const found = listOf(row.value).find(({ records }) => isIn(records, place));
    if (!found) return [];
    const { records: _, ...vote } = found;
    if (vote['txId'] !== transaction.txId) unproved.push(`votes of ${regulator}: verifier`);
    else if (vote['verifier'] !== participantOf(proved.caller))
      fail(
        `the vote of ${regulator} was cast by ${participantOf(proved.caller)}, not ${String(vote['verifier'])}`,
      );
    return [{ recordId, regulator, ...vote }];
  });
  return { votes, unproved };
}

async function checkEvent(value: Members, state: ProvenState): Promise<string[]> {
  const eventHash = textOf(value, 'eventHash');
  const eventTime = textOf(value, 'eventTime');
  const digits = fromHex(eventHash.slice('ni:///sha-256;'.length).slice(0, 64));
  const event = `${eventTime}/${toBase64url(digits)}`;
  const rows = rowsFrom(state, `capture/${event}`);
  const sheets = rowsFrom(state, `sheet/${eventTime.slice(0, 'YYYY-MM-DDTHH:mm:ss'.length)}`);
  const marked = sheets.flatMap((sheet) => recordsMarked(sheet.value, toBase64url(digits.slice(0, 6))));
  const named = [...rows.map((row) => textOf(row.value, 'recordId')), ...marked];
  const records = await captureRecords(named, state);
  // What only bears the event's mark is of another event.
  const captured = earliestOfEach(records.filter(({ item }) => item['eventHash'] === eventHash));
  const capturers = new Set(captured.map(({ by }) => memberOf(by)));
  const declarations = rowsFrom(state, `declaration/${event}`).filter(
    ({ key }) => capturers.size === 0 || capturers.has(key.slice(key.lastIndexOf('/') + 1)),
  );
  const declared = await captureRecords(
    declarations.flatMap(({ value: list }) => listOf(list).map((one) => textOf(one, 'recordId'))),
    state,
  );
  const [first = declared[0], ...others] = captured;
  if (!first) return fail('nothing in the file says that the event was captured');
  const { fresh: _, sheet: __, again: ___, ...said } = first.item;
  const changed = rows.some(({ value: row }) => row['changed'] === true);
  requireSame('event', value, {
    ...said,
    ...first.record,
    signature: first.signature,
    changed,
    others: others.map(({ record }) => record),
    declarations: declared.map(({ item: { declaration }, record }) => ({
      ...(isObject(declaration) ? declaration : {}),
      ...record,
    })),
  });
  return first.signedBy === 'unknown' ? ['signature'] : [];
}

/** The rows of an event, for all members and for each. */
function rowsFrom(state: ProvenState, key: string): Row[] {
  return [...state.rows].filter((row) => row.key === key || row.key.startsWith(`${key}/`));
}

/** What was recorded of an event in one statement. */
interface Captured {
  readonly by: string;
  readonly item: Members;
  readonly record: Members;
  readonly signature: unknown;
  readonly signedBy: SignedBy;
}

/** The records of a sheet that bear an event's mark, as `recordsMarked` of the protocol reads them. */
function recordsMarked(sheet: Members, mark: string): string[] {
  return Object.entries(sheet).flatMap(([statementId, written]) => {
    const [runs, marks] = Array.isArray(written) ? (written as unknown[]) : [];
    if (!Array.isArray(runs) || typeof marks !== 'string') return [];
    const places = (runs as [number, number][]).flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, at) => first + at),
    );
    return places
      .filter((_, at) => marks.slice(at * mark.length, (at + 1) * mark.length) === mark)
      .map((place) => `${statementId}.${String(place)}`);
  });
}

/** Of each member's records the first. */
function earliestOfEach(records: readonly Captured[]): Captured[] {
  const members = new Map<string, Captured>();
  for (const record of records) {
    const member = memberOf(record.by);
    if (!members.has(member)) members.set(member, record);
  }
  return [...members.values()];
}

function memberOf(participant: string): string {
  return participant.slice(participant.lastIndexOf('@') + 1);
}

/** Records, each out of the text that its account signed, earliest first. */
async function captureRecords(recordIds: readonly string[], state: ProvenState): Promise<Captured[]> {
  const records = await Promise.all(
    recordIds.map(async (recordId) => {
      const { row, item, signedBy } = await itemOf(state, recordId);
      const { at, txId, signature } = row.value;
      const { informationServer, dataHash } = item;
      const by = textOf(row.value, 'by');
      return {
        by,
        item,
        signature,
        signedBy,
        record: { recordId, by, at, txId, informationServer, dataHash },
      };
    }),
  );
  const place = ({ record: { at, recordId } }: Captured): string => `${String(at)} ${String(recordId)}`;
  return records.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

async function checkChange(value: Members, state: ProvenState): Promise<string[]> {
  const recordId = textOf(value, 'recordId');
  const { row, report, signedBy } = await itemOf(state, recordId);
  const { by, at, txId, signature } = row.value;
  requireSame('change', value, { ...report, recordId, by, at, txId, signature });
  return signedBy === 'unknown' ? ['signature'] : [];
}

async function checkStep(value: Members, state: ProvenState): Promise<string[]> {
  const recordId = textOf(value, 'recordId');
  const { row, report } = await itemOf(state, recordId);
  const { change, eventTime, place, informationServer, dataHash } = report;
  const { type, parent } = isObject(change) ? change : fail(`record ${recordId} is no change`);
  const { by, at } = row.value;
  const said = { eventTime, place, informationServer, dataHash };
  requireSame('change', value, { ...said, type, parent, recordId, by, at });
  return [];
}

async function checkStatement(value: Members, state: ProvenState, at: string): Promise<string[]> {
  const { statementId, by, text, signature, records } = value;
  const row = state.needed(`statement/${String(statementId)}`);
  requireSame('statement', { by, signature }, { by: row.value['by'], signature: row.value['signature'] });
  if ((await state.textOf(row)) !== text) fail('the text is not the one that was signed');
  const claims = await deriveClaims(records, state, at);
  return claims.unproved.map((path) => `records${path}`);
}

/** Members of a thing that everybody sees; the rest of its row is the ledger’s own. */
const SEEN = ['kind', 'quantity', 'registrant', 'registeredAt', 'txId', 'made', 'ended', 'parent'];

async function checkThing({ depth, thing: id, ...value }: Members, state: ProvenState): Promise<string[]> {
  for (const { key, value: shelf } of state.rows) {
    if (!key.startsWith('thing/')) continue;
    for (const [place, stored] of Object.entries(shelf)) {
      if (key.slice('thing/'.length) + place !== id || !isObject(stored)) continue;
      const seen = Object.entries(stored).filter(([member]) => SEEN.includes(member));
      requireSame(`thing ${id}`, value, Object.fromEntries(seen));
      return depth === undefined ? [] : ['depth'];
    }
  }
  return fail(`nothing in the file says what ${String(id)} is`);
}

interface Stated {
  readonly row: Row;
  /** What was signed at the record’s place. */
  readonly item: Members;
  readonly place: number;
  /** The change in it, reported by itself or captured with an event. */
  readonly report: Members;
  readonly signedBy: SignedBy;
}

/** What a record says, out of the text that its account signed. */
async function itemOf(state: ProvenState, recordId: string): Promise<Stated> {
  const row = state.needed(`statement/${statementOf(recordId)}`);
  const place = Number(recordId.slice(recordId.lastIndexOf('.') + 1));
  if (!isIn(row.value['records'], place)) fail(`${recordId} was not taken to be a record`);
  const text = await state.textOf(row);
  const stated: unknown = JSON.parse(text);
  const item: unknown =
    isObject(stated) && Array.isArray(stated['items']) ? stated['items'][place] : undefined;
  if (!isObject(item)) return fail(`the statement says nothing at the place of ${recordId}`);
  const { transaction, proved } = row.place;
  if (row.value['txId'] !== transaction.txId)
    fail(`the statement of ${recordId} was written by another transaction`);
  if (row.value['by'] !== participantOf(proved.caller))
    fail(`the statement of ${recordId} was not sent by its account`);
  if (row.value['at'] !== proved.time) fail(`the statement of ${recordId} is of another time`);
  const signedBy = signerOf(text, row, state);
  const { eventHash: _, ...report } = item;
  return { row, item, place, report, signedBy };
}

/** The rules of the version that a statement was taken under; those in force lie under a key of their own. */
function termsIn(state: ProvenState, { value }: Row): Terms {
  const inForce = state.row('rules/current')?.value;
  const known = inForce?.['version'] === value['rules'] ? inForce : undefined;
  return termsOf(String(value['at']), known ?? state.needed(`rules/${String(value['rules'])}`).value);
}

/** The proven row that says just this, such as a participant or the rules; undefined when there is none. */
function wholeRow(value: Members, state: ProvenState): Row | undefined {
  const text = canonicalJson(value);
  return [...state.rows].find((row) => canonicalJson(row.value) === text);
}

async function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return fail(
      `${path === '' ? 'the answer' : path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function requireSame(what: string, said: unknown, derived: unknown): void {
  if (canonicalJson(said) !== canonicalJson(derived)) fail(`${what} is not what the transactions come to`);
}

function isIn(runs: unknown, place: number): boolean {
  return (
    Array.isArray(runs) &&
    runs.some((run) => Array.isArray(run) && Number(run[0]) <= place && place <= Number(run[1]))
  );
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(value: Members, member: string): string {
  const text = value[member];
  return typeof text === 'string' ? text : fail(`${member} is no text`);
}

function statementOf(recordId: string): string {
  return recordId.slice(0, recordId.lastIndexOf('.'));
}

function join(path: string, member: string): string {
  return path === '' || member.startsWith('[') ? path + member : `${path}.${member}`;
}
