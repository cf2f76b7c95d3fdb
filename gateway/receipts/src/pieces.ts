// SPDX-License-Identifier: Apache-2.0
import { BUNDLE_BYTES, type Pieces } from '@thingledger/protocol/bundle';
import { concat, fromBase64 } from './bytes.js';
import { fail } from './checks.js';

/** The shared parts of a file. All bytes that are put together are counted: few pieces can name a large part often. */
export class Parts {
  readonly #parts: Uint8Array[] = [];
  #room: number;

  /** @param most bytes that may be put together, shared parts included */
  constructor(parts: readonly Pieces[], most = BUNDLE_BYTES) {
    this.#room = most;
    for (const pieces of parts) this.#parts.push(this.join(pieces));
  }

  /** The bytes of pieces. Fails for a part that does not come before, and when there is no room left. */
  join(pieces: Pieces): Uint8Array {
    const found = pieces.map((piece) => {
      const bytes =
        typeof piece === 'string'
          ? fromBase64(piece)
          : (this.#parts[piece] ?? fail(`part ${String(piece)} is named before it comes`));
      this.#room -= bytes.length;
      if (this.#room < 0) fail('the parts of the file come to more bytes than a file may hold');
      return bytes;
    });
    return concat(...found);
  }
}
