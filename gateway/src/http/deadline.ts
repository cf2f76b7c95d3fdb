// SPDX-License-Identifier: Apache-2.0
import { Refusal, type RefusalCode } from '@thingledger/protocol';

/** The work's result, or a refusal with `code` when it takes longer than `seconds`. The work itself goes on. */
export async function withDeadline<T>(work: Promise<T>, seconds: number, code: RefusalCode): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Refusal(code));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
