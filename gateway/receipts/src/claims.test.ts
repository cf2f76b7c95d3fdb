// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { Place } from './bundle.js';
import { deriveClaims } from './claims.js';
import { ProvenState } from './state.js';
import type { Transaction } from './transaction.js';

const CHAINCODE = 'traceability';
const STATEMENT = `${'a'.repeat(32)}-0`;
const TX = 'a'.repeat(64);
const AT = '2026-11-20T08:00:00.000Z';
const LATER = '2026-11-20T09:00:00.000Z';
const RECORD = `${STATEMENT}.1`;

const rules = {
  version: 2,
  verificationQuorum: 2,
  verificationSeconds: 600,
  clockWindowSeconds: 60,
  members: [
    { name: 'maker', regulator: false, status: 'active' },
    { name: 'inspection', regulator: true, status: 'active' },
    { name: 'customs', regulator: true, status: 'active' },
    { name: 'gone', regulator: true, status: 'suspended' },
  ],
};
const item = { thing: 'urn:x:1', dataHash: 'b'.repeat(64), to: 'farm@maker', eventTime: AT };
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function signed(items: readonly object[], key: KeyObject = privateKey): { text: string; signature: string } {
  const text = JSON.stringify({ items, operation: 'traceability:announceMappingRecord' });
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return { text: deflateRawSync(text).toString('base64url'), signature: signature.toString('base64url') };
}

type Rows = Record<
  string,
  { readonly value: object; readonly by: string; readonly txId: string; readonly at: string }
>;

function vote(regulator: string, over: object = {}): Rows[string] {
  const [txId, by] = [regulator.padEnd(64, '0'), `agent@${regulator}`];
  const cast = { records: [[0, 1]], decision: 'accept', reasons: [], verifier: by, at: AT, txId, ...over };
  return { value: [cast], by, txId, at: AT };
}

/** What transactions wrote, with what a test wants otherwise. */
function rowsWith(over: Partial<Rows> = {}, statement: object = {}): Rows {
  const stated = {
    ...signed([{ ...item, thing: 'urn:x:0' }, item]),
    operation: '',
    by: 'farm@maker',
    at: AT,
  };
  const member = (value: object): Rows[string] => ({
    value,
    by: 'admin@maker',
    txId: 'c'.repeat(64),
    at: AT,
  });
  const rows = {
    [`statement/${STATEMENT}`]: {
      value: { ...stated, rules: 2, txId: TX, records: [[0, 1]], ...statement },
      by: 'farm@maker',
      txId: TX,
      at: AT,
    },
    'rules/current': member(rules),
    'participant/farm@maker': member({ publicKey: publicKey.export({ format: 'jwk' }) }),
    [`vote/${STATEMENT}/inspection`]: vote('inspection'),
    [`vote/${STATEMENT}/customs`]: vote('customs'),
    ...over,
  };
  return Object.fromEntries(Object.entries(rows).filter(([, row]) => row !== undefined)) as Rows;
}

/** State as proven transactions wrote it, one a key. */
function stateOf(rows: Rows): ProvenState {
  const keys = Object.keys(rows);
  const places = Object.entries(rows).map(([key, { value, by, txId, at }], block) => {
    const [name = '', member = ''] = by.split('@');
    const write = { namespace: CHAINCODE, key, value: new TextEncoder().encode(JSON.stringify(value)) };
    const transaction = { txId, creator: new Uint8Array(), writes: [write] };
    return {
      block,
      index: 0,
      validation: 'VALID',
      transaction,
      proved: { caller: { name, member }, time: at },
    };
  }) as unknown as Place[];
  const reads = keys.map((key, block) => ({ namespace: CHAINCODE, key, block, index: 0 }));
  return new ProvenState({ chaincode: CHAINCODE, reads } as unknown as Transaction, places);
}

