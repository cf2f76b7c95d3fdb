// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';

/** What a test wants different from an ordinary token: claims (undefined leaves one out), the key's id, the key. */
export interface TokenForm {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly keyId?: string;
  readonly key?: CryptoKey;
}

const KEY_ID = 'key-1';

/** The OpenID provider of a member, as far as a gateway sees it: one signing key, published over loopback HTTP. */
export class Issuer {
  readonly issuer = 'https://login.member.example';
  readonly audience = 'thingledger';

  private constructor(
    private readonly server: Server,
    private readonly key: CryptoKey,
  ) {}

  static async start(): Promise<Issuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' }];
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'application/jwk-set+json').end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Issuer(server, privateKey);
  }

  /** The variables of a gateway that takes this provider's tokens. */
  get variables(): Readonly<
    Record<'THINGLEDGER_OIDC_ISSUER' | 'THINGLEDGER_OIDC_AUDIENCE' | 'THINGLEDGER_OIDC_JWKS_URL', string>
  > {
    const { port } = this.server.address() as AddressInfo;
    return {
      THINGLEDGER_OIDC_ISSUER: this.issuer,
      THINGLEDGER_OIDC_AUDIENCE: this.audience,
      THINGLEDGER_OIDC_JWKS_URL: `http://127.0.0.1:${String(port)}/keys`,
    };
  }

  /** A token for a participant, good for five minutes unless its claims say otherwise. */
  token(participant: string, { claims, keyId = KEY_ID, key = this.key }: TokenForm = {}): Promise<string> {
    return new SignJWT(this.#claimsOf(participant, claims))
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .sign(key);
  }

  /** The same without a signature (`alg` none). */
  unsigned(participant: string): string {
    return new UnsecuredJWT(this.#claimsOf(participant)).encode();
  }

  #claimsOf(participant: string, claims: TokenForm['claims'] = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    return {
      sub: participant,
      iss: this.issuer,
      aud: this.audience,
      iat: now,
      exp: now + 300,
      ...claims,
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
