// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Compared } from '@thingledger/protocol';
import { ClassicLevel } from 'classic-level';
import { startLocal, type LocalNetwork } from '../local/local.js';
import { QUIET, startConsortium, type TestConsortium } from '../testing/consortium.js';

const THING = 'urn:lot:7/x';

let consortium: TestConsortium;
let running: LocalNetwork;

beforeAll(async () => {
  consortium = await startConsortium();
  running = consortium;
}, 60_000);
afterAll(async () => {
  await running.close();
  await consortium.remove();
}, 30_000);

const headers = { 'Content-Type': 'application/json' };
const get = async (path: string, participant: string): Promise<Response> => {
  const member = participant.split('@')[1] ?? '';
  const url = running.identities.members[member]?.gateway ?? '';
  return fetch(`${url}${path}`, {
    headers: { 'X-API-Key': running.identities.participants[participant]?.apiKey ?? '' },
  });
};
const compared = async (participant: string): Promise<Compared> => {
  const answer = await get(`/things/${encodeURIComponent(THING)}?verify=peers`, participant);
  return (await answer.json()) as Compared;
};

/** Changes one digit of a thing in one member's copy of the state, as somebody with its disk could. */
async function forge(dir: string, member: string): Promise<void> {
  const database = new ClassicLevel<Buffer, Buffer>(join(dir, 'embedded', 'ledger'), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  });
  const start = Buffer.from(`s${member}\0traceability\0`);
  let forged = 0;
  for await (const [key, value] of database.iterator({ gte: start })) {
    if (!key.subarray(0, start.length).equals(start)) break;
    const at = value.indexOf('"value":"7"');
    if (!key.includes('thing/urn:lot:7') || at < 0) continue;
    value.write('"value":"9"', at);
    await database.put(key, value);
    forged += 1;
  }
  await database.close();
  expect(forged).toBe(1);
}

describe('X9: an answer held against the other members’ peers', () => {
  test('all agree; nobody can be asked to compare in another way', async () => {
    const registered = await fetch(`${consortium.urlOf('maker')}/things`, {
      method: 'POST',
      headers: { ...headers, 'X-API-Key': consortium.keyOf('farm@maker') },
      body: JSON.stringify({ thing: THING, kind: 'batch', quantity: { value: '7', unit: 'KGM' } }),
    });
    expect(registered.status).toBe(201);
    const { answer, sha256, peers, agreed } = await compared('farm@maker');
    expect(answer).toEqual(await (await get(`/things/${encodeURIComponent(THING)}`, 'farm@maker')).json());
    expect(agreed).toBe(true);
    expect(peers).toEqual(
      ['bank', 'carrier', 'customs', 'inspection'].map((member) => ({ member, verdict: 'agrees', sha256 })),
    );
    for (const path of ['/rules?verify=everybody', '/caller?verify=peers']) {
      const { status } = await get(path, 'farm@maker');
      expect(status).toBe(400);
    }
    const unknown = await get('/things/urn%3Anothing%2Fx?verify=peers', 'farm@maker');
    expect(unknown.status).toBe(404);
  }, 30_000);

  test('a peer that lies is found and named, by others and to its own member', async () => {
    await running.close();
    await forge(consortium.dir, 'carrier');
    running = await startLocal({
      network: 'embedded',
      dir: consortium.dir,
      variables: QUIET,
    });
    const { answer, peers, agreed } = await compared('farm@maker');
    expect(answer).toMatchObject({ thing: { quantity: { value: '7' } } });
    expect(agreed).toBe(false);
    expect(peers.filter(({ verdict }) => verdict !== 'agrees')).toMatchObject([
      { member: 'carrier', verdict: 'differs' },
    ]);
    const own = await compared('trucker@carrier');
    expect(own.answer).toMatchObject({ thing: { quantity: { value: '9' } } });
    expect(own.peers.map(({ verdict }) => verdict)).toEqual(['differs', 'differs', 'differs', 'differs']);
  }, 60_000);
});
