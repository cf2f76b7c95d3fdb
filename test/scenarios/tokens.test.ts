// SPDX-License-Identifier: Apache-2.0
import { createClient, type Client } from '@thingledger/client';
import { generateKeyPair } from 'jose';
import { freshThing, refusalOf } from '../support/custody.js';
import { startFurtherGateway, type FurtherGateway } from '../support/further-gateway.js';
import { Issuer } from '../support/issuer.js';

const reason = 'scenario';
const START_MS = 60_000;
const now = (): number => Math.floor(Date.now() / 1000);

let issuer: Issuer;
let gateway: FurtherGateway;

beforeAll(async () => {
  issuer = await Issuer.start();
  gateway = await startFurtherGateway('maker', issuer.variables);
}, START_MS);
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});

const clientWith = (token: string): Client => createClient({ baseUrl: gateway.url, token });
const clientAs = async (participant: string): Promise<Client> => clientWith(await issuer.token(participant));
const registration = (): Parameters<Client['registerThing']>[0] => ({
  thing: freshThing(),
  kind: 'product',
  quantity: { value: '1', unit: 'C62' },
});

describe('X1: a token of the member’s OpenID provider has the rights of the participant it names', () => {
  test('a participant works with it, and the ledger names that participant', async () => {
    const farm = await clientAs('farm');
    expect(await farm.getCaller({})).toMatchObject({
      caller: 'farm@maker',
      roles: ['accounting'],
      status: 'active',
    });
    const item = registration();
    await farm.registerThing(item);
    const { thing } = await gateway.consortium.as('processor@maker').getThing({ thing: item.thing });
    expect(thing.registrant).toBe('farm@maker');
  });

  test('it gives the rights of an administrator to the administrator alone', async () => {
    const enrolment = { name: 'nobody', roles: ['accounting' as const], reason };
    const [farm, admin] = [await clientAs('farm'), await clientAs('admin')];
    expect(await refusalOf(farm.enrolParticipant(enrolment))).toBe('TL-CALLER-NOT-ADMINISTRATOR');
    expect(await admin.getCaller({})).toMatchObject({ caller: 'admin@maker', administrator: true });
  });

  test('it gives none to a name that nobody enrolled', async () => {
    const stranger = await clientAs('stranger');
    expect(await refusalOf(stranger.registerThing(registration()))).toBe('TL-CALLER-UNKNOWN');
  });

  test('roles and suspension are those on the ledger, whatever the token was made for', async () => {
    const admin = gateway.consortium.as('admin@maker');
    const name = `clerk_${Date.now().toString(36)}`;
    const { participant } = await admin.enrolParticipant({ name, roles: ['auditor'], reason });
    const clerk = await clientAs(name);
    expect(await refusalOf(clerk.registerThing(registration()))).toBe('TL-CALLER-ROLE');
    await admin.changeRoles({ participant, roles: ['accounting'], reason });
    expect(await refusalOf(clerk.registerThing(registration()))).toBe('accepted');
    await admin.suspendParticipant({ participant, reason });
    expect(await refusalOf(clerk.registerThing(registration()))).toBe('TL-CALLER-SUSPENDED');
  });
});

describe('a token that is not for this gateway now is refused with a code, and nothing is written', () => {
  /** The token with other claims under the same signature. */
  const tampered = (token: string): string => {
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'processor' })).toString('base64url');
    return [head, changed, signature].join('.');
  };

  test.each<[string, string, () => Promise<string>]>([
    ['expired', 'TL-AUTH-EXPIRED', () => issuer.token('farm', { claims: { exp: now() - 60 } })],
    ['not valid yet', 'TL-AUTH-INVALID', () => issuer.token('farm', { claims: { nbf: now() + 60 } })],
    ['good for ever', 'TL-AUTH-INVALID', () => issuer.token('farm', { claims: { exp: undefined } })],
    [
      'of a foreign issuer',
      'TL-AUTH-FOREIGN',
      () => issuer.token('farm', { claims: { iss: 'https://login.other.example' } }),
    ],
    [
      'for a foreign audience',
      'TL-AUTH-FOREIGN',
      () => issuer.token('farm', { claims: { aud: 'another-service' } }),
    ],
    ['for a participant of another member', 'TL-AUTH-FOREIGN', () => issuer.token('trucker@carrier')],
    ['under a key that is not published', 'TL-AUTH-INVALID', () => issuer.token('farm', { keyId: 'key-2' })],
    [
      'signed by somebody else under the name of the published key',
      'TL-AUTH-INVALID',
      async () => issuer.token('farm', { key: (await generateKeyPair('ES256')).privateKey }),
    ],
    ['without a signature', 'TL-AUTH-INVALID', async () => issuer.unsigned('farm')],
    ['tampered with', 'TL-AUTH-INVALID', async () => tampered(await issuer.token('farm'))],
  ])('%s: %s', async (_, code, make) => {
    const item = registration();
    const response = await fetch(`${gateway.url}/things`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await make()}`, 'content-type': 'application/json' },
      body: JSON.stringify(item),
    });
    expect([response.status, await response.json()]).toEqual([401, expect.objectContaining({ code })]);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const { thing } = item;
    expect(await refusalOf(gateway.consortium.as('farm@maker').getThing({ thing }))).toBe('TL-THING-UNKNOWN');
    // It was the token alone: with a good one the same request is done.
    expect(await refusalOf((await clientAs('farm')).registerThing(item))).toBe('accepted');
  });
});
