// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['THINGLEDGER_VECTORS'] ?? join(process.cwd(), '..', 'shared', 'vectors');

/** One folder of the vectors that others wrote; `names` is empty where the vectors are not. */
export interface Vectors {
  /** File names without the ending, in order. */
  readonly names: readonly string[];
  /** The text of a file. */
  read(file: string): string;
}

/** The vectors of one kind whose files end in `ending`, as named by `THINGLEDGER_VECTORS` or beside the repository. */
export function vectors(kind: string, ending: string): Vectors {
  const path = join(folder, kind);
  const files = existsSync(path) ? readdirSync(path) : [];
  return {
    names: files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length)),
    read: (file) => readFileSync(join(path, file), 'utf8'),
  };
}

/** Says, instead of the tests, that the vectors are not here. */
export function sayAbsent(kind: string): void {
  test('are not here: set THINGLEDGER_VECTORS to the folder that holds them', () => {
    expect(existsSync(join(folder, kind))).toBe(false);
  });
}
