// SPDX-License-Identifier: Apache-2.0
import {
  CALLED_BYTES,
  deflateStatement,
  operationId,
  operations,
  Refusal,
  statementIdOf,
  statementOf,
  statements as collection,
  textName,
  type StatedOperation,
} from '@thingledger/protocol';
import { Overlay } from './overlay';
import { Statements } from './statements';

const operation = operations.reportChange as StatedOperation;
const carrier = { txId: 'a'.repeat(64), now: '2026-11-22T08:00:00.000Z' };
const signature = 'A'.repeat(86);
const other = 'B'.repeat(86);
const saying = (...items: object[]): string =>
  statementOf(
    operationId(operation),
    items.map((item) => JSON.stringify(item)),
  );

/** The statements of a transaction on a peer that has some keys already. */
function begun(
  present: Record<string, unknown> = {},
  beside: Record<string, string> = {},
): { statements: Statements; state: Overlay } {
  const state = new Overlay({
    getMany: (keys) =>
      Promise.resolve(
        keys.map((key) => (key in present ? Buffer.from(JSON.stringify(present[key])) : undefined)),
      ),
    writeAll: () => Promise.resolve(),
  });
  const transient = (name: string): Buffer | undefined =>
    beside[name] === undefined ? undefined : Buffer.from(beside[name]);
  return { state, statements: new Statements(state, { ...carrier, transient }) };
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
}

describe('the statements of a transaction (decision 0009)', () => {
  test('one signature stands for one text, however often and in whichever form it is sent', () => {
    const [said, more] = [saying({ n: 1 }), saying({ n: 2 })];
    const { statements } = begun({}, { [textName(signature)]: deflateStatement(said) });
    const take = (input: object) => codeOf(() => statements.take(operation, input));
    expect(take({ signature })).toBe('ok');
    expect(take({ signature, text: deflateStatement(said) })).toBe('ok');
    expect(take({ signature, text: deflateStatement(more) })).toBe('TL-SIGNATURE-INVALID');
    expect(take({ signature: other, text: deflateStatement(more) })).toBe('ok');
  });

  test('no more of them is read than whoever audits them reads', () => {
    const long = deflateStatement(saying({ x: 'x'.repeat(CALLED_BYTES / 2 - 100) }));
    const bomb = deflateStatement('x'.repeat(CALLED_BYTES));
    const { statements } = begun();
    const take = (text: string) => codeOf(() => statements.take(operation, { signature: other, text }));
    expect([long, long, long, long].map(take)).toEqual(['ok', 'ok', 'ok', 'TL-INPUT-TOO-LARGE']);
    const after = begun().statements;
    const takeAfter = (text: string) => codeOf(() => after.take(operation, { signature: other, text }));
    expect([bomb, bomb, long].map(takeAfter)).toEqual([
      'TL-INPUT-MALFORMED',
      'TL-INPUT-MALFORMED',
      'TL-INPUT-TOO-LARGE',
    ]);
  });

  test('none is written over another', async () => {
    const [first, second] = [0, 1].map((place) => statementIdOf({ ...carrier, at: carrier.now }, place));
    const { statements, state } = begun({ [collection.key(second ?? '')]: { text: 'kept' } });
    expect(statements.keysOf(2)).toEqual([first, second].map((id) => collection.key(id ?? '')));
    const statement = statements.take(operation, { signature, text: deflateStatement(saying({})) });
    const when = { by: 'farm@maker', rules: 1 };
    const opened = await statements.begin(statement, when);
    statements.keep(opened, [[0, 0]]);
    expect(state.peek(collection, first ?? '')).toMatchObject({ at: carrier.now, by: 'farm@maker' });
    await expect(statements.begin(statement, when)).rejects.toMatchObject({ code: 'TL-STATEMENT-EXISTS' });
  });
});
