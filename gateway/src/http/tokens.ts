// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { OidcConfig } from '../config/config.js';

const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];
const CLOCK_TOLERANCE_SECONDS = 5;

/** Checks a bearer token and says which participant it names. */
export type TokenVerifier = (token: string) => Promise<string>;

/**
 * Verifies JSON Web Tokens of one issuer (RFC 7519, RFC 8725: fixed algorithms, issuer and audience required, expiry
 * required). Refuses with `TL-AUTH-EXPIRED`; `TL-AUTH-FOREIGN` for another issuer, audience or member;
 * `TL-AUTH-UNAVAILABLE` when the issuer's keys can not be fetched; `TL-AUTH-INVALID` for everything else.
 */
export function tokenVerifier(oidc: OidcConfig, member: string): TokenVerifier {
  const keys = createRemoteJWKSet(new URL(oidc.jwksUrl), { timeoutDuration: 5000, cooldownDuration: 10_000 });
  return async (token) => {
    requireIssuer(token, oidc.issuer);
    const verified = await jwtVerify(token, keys, {
      issuer: oidc.issuer,
      audience: oidc.audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', oidc.claim],
    }).catch((error: unknown) => {
      throw refusalOf(error);
    });
    const named = verified.payload[oidc.claim];
    if (typeof named !== 'string' || named === '') throw invalid('The token names no participant');
    if (!named.includes('@')) return `${named}@${member}`;
    if (!named.endsWith(`@${member}`))
      throw new Refusal('TL-AUTH-FOREIGN', { member }, 'The token is for a participant of another member');
    return named;
  };
}

/** Before any key is looked up: strangers' tokens must not make the gateway ask the issuer for keys it never had. */
function requireIssuer(token: string, issuer: string): void {
  let claimed: string | undefined;
  try {
    claimed = decodeJwt(token).iss;
  } catch {
    throw invalid('The token is not a JSON Web Token');
  }
  if (claimed !== issuer) throw new Refusal('TL-AUTH-FOREIGN', { claim: 'iss' });
}

function refusalOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return new Refusal('TL-AUTH-EXPIRED');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return ['iss', 'aud'].includes(error.claim)
      ? new Refusal('TL-AUTH-FOREIGN', { claim: error.claim })
      : invalid('A claim of the token does not hold');
  }
  const answered =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC';
  return answered
    ? invalid('The signature or form of the token is not valid')
    : new Refusal('TL-AUTH-UNAVAILABLE');
}

function invalid(detail: string): Refusal {
  return new Refusal('TL-AUTH-INVALID', {}, detail);
}
