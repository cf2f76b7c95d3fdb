// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from '@thingledger/protocol';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { tokenVerifier, type TokenVerifier } from './tokens.js';

const issuer = 'https://login.maker.example';
const audience = 'thingledger-maker';

let server: Server;
let jwksUrl: string;
let ours: { publicKey: CryptoKey; privateKey: CryptoKey };
let theirs: typeof ours;
let verify: TokenVerifier;
let fetched = 0;

beforeAll(async () => {
  ours = await generateKeyPair('ES256');
  theirs = await generateKeyPair('ES256');
  const jwks = JSON.stringify({
    keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }],
  });
  server = createServer((_request, response) => {
    fetched++;
    response.setHeader('Content-Type', 'application/json').end(jwks);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/jwks`;
  verify = tokenVerifier({ issuer, audience, jwksUrl, claim: 'sub' }, 'maker');
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

interface Claims {
  readonly sub?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly exp?: string | number;
  readonly kid?: string;
  readonly key?: CryptoKey;
}

const token = ({
  sub = 'farm',
  iss = issuer,
  aud = audience,
  exp = '5m',
  kid = 'k1',
  key = ours.privateKey,
}: Claims = {}): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid })
    .setSubject(sub)
    .setIssuer(iss)
    .setAudience(aud)
    .setIssuedAt()
    .setExpirationTime(exp)
    .sign(key);

const codeOf = (text: string, by = verify): Promise<string> =>
  by(text).then(
    (participant) => participant,
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

describe('bearer tokens', () => {
  test('name a participant of this member, with or without the member', async () => {
    expect(await codeOf(await token())).toBe('farm@maker');
    expect(await codeOf(await token({ sub: 'farm@maker' }))).toBe('farm@maker');
  });

  test.each<[string, Claims, string]>([
    ['expired', { exp: 1_000_000 }, 'TL-AUTH-EXPIRED'],
    ['of another issuer', { iss: 'https://login.carrier.example' }, 'TL-AUTH-FOREIGN'],
    ['for another audience', { aud: 'thingledger-carrier' }, 'TL-AUTH-FOREIGN'],
    ['for a participant of another member', { sub: 'trucker@carrier' }, 'TL-AUTH-FOREIGN'],
    ['with a key nobody published', { kid: 'k2' }, 'TL-AUTH-INVALID'],
    ['naming nobody', { sub: '' }, 'TL-AUTH-INVALID'],
  ])('%s are refused', async (_, claims, code) => {
    expect(await codeOf(await token(claims))).toBe(code);
  });

  test('signed by somebody else are refused', async () => {
    expect(await codeOf(await token({ key: theirs.privateKey }))).toBe('TL-AUTH-INVALID');
  });

  test('changed after signing are refused', async () => {
    const [head, , signature] = (await token()).split('.');
    const payload = Buffer.from(
      JSON.stringify({ sub: 'admin', iss: issuer, aud: audience, exp: 9_999_999_999 }),
    ).toString('base64url');
    expect(await codeOf([head, payload, signature].join('.'))).toBe('TL-AUTH-INVALID');
  });

  test('without a signature (alg none) are refused', async () => {
    const unsigned = new UnsecuredJWT({})
      .setSubject('farm')
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('5m')
      .encode();
    expect(await codeOf(unsigned)).toBe('TL-AUTH-INVALID');
  });

  test('signed with the published key as a shared secret (HS256) are refused', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(ours.publicKey)));
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setSubject('farm')
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('5m')
      .sign(secret);
    expect(await codeOf(forged)).toBe('TL-AUTH-INVALID');
  });

  test('that never expire are refused', async () => {
    const endless = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setSubject('farm')
      .setIssuer(issuer)
      .setAudience(audience)
      .sign(ours.privateKey);
    expect(await codeOf(endless)).toBe('TL-AUTH-INVALID');
  });

  test.each(['', 'a.b.c', 'x'.repeat(5000)])('that are no tokens are refused', async (text) => {
    expect(await codeOf(text)).toBe('TL-AUTH-INVALID');
  });

  test('of strangers do not make the gateway ask for keys', async () => {
    const before = fetched;
    const fresh = tokenVerifier({ issuer, audience, jwksUrl, claim: 'sub' }, 'maker');
    expect(await codeOf(await token({ iss: 'https://evil.example' }), fresh)).toBe('TL-AUTH-FOREIGN');
    expect(fetched).toBe(before);
  });

  test('can not be judged while the issuer’s keys are out of reach', async () => {
    const lost = tokenVerifier(
      { issuer, audience, jwksUrl: 'http://127.0.0.1:1/jwks', claim: 'sub' },
      'maker',
    );
    expect(await codeOf(await token(), lost)).toBe('TL-AUTH-UNAVAILABLE');
  });

  test('the claim is the operator’s choice', async () => {
    const byName = tokenVerifier({ issuer, audience, jwksUrl, claim: 'participant' }, 'maker');
    const text = await new SignJWT({ participant: 'processor' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setSubject('u-17')
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('5m')
      .sign(ours.privateKey);
    expect(await codeOf(text, byName)).toBe('processor@maker');
  });
});
