// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  deflateStatement,
  operationId,
  operations,
  statementIdOf,
  statementOf,
  type Operation,
} from '@thingledger/protocol';
import type { Written } from '@thingledger/receipts';
import { calledIn } from './subjects.js';

const LINK = 'https://id.gs1.org/01/09506000134352/21/S1';
const OTHER = 'https://id.gs1.org/01/09506000134352/21/S2';
const STATEMENT = statementIdOf({ txId: 'a'.repeat(64), at: '2026-11-20T08:00:00.000Z' }, 0);

function called(operation: Operation | string, input: unknown): ReturnType<typeof calledIn> {
  const fn = typeof operation === 'string' ? operation : operationId(operation);
  return calledIn([fn, JSON.stringify(input)].map((text) => Buffer.from(text, 'utf8')));
}

const named = (operation: Operation | string, input: unknown): string[] =>
  called(operation, input)
    .subjects.map(({ kind, id }) => `${kind} ${id}`)
    .sort();

function stated(
  operation: Operation,
  ...items: readonly object[]
): { readonly text: string; readonly signature: string } {
  const text = deflateStatement(statementOf(operationId(operation), items.map(canonicalJson)));
  return { text, signature: 'A'.repeat(86) };
}

describe('X2: whom and what a transaction names', () => {
  test('by the schema of its operation, identifiers in their one form', () => {
    const input = {
      thing: '(01)09506000134352(21)S1',
      kind: 'product',
      quantity: { value: '1', unit: 'C62' },
    };
    expect(named(operations.registerThing, input)).toEqual([`thing ${LINK}`]);
    const reason = 'farm@maker, thing and all: in words only';
    expect(named(operations.suspendParticipant, { participant: 'farm@maker', reason })).toEqual([
      'participant farm@maker',
    ]);
  });

  test('inside signed statements: every item', () => {
    const items = [
      { thing: LINK, from: 'farm@maker', to: 'trucker@carrier' },
      { thing: OTHER, to: 'trucker@carrier' },
    ];
    expect(
      named(operations.announceMappingRecord, stated(operations.announceMappingRecord, ...items)),
    ).toEqual(['participant farm@maker', 'participant trucker@carrier', `thing ${LINK}`, `thing ${OTHER}`]);
    const change = { type: 'pack', parent: LINK, children: [OTHER, 'urn:x:1'] };
    expect(named(operations.reportChange, stated(operations.reportChange, { change }))).toEqual([
      `thing ${LINK}`,
      `thing ${OTHER}`,
      'thing urn:x:1',
    ]);
    expect(named(operations.captureEvent, stated(operations.captureEvent, { change }))).toHaveLength(3);
  });

  test('inside a statement whose text came beside the arguments: out of what was kept of it', () => {
    const operation = operations.announceMappingRecord;
    const { text, signature } = stated(operation, { thing: LINK, to: 'farm@maker' });
    const args = [operationId(operation), JSON.stringify({ signature })].map((arg) => Buffer.from(arg));
    const row = (key: string, value: unknown): Written => ({
      key,
      value: Buffer.from(JSON.stringify(value)),
    });
    const namedWith = (...writes: Written[]): string[] => calledIn(args, writes).subjects.map(({ id }) => id);
    const kept = row(`statement/${STATEMENT}`, { text, signature, by: 'farm@maker' });
    expect(namedWith(row('thing/x', { text, signature }), kept).sort()).toEqual(['farm@maker', LINK]);
    expect(namedWith()).toEqual([]);
    expect(namedWith(row(`statement/${STATEMENT}`, { text, signature: 'B'.repeat(86) }))).toEqual([]);
    const garbage = [
      undefined,
      Buffer.from('{'),
      Buffer.from('null'),
      Buffer.from('{"signature":1,"text":{}}'),
    ];
    expect(namedWith(...garbage.map((value, n) => ({ key: `statement/${String(n)}`, value })))).toEqual([]);
  });

  test('votes name records, also as places in a statement', () => {
    expect(named(operations.voteOnRecord, { recordId: `${STATEMENT}.3`, decision: 'accept' })).toEqual([
      `record ${STATEMENT}.3`,
    ]);
    const records = [
      [0, 1],
      [7, 7],
    ];
    expect(named(operations.voteOnRecords, { statementId: STATEMENT, records, decision: 'accept' })).toEqual(
      [0, 1, 7].map((place) => `record ${STATEMENT}.${String(place)}`),
    );
  });

  test('in a batch: all its operations', () => {
    const calls = [
      { operation: operationId(operations.registerThing), input: { thing: LINK } },
      {
        operation: operationId(operations.announceMappingRecord),
        input: stated(operations.announceMappingRecord, { thing: OTHER, to: 'farm@maker' }),
      },
    ];
    const found = called(operations.runBatch, { operations: calls });
    expect(found.operations).toEqual(['traceability:registerThing', 'traceability:announceMappingRecord']);
    expect(found.subjects.map(({ id }) => id).sort()).toEqual(['farm@maker', LINK, OTHER]);
  });

  test.each<[string, string, unknown]>([
    ['an operation nobody knows', 'other:do', { thing: LINK }],
    ['a statement that is none', operationId(operations.reportChange), { text: '!', signature: '' }],
    ['no object', operationId(operations.registerThing), 'thing'],
    ['an identifier that is none', operationId(operations.registerThing), { thing: '(01)1' }],
    [
      'a text too long to be an id',
      operationId(operations.registerThing),
      { thing: `urn:x:${'1'.repeat(600)}` },
    ],
  ])('%s names nothing', (_, operation, input) => {
    expect(named(operation, input)).toEqual([]);
  });

  test('what no operation can be called is in no row as it stands', () => {
    const names = ['x'.repeat(201), 'a b', '\ud800', { toString: 1 }, 7, 'traceability:registerThing'];
    const calls = names.map((operation) => ({ operation, input: { thing: LINK } }));
    const found = called(operations.runBatch, { operations: calls });
    expect(found.operations).toEqual(['unreadable', 'traceability:registerThing']);
    expect(found.subjects.map(({ id }) => id)).toEqual([LINK]);
    const many = Array.from({ length: 1200 }, (_, n) => ({ operation: `x:${String(n)}` }));
    expect(called(operations.runBatch, { operations: many }).operations).toHaveLength(1000);
  });

  test('of statements that few bytes inflate to, so much is read', () => {
    const bomb = stated(operations.announceMappingRecord, { thing: OTHER, x: 'x'.repeat(2_000_000) });
    const announce = operationId(operations.announceMappingRecord);
    const calls = [1, 2, 3].map(() => ({ operation: announce, input: bomb }));
    const last = { operation: announce, input: stated(operations.announceMappingRecord, { thing: LINK }) };
    const read = (...before: object[]): string[] =>
      named(operations.runBatch, { operations: [...before, last] });
    expect(read(...calls.slice(0, 1))).toEqual([`thing ${LINK}`, `thing ${OTHER}`]);
    expect(read(...calls)).toEqual([`thing ${OTHER}`]);
  });

  test('no arguments, and arguments that are no JSON', () => {
    expect(calledIn([])).toEqual({ operations: [], subjects: [] });
    const fn = operationId(operations.registerThing);
    expect(calledIn([Buffer.from(fn), Buffer.from('{')])).toEqual({ operations: [fn], subjects: [] });
  });
});
