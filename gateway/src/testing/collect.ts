// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Waits for work while all memory that nobody holds is collected again and again. */
export async function whileCollecting<T>(work: Promise<T>): Promise<T> {
  const collecting = setInterval(collect, 50);
  try {
    return await work;
  } finally {
    clearInterval(collecting);
  }
}
