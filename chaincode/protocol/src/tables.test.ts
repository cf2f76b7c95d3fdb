// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { canonicalJson } from './canonical';
import {
  announceMappingRecord,
  statements,
  things,
  trails,
  votes,
  type Trail,
} from './operations/traceability';
import { captured, capturedId, captureEvent, declared, sheetId, sheets } from './operations/captures';
import { operationId } from './operation';
import { rules, RULES_IN_FORCE } from './operations/governance';
import { deflateStatement, recordIdOf, statementIdOf, statementOf } from './statement';
import { columnsOf, rowsAt, tables } from './tables';

const LINK = 'https://id.gs1.org/01/09506000134352/21/S';
const at = '2026-11-20T08:00:00.000Z';
const STATEMENT = statementIdOf({ txId: 'a'.repeat(64), at }, 0);
const stored = {
  kind: 'batch',
  quantity: { value: '5', unit: 'KGM' },
  registrant: 'farm@maker',
  registeredAt: at,
  txId: 'tx',
};

describe('tables', () => {
  test.each([LINK + '7', 'https://id.gs1.org/00/095060001343520007', 'urn:x:1/2'])(
    'the entries of a shared row have the ids they were put under: %s',
    (id) => {
      expect(things.entries(things.key(id), { [things.place?.(id) ?? '']: 1 })).toEqual([[id, 1]]);
      const trail: Trail = [[`${STATEMENT}.7`, 'mark']];
      const row = trails.packing?.pack({ [trails.place?.(id) ?? '']: trail });
      expect(trails.entries(trails.key(id), row)).toEqual([[id, trail]]);
    },
  );

  test('trails of neighbours are what they were when they are read again, and name each statement once', () => {
    const statementId = fc
      .integer({ min: 0, max: 9 })
      .map((n) => statementIdOf({ txId: String(n).repeat(64), at }, n));
    const entry = fc.tuple(statementId, fc.nat(1999), fc.stringMatching(/^[0-9a-f]{12}$/));
    const rows = fc.dictionary(
      fc.constantFrom('0', '1', '2', '9', 'X', 'z', '/'),
      fc.array(
        entry.map(([id, index, mark]): Trail[number] => [recordIdOf(id, index), mark]),
        { maxLength: 5 },
      ),
    );
    fc.assert(
      fc.property(rows, (row) => {
        const packed = JSON.parse(canonicalJson(trails.packing?.pack(row))) as { statements: string[] };
        expect(trails.packing?.unpack(packed)).toEqual(row);
        expect(new Set(packed.statements).size).toBe(packed.statements.length);
      }),
      { seed: 20261122 },
    );
  });

  test('trails that an earlier version wrote are read as they are', () => {
    const trail: Trail = [[`${STATEMENT}.7`, 'mark']];
    expect(trails.packing?.unpack({ 1: trail, X: [] })).toEqual({ 1: trail, X: [] });
  });

  test('a captured event has the digits of its hash, by which it is asked for', () => {
    const digest = '0123456789abcdef'.repeat(4);
    const said = { eventHash: `ni:///sha-256;${digest}?ver=CBV2.0`, eventTime: at };
    const recordId = `${STATEMENT}.7`;
    expect(rowsAt(captured.key(...capturedId(said)), { recordId, changed: true })).toEqual([
      ['captured_events', recordId, { digest, eventTime: at, recordId, changed: true }],
    ]);
    const plain = { ...said, informationServer: 'https://data.maker.example', dataHash: 'b'.repeat(64) };
    const declaration = { time: at, hash: 'c'.repeat(64) };
    const change = { type: 'relabel', from: `${LINK}1`, to: `${LINK}2` };
    const operation = operationId(captureEvent);
    const items = [
      plain,
      { ...plain, declaration },
      { ...plain, change },
      { ...plain, fresh: true, sheet: 1 },
    ];
    const text = deflateStatement(statementOf(operation, items.map(canonicalJson)));
    const kept = { text, signature: 'A'.repeat(86), operation, by: 'farm@maker', at, rules: 3, txId: 'tx' };
    const rows = rowsAt(statements.key(STATEMENT), { ...kept, records: [[0, 3]] });
    expect(rows.filter(([table]) => table === 'captured_events')).toEqual(
      [0, 3].map((place) => {
        const id = recordIdOf(STATEMENT, place);
        return [
          'captured_events',
          id,
          { digest, eventTime: at, recordId: id, changed: false, member: 'maker' },
        ];
      }),
    );
    expect(rows.filter(([table]) => table === 'changes').map(([, id]) => id)).toEqual([
      recordIdOf(STATEMENT, 2),
    ]);
    expect(rowsAt(captured.key(...capturedId(said, 'maker')), { recordId })).toEqual([]);
    expect(
      rowsAt(sheets.key(...sheetId(said, 'maker', 1)), { [STATEMENT]: [[[0, 0]], 'A'.repeat(8)] }),
    ).toEqual([]);
    const hash = 'f'.repeat(64);
    expect(rowsAt(declared.key(...capturedId(said, 'maker')), [{ hash, recordId }])).toEqual([
      ['declared_errors', recordId, { recordId, digest, eventTime: at, member: 'maker', hash }],
    ]);
  });

  test('neighbours on one key are rows of their own', () => {
    const row = rowsAt(things.key(`${LINK}1`), { 1: stored, 2: stored });
    expect(row).toEqual(
      ['1', '2'].map((place) => ['things', LINK + place, { thing: LINK + place, ...stored }]),
    );
  });

  test('a statement is one row, and each of its items that was taken another, in canonical form', () => {
    const item = {
      thing: '(01)09506000134352(21)S1',
      informationServer: 'https://data.maker.example',
      dataHash: 'b'.repeat(64),
      to: 'farm@maker',
      eventTime: '2026-11-20T09:00:00+01:00',
      quantity: { value: '5', unit: 'KGM' },
      place: { latitude: 1, longitude: 2 },
    };
    const operation = operationId(announceMappingRecord);
    const text = deflateStatement(statementOf(operation, [item, item, item].map(canonicalJson)));
    const kept = { text, signature: 'A'.repeat(86), operation, by: 'farm@maker', at, rules: 3, txId: 'tx' };
    const rows = rowsAt(statements.key(STATEMENT), {
      ...kept,
      records: [
        [0, 0],
        [2, 2],
      ],
    });
    expect(rows.map(([table, id]) => [table, id])).toEqual([
      ['mapping_records', `${STATEMENT}.0`],
      ['mapping_records', `${STATEMENT}.2`],
      ['statements', STATEMENT],
    ]);
    expect(rows[0]?.[2]).toMatchObject({
      thing: `${LINK}1`,
      eventTime: at,
      announcedBy: 'farm@maker',
      rulesVersion: 3,
    });
    expect(
      rowsAt(statements.key(STATEMENT), { ...kept, operation: 'other:operation', records: [[0, 0]] }),
    ).toHaveLength(1);
  });

  test('votes are a row a record and regulator', () => {
    const cast = {
      decision: 'accept',
      reasons: [],
      verifier: 'agent@customs',
      at,
      txId: 'tx',
      records: [[1, 2]],
    };
    const rows = rowsAt(votes.key(STATEMENT, 'customs'), [cast]);
    expect(rows.map(([, id, row]) => [id, row['recordId'], row['regulator']])).toEqual([
      [`${STATEMENT}.1/customs`, `${STATEMENT}.1`, 'customs'],
      [`${STATEMENT}.2/customs`, `${STATEMENT}.2`, 'customs'],
    ]);
  });

  test('the rules in force give the members, every version of them a row', () => {
    const decision = { by: 'admin@maker', at, reason: 'first', txId: 'tx' };
    const entry = {
      verificationQuorum: 1,
      verificationSeconds: 60,
      maximumSpeedKmh: 1000,
      clockToleranceSeconds: 1,
      clockWindowSeconds: 60,
      proposalSeconds: 60,
      version: 2,
      members: [{ name: 'maker', regulator: false, status: 'active' }],
      decision,
    };
    expect(rowsAt(rules.key(RULES_IN_FORCE), entry)).toEqual([
      ['members', 'maker', { name: 'maker', regulator: false, status: 'active', rulesVersion: 2 }],
    ]);
    expect(rowsAt(rules.key('2'), entry)).toEqual([['rules', '2', entry]]);
  });

  test('keys of no table have no rows, and what fits no schema throws', () => {
    expect(rowsAt(trails.key(LINK), trails.packing?.pack({}))).toEqual([]);
    expect(rowsAt('no slash', {})).toEqual([]);
    expect(() => rowsAt(things.key(`${LINK}1`), { 1: { kind: 'ghost' } })).toThrow('The input is not valid');
  });

  test('have plain names, each column once, and columns for their id and lookups', () => {
    for (const table of tables) {
      const columns = columnsOf(table);
      const names = columns.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const name of [table.name, ...names]) expect(name).toMatch(/^[a-z][a-z_]*$/);
      const members = columns.map(({ path }) => path.join('.'));
      for (const member of [...table.lookups, table.id ?? members[0]]) expect(members).toContain(member);
    }
  });
});
