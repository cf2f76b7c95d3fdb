// SPDX-License-Identifier: Apache-2.0
import type { RefusalCode, Verdict } from '@thingledger/protocol';

/** The verdict on a hop for each fault its data can have; what is not named could not be fetched. */
const VERDICTS: Partial<Record<RefusalCode, Verdict>> = {
  'TL-VERIFY-HASH': 'altered',
  'TL-VERIFY-MISSING': 'missing',
  // The bytes are those announced, but there is no document in them.
  'TL-VERIFY-DOCUMENT': 'missing',
  'TL-VERIFY-REFUSED': 'not-entitled',
};

/** The verdict that a fault of the data comes to (requirement T6). */
export function verdictOf(code: RefusalCode): Verdict {
  return VERDICTS[code] ?? 'unreachable';
}