const decided = (
  rows: Rows,
): { record: Record<string, unknown>; votes: object[]; status: string; decidedAt: string } => ({
  record: {
    ...item,
    recordId: RECORD,
    announcedAt: AT,
    deadline: '2026-11-20T08:10:00.000Z',
    expiry: '2026-11-20T08:12:00.000Z',
    quorum: 2,
    regulators: ['inspection', 'customs'],
    txId: TX,
    signature: (rows[`statement/${STATEMENT}`]?.value as { signature: string }).signature,
    previous: 'earlier',
  },
  votes: ['inspection', 'customs'].map((regulator) => {
    const { value } = vote(regulator);
    const [{ records: _, ...cast }] = value as unknown as [{ records: unknown }];
    return { recordId: RECORD, regulator, ...cast };
  }),
  status: 'accepted',
  decidedAt: AT,
});

const reason = async (answer: unknown, rows: Rows, at = LATER): Promise<string> =>
  deriveClaims(answer, stateOf(rows), at).then(
    () => 'none',
    (error: unknown) => (error as Error).message,
  );

describe('X9: what an answer says is derived from what transactions wrote', () => {
  test('a record with its votes and status', async () => {
    const rows = rowsWith();
    const claims = await deriveClaims({ found: decided(rows) }, stateOf(rows), LATER);
    expect(claims).toEqual({ proved: ['found'], unproved: ['found.record.previous'] });
  });

  test('before the votes it was announced, and without them it expires', async () => {
    const none = { [`vote/${STATEMENT}/inspection`]: undefined, [`vote/${STATEMENT}/customs`]: undefined };
    const rows = rowsWith(none);
    const { record } = decided(rows);
    expect(await reason({ record, votes: [], status: 'announced' }, rows, AT)).toBe('none');
    const expired = { record, votes: [], status: 'expired', decidedAt: record['expiry'] };
    expect(await reason(expired, rows)).toBe('none');
    expect(await reason({ record, votes: [], status: 'announced' }, rows)).toContain('status is not');
  });

  test('a rejection counts as soon as the quorum is out of reach', async () => {
    const against = { decision: 'reject', reasons: [{ code: 'TL-VERIFY-HASH', detail: 'x' }] };
    const rows = rowsWith({ [`vote/${STATEMENT}/customs`]: vote('customs', against) });
    const { record, votes } = decided(rows);
    const cast = [votes[0], { ...votes[1], ...against }];
    expect(await reason({ record, votes: cast, status: 'rejected', decidedAt: AT }, rows)).toBe('none');
    expect(await reason({ record, votes: cast, status: 'accepted', decidedAt: AT }, rows)).toContain(
      'status is not',
    );
  });

  type Decided = ReturnType<typeof decided>;
  test.each<[string, (one: Decided) => object, string]>([
    ['another recipient', (one) => ({ ...one, record: { ...one.record, to: 'x@y' } }), 'record is not'],
    ['a lower quorum', (one) => ({ ...one, record: { ...one.record, quorum: 1 } }), 'record is not'],
    ['a later deadline', (one) => ({ ...one, record: { ...one.record, deadline: LATER } }), 'record is not'],
    ['a vote left out', (one) => ({ ...one, votes: one.votes.slice(1) }), 'votes is not'],
    ['a vote more', (one) => ({ ...one, votes: [...one.votes, one.votes[0]] }), 'votes is not'],
    ['another status', (one) => ({ ...one, status: 'rejected' }), 'status is not'],
    ['another time of it', (one) => ({ ...one, decidedAt: LATER }), 'status is not'],
    [
      'another record',
      (one) => ({ ...one, record: { ...one.record, recordId: `${STATEMENT}.0` } }),
      'record is not',
    ],
    [
      'a record that was not taken',
      (one) => ({ ...one, record: { ...one.record, recordId: `${STATEMENT}.7` } }),
      'was not taken',
    ],
    [
      'a statement that is not there',
      (one) => ({ ...one, record: { ...one.record, recordId: 'x-0.1' } }),
      'nothing in the file says',
    ],
  ])('%s fails', async (_, change, expected) => {
    const rows = rowsWith();
    expect(await reason({ list: [change(decided(rows))] }, rows)).toMatch(
      new RegExp(`^list\\[0\\]: .*${expected}`),
    );
  });

  test.each<[string, () => Rows, string]>([
    [
      'signed with another key',
      () => rowsWith({}, signed([item, item], generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)),
      'did not sign',
    ],
    ['sent by somebody else', () => rowsWith({}, { by: 'trucker@carrier' }), 'was not sent by its account'],
    ['of another time', () => rowsWith({}, { at: LATER }), 'is of another time'],
    ['of another transaction', () => rowsWith({}, { txId: 'd'.repeat(64) }), 'by another transaction'],
    ['under rules that are not there', () => rowsWith({}, { rules: 9 }), 'says what lies under rules/9'],
    [
      'with a vote that another member cast',
      () => rowsWith({ [`vote/${STATEMENT}/customs`]: { ...vote('customs'), by: 'farm@maker' } }),
      'farm@maker cast the vote of customs',
    ],
    [
      'with a vote under another verifier’s name',
      () => rowsWith({ [`vote/${STATEMENT}/customs`]: vote('customs', { verifier: 'clerk@customs' }) }),
      'cast by agent@customs, not clerk@customs',
    ],
  ])('a statement %s fails', async (_, make, expected) => {
    const rows = make();
    expect(await reason(decided(rows), rows)).toContain(expected);
  });

  test('a thing out of a row that it shares with its neighbours', async () => {
    const stored = {
      kind: 'product',
      quantity: { value: '1', unit: 'C62' },
      registrant: 'farm@maker',
      registeredAt: AT,
      txId: TX,
    };
    const shelf = { value: { 1: { ...stored, grounds: [] }, 2: stored }, by: 'farm@maker', txId: TX, at: AT };
    const rows = rowsWith({ 'thing/urn:x:': shelf });
    const thing = { thing: 'urn:x:1', ...stored };
    expect(await deriveClaims({ thing, holder: 'farm@maker' }, stateOf(rows), LATER)).toEqual({
      proved: ['thing'],
      unproved: ['holder'],
    });
    expect(await reason({ thing: { ...thing, kind: 'batch' } }, rows)).toContain('thing urn:x:1 is not');
    expect(await reason({ thing: { ...thing, ended: RECORD } }, rows)).toContain('thing urn:x:1 is not');
    expect(await reason({ thing: { ...thing, thing: 'urn:x:9' } }, rows)).toContain('says what urn:x:9 is');
  });

  test('a row as it stands is proved whole; anything else is not', async () => {
    const rows = rowsWith();
    expect((await deriveClaims(rules, stateOf(rows), LATER)).proved).toEqual(['rules/current']);
    const open = await deriveClaims({ ...rules, version: 3 }, stateOf(rows), LATER);
    expect(open.proved).toEqual([]);
    expect(open.unproved).toContain('version');
  });

  test('every key must have been written where the peers read it, by a transaction that took effect', () => {
    const write = { namespace: CHAINCODE, key: 'k', value: new TextEncoder().encode('{}') };
    const place = { block: 1, index: 0, validation: 'VALID', transaction: { txId: TX, writes: [write] } };
    const make = (key: string, block: number, validation = 'VALID'): ProvenState =>
      new ProvenState(
        {
          chaincode: CHAINCODE,
          reads: [{ namespace: CHAINCODE, key, block, index: 0 }],
        } as unknown as Transaction,
        [{ ...place, validation }] as unknown as Place[],
      );
    expect(make('k', 1).size).toBe(1);
    expect(() => make('k', 2)).toThrow('the file lacks the transaction at 2.0, which wrote k');
    expect(() => make('other', 1)).toThrow('did not write other');
    expect(() => make('k', 1, 'MVCC_READ_CONFLICT')).toThrow('changed nothing');
    const idle = { chaincode: CHAINCODE, reads: [] } as unknown as Transaction;
    expect(() => new ProvenState(idle, [place] as unknown as Place[])).toThrow(
      'of which the peers read nothing',
    );
  });
});
