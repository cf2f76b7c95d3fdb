// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** The content of a file; undefined when there is none. */
export function readIfPresent(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(unlessAbsent);
}

/** For what failed because there is no such file: undefined. Throws whatever else it was. */
export function unlessAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
