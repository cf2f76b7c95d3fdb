// SPDX-License-Identifier: Apache-2.0
import { deflateStatement, inflateStatement, STATEMENT_BYTES, StatementId, statementIdOf } from './statement';

const text = '{"items":[{}],"operation":"x:y"}';
const bytes = Buffer.from(deflateStatement(text), 'base64url');

test('a statement has one text, and comes back as it was', () => {
  expect(inflateStatement(deflateStatement(text))).toBe(text);
  const longest = 'x'.repeat(STATEMENT_BYTES);
  expect(inflateStatement(deflateStatement(longest))).toBe(longest);
});

test.each([
  ['bytes behind it', Buffer.concat([bytes, Buffer.from('more')]).toString('base64url')],
  [
    'a letter that stands for no byte',
    `${bytes.toString('base64url')}${'A'.repeat(5 - (bytes.toString('base64url').length % 4))}`,
  ],
  ['an end that is cut off', bytes.subarray(0, -1).toString('base64url')],
  ['more text than there may be', deflateStatement('x'.repeat(STATEMENT_BYTES + 1))],
  ['bytes that are no UTF-8', 'AQIA_f__-A'],
])('one with %s is refused: not everybody would read it so', (_, deflated) => {
  expect(() => inflateStatement(deflated)).toThrow(
    expect.objectContaining({ code: 'TL-INPUT-MALFORMED' }) as Error,
  );
});

test('ids of statements are in the order of their transactions’ times, and apart within a second', () => {
  const times = [
    '1970-01-01T00:00:01.000Z',
    '2026-11-22T08:00:00.999Z',
    '2026-11-22T08:00:01.000Z',
    '2106-02-07T06:28:15Z',
  ];
  const ids = times.map((at, n) => statementIdOf({ txId: String(9 - n).repeat(64), at }, n));
  expect(ids).toEqual([...ids].sort());
  for (const id of ids) expect(StatementId.parse(id)).toBe(id);
  const [, at = ''] = times;
  expect(statementIdOf({ txId: 'a'.repeat(64), at }, 0)).toBe(`6b02a100${'a'.repeat(24)}-0`);
});
