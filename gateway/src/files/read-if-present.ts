// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** The content of a file; undefined when there is none. */
export async function readIfPresent(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
