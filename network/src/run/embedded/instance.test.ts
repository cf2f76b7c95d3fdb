// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadChaincode } from './chaincode.js';
import { loadInstance } from './instance.js';

describe('instances of a module', () => {
  let folder: string;
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'thingledger-instance-'));
    mkdirSync(join(folder, 'node_modules', 'shared'), { recursive: true });
    file('node_modules/shared/index.js', 'exports.counter = { value: 0 };');
    file('data.json', '{"answer": 42}');
    file('part.cjs', `const whole = require('./whole.cjs'); exports.name = () => whole.name;`);
    file(
      'whole.cjs',
      `exports.name = 'whole'; exports.part = require('./part.cjs'); exports.data = require('./data.json');
       exports.shared = require('shared'); exports.path = require('node:path'); exports.here = [__filename, __dirname];
       exports.count = () => (exports.counted = (exports.counted ?? 0) + 1);`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('have their own state, files and cycles', () => {
    const [one, two] = [1, 2].map(() => loadInstance(join(folder, 'whole.cjs')) as Whole);
    expect([one!.count(), one!.count(), two!.count()]).toEqual([1, 2, 1]);
    expect(one!.part).not.toBe(two!.part);
    expect(one!.part.name()).toBe('whole');
    expect(one!.data).toEqual({ answer: 42 });
    expect(one!.here).toEqual([join(folder, 'whole.cjs'), folder]);
  });

  test('share packages and Node’s own modules', () => {
    const [one, two] = [1, 2].map(() => loadInstance(join(folder, 'whole.cjs')) as Whole);
    expect(one!.shared).toBe(two!.shared);
    expect(one!.path).toBe(two!.path);
  });

  test('that are no chaincode are refused in one line', () => {
    expect(() => loadChaincode(join(folder, 'part.cjs'))).toThrow(
      /cannot be loaded: it exports no chaincode$/,
    );
    expect(() => loadChaincode(join(folder, 'nowhere.cjs'))).toThrow(/nowhere\.cjs cannot be loaded: /);
    expect(() => loadChaincode(file('bad.cjs', 'throw new Error("on load")'))).toThrow(
      /cannot be loaded: on load$/,
    );
  });
});

interface Whole {
  readonly part: { name(): string };
  readonly data: unknown;
  readonly shared: unknown;
  readonly path: unknown;
  readonly here: string[];
  count(): number;
}
