// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { ParticipantId, Refusal, type Participant } from '@thingledger/protocol';
import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Principal } from '../principal.js';
import { signEs256 } from '../wallet/signing.js';
import { ReplayGuard } from './replay.js';

/** Seconds a request token is good for, at most. */
const TOKEN_SECONDS = 60;

/** Seconds that the clocks of two members may differ. */
const CLOCK_TOLERANCE = 5;

/**
 * A token for one request to one information server: JWT (RFC 7519), ES256 with the participant's ledger-registered
 * key, issuer the participant, audience the server's address, single use.
 */
export function makeToken(caller: Principal, address: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: caller.id, aud: address, iat, exp: iat + 30, jti: randomUUID() };
  const text = [{ alg: 'ES256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${signEs256(caller.identity, text)}`;
}

/** Checks request tokens against the keys on the ledger. */
export class TokenVerifier {
  readonly #replays = new ReplayGuard();
  /** A participant's entry is the same object for as long as the directory believes it. */
  readonly #keys = new WeakMap<Participant, KeyObject>();
  /** Whole seconds: tokens from before the start might have been used already, and nobody remembers. */
  readonly #startedAt = Math.floor(Date.now() / 1000);

  /**
   * @param address the server's own address, the only audience taken
   * @param callerOf finds the active participant, or refuses
   */
  constructor(
    private readonly address: string,
    private readonly callerOf: (id: string) => Promise<Participant>,
  ) {}

  /**
   * The participant that made the token in an `Authorization` header. Refuses with `TL-AUTH-MISSING`,
   * `TL-AUTH-INVALID` (also a token seen before), `TL-AUTH-EXPIRED`, `TL-AUTH-FOREIGN`, and what `callerOf` refuses.
   */
  async verify(authorization: string | undefined): Promise<Participant> {
    const token = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new Refusal('TL-AUTH-MISSING');
    const caller = await this.callerOf(issuerOf(token));
    const { jti, exp, iat } = await this.#claims(token, caller);
    if (typeof jti !== 'string' || jti.length < 16 || jti.length > 64) {
      throw new Refusal('TL-AUTH-INVALID', { claim: 'jti' });
    }
    if (exp === undefined || iat === undefined || exp - iat > TOKEN_SECONDS) {
      throw new Refusal('TL-AUTH-INVALID', { claim: 'exp', limit: TOKEN_SECONDS });
    }
    if (iat < this.#startedAt) throw new Refusal('TL-AUTH-EXPIRED', { claim: 'iat' });
    if (!this.#replays.admit(`${caller.participant} ${jti}`, (exp + CLOCK_TOLERANCE) * 1000)) {
      throw new Refusal('TL-AUTH-INVALID', { claim: 'jti' }, 'The token was used before');
    }
    return caller;
  }

  async #claims(token: string, caller: Participant): Promise<JWTPayload> {
    try {
      const verified = await jwtVerify(token, this.#keyOf(caller), {
        algorithms: ['ES256'],
        issuer: caller.participant,
        audience: this.address,
        requiredClaims: ['exp', 'iat', 'jti'],
        maxTokenAge: TOKEN_SECONDS,
        clockTolerance: CLOCK_TOLERANCE,
      });
      return verified.payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new Refusal('TL-AUTH-EXPIRED', { claim: error.claim });
      if (error instanceof errors.JWTClaimValidationFailed) {
        throw new Refusal(error.claim === 'aud' ? 'TL-AUTH-FOREIGN' : 'TL-AUTH-INVALID', {
          claim: error.claim,
        });
      }
      throw new Refusal('TL-AUTH-INVALID');
    }
  }

  #keyOf(caller: Participant): KeyObject {
    const known = this.#keys.get(caller) ?? createPublicKey({ key: caller.publicKey, format: 'jwk' });
    this.#keys.set(caller, known);
    return known;
  }
}

function issuerOf(token: string): string {
  try {
    return ParticipantId.parse(decodeJwt(token).iss);
  } catch {
    // Whatever is wrong with the token, there is nobody whose key could verify it.
    throw new Refusal('TL-AUTH-INVALID', { claim: 'iss' });
  }
}
