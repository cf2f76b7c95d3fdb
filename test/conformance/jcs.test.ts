// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '@thingledger/protocol';

const folder = process.env['THINGLEDGER_VECTORS'] ?? join(process.cwd(), '..', 'shared', 'vectors');
const jcs = join(folder, 'jcs');
const names = existsSync(jcs)
  ? readdirSync(jcs)
      .filter((file) => file.endsWith('.input.json'))
      .map((file) => file.replace('.input.json', ''))
  : [];

describe('RFC 8785 vectors', () => {
  if (names.length === 0) {
    test('are not here: set THINGLEDGER_VECTORS to the folder that holds them', () => {
      expect(existsSync(jcs)).toBe(false);
    });
    return;
  }

  test.each(names)('%s', (name) => {
    const input: unknown = JSON.parse(readFileSync(join(jcs, `${name}.input.json`), 'utf8'));
    const expected = readFileSync(join(jcs, `${name}.outhex.txt`), 'utf8').replace(/\s/g, '');
    expect(Buffer.from(canonicalJson(input), 'utf8').toString('hex')).toBe(expected);
  });
});
