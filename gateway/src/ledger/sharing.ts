// SPDX-License-Identifier: Apache-2.0
import type { Pieces } from '@thingledger/protocol';

/** Identities in blocks and answers carry their certificates as PEM, the same ones again and again. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,8000}-----END CERTIFICATE-----\n?/g;
/** What is cut into more pieces than this stays whole; a file refuses more. */
const MOST_PIECES = 10_000;

/** Cuts what goes into one bundle into pieces, so that what many of them have in common is there once. */
export class Sharing {
  readonly parts: Pieces[] = [];
  readonly #numbers = new Map<string, number>();

  /** Makes bytes a shared part of their own, cut in turn; gives the number of the part. */
  share(bytes: Uint8Array): number {
    const pieces = this.cut(bytes);
    this.parts.push(pieces);
    return this.parts.length - 1;
  }

  /**
   * The pieces of bytes.
   *
   * @param inner shared parts that lie in them, in their order
   */
  cut(
    bytes: Uint8Array,
    inner: readonly { readonly bytes: Uint8Array; readonly part: number }[] = [],
  ): Pieces {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pieces: Pieces = [];
    let from = 0;
    for (const { bytes: wanted, part } of inner) {
      const at = whole.indexOf(wanted, from);
      if (at < 0) continue;
      pieces.push(...this.#certificates(whole.subarray(from, at)), part);
      from = at + wanted.length;
    }
    pieces.push(...this.#certificates(whole.subarray(from)));
    return pieces.length <= MOST_PIECES ? pieces : [whole.toString('base64')];
  }

  #certificates(bytes: Buffer): Pieces {
    const pieces: Pieces = [];
    let from = 0;
    const literal = (to: number): void => {
      if (to > from) pieces.push(bytes.toString('base64', from, to));
    };
    for (const { 0: certificate, index } of bytes.toString('latin1').matchAll(CERTIFICATE)) {
      literal(index);
      pieces.push(this.#number(certificate));
      from = index + certificate.length;
    }
    literal(bytes.length);
    return pieces;
  }

  #number(certificate: string): number {
    const known = this.#numbers.get(certificate);
    if (known !== undefined) return known;
    this.parts.push([Buffer.from(certificate, 'latin1').toString('base64')]);
    this.#numbers.set(certificate, this.parts.length - 1);
    return this.parts.length - 1;
  }
}
