// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { Refusal } from '@thingledger/protocol';
import type { Principal } from '../principal.js';
import { isApiKey } from '../wallet/api-keys.js';
import type { Wallet } from '../wallet/wallet.js';
import type { TokenVerifier } from './tokens.js';

/** Says who sent a request. */
export type Authenticate = (request: IncomingMessage) => Promise<Principal>;

/**
 * Authentication by API key (`X-API-Key`, or as bearer) or by bearer token (RFC 6750). It only finds out who calls;
 * whether that participant is registered, active and has the role, the ledger decides at each call. Refuses with
 * `TL-AUTH-MISSING`, `TL-AUTH-INVALID`, the token's refusals, and `TL-CALLER-UNKNOWN` for a valid token of somebody
 * whose key the wallet does not hold.
 */
export function authentication(wallet: Wallet, verifyToken: TokenVerifier | undefined): Authenticate {
  return async (request) => {
    const credential = credentialOf(request);
    if (isApiKey(credential)) {
      const principal = await wallet.byApiKey(credential);
      if (!principal) throw new Refusal('TL-AUTH-INVALID');
      return principal;
    }
    if (!verifyToken) throw new Refusal('TL-AUTH-INVALID');
    const participant = await verifyToken(credential);
    const principal = await wallet.principal(participant);
    if (!principal) throw new Refusal('TL-CALLER-UNKNOWN', { caller: participant.slice(0, 100) });
    return principal;
  };
}

function credentialOf(request: IncomingMessage): string {
  const { authorization, 'x-api-key': apiKey } = request.headers;
  const keyed = apiKey !== undefined && apiKey !== '';
  if (keyed && authorization !== undefined) {
    throw new Refusal('TL-AUTH-INVALID', {}, 'Send one credential, not an API key and a token');
  }
  if (keyed) {
    if (typeof apiKey !== 'string' || !isApiKey(apiKey))
      throw new Refusal('TL-AUTH-INVALID', {}, 'The API key is malformed');
    return apiKey;
  }
  if (authorization === undefined || authorization === '') throw new Refusal('TL-AUTH-MISSING');
  const bearer = /^Bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(authorization);
  if (!bearer?.[1])
    throw new Refusal('TL-AUTH-INVALID', {}, 'The Authorization header is not a bearer credential');
  return bearer[1];
}
