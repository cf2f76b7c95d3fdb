// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http';
import type { Client } from '@thingledger/client';
import { canonicalJson } from '@thingledger/protocol';
import { accepted, announce, held, registered } from '../support/custody.js';
import { startFurtherGateway, type FurtherGateway } from '../support/further-gateway.js';
import { HostileServer } from '../support/hostile-server.js';

const farm = 'farm@maker';
const trucker = 'trucker@carrier';
const START_MS = 60_000;

let gateway: FurtherGateway;
let strict: Client;

beforeAll(async () => {
  gateway = await startFurtherGateway('carrier', { THINGLEDGER_ALLOW_PRIVATE_ADDRESSES: 'false' });
  strict = await gateway.as(trucker);
}, START_MS);
afterAll(() => gateway.close());

/** What a trace says of each hop, newest first. */
async function verdicts(client: Client, thing: string): Promise<unknown[]> {
  const { hops } = await client.traceThing({ thing });
  return hops.map(({ verdict, reason }) => reason?.code ?? verdict);
}

describe('T3 T6: a ledger entry does not lead a gateway into a private network', () => {
  test('by number: each hop says why it could not be fetched, and custody is still told', async () => {
    const { consortium } = gateway;
    const item = await held(consortium, farm);
    await accepted(consortium, farm, await announce(consortium, item, farm, trucker));
    expect(await verdicts(consortium.as(trucker), item.thing)).toEqual(['ok', 'ok']);
    const trace = await strict.traceThing({ thing: item.thing });
    expect(trace).toMatchObject({ holder: trucker, complete: false });
    expect(trace.hops.map(({ verdict, reason }) => [verdict, reason?.code])).toEqual([
      ['unreachable', 'TL-VERIFY-ADDRESS'],
      ['unreachable', 'TL-VERIFY-ADDRESS'],
    ]);
  });

  test('by a name that resolves to one: the server sees no connection', async () => {
    const { consortium } = gateway;
    const client = consortium.as(farm);
    const honest: RequestListener = ({ url = '' }, response) => {
      void client
        .getTraceabilityData({ hash: url.slice('/data/'.length) })
        .then((disclosure) => response.end(canonicalJson(disclosure)));
    };
    const server = await HostileServer.start(honest);
    try {
      const { address, certificateAuthority } = server;
      expect(new URL(address).hostname).toBe('localhost');
      const registration = { address, certificateAuthority, reason: 'scenario' };
      await consortium.as('admin@maker').registerInformationServer(registration);
      const item = await registered(consortium, farm);
      const elsewhere = { record: { informationServer: address } };
      await accepted(consortium, farm, await announce(consortium, item, undefined, farm, elsewhere));
      await accepted(consortium, farm, await announce(consortium, item, farm, trucker, elsewhere));
      expect(await verdicts(consortium.as(trucker), item.thing)).toEqual(['ok', 'ok']);

      const before = server.connections;
      expect(before).toBeGreaterThan(0);
      expect(await verdicts(strict, item.thing)).toEqual(['TL-VERIFY-ADDRESS', 'TL-VERIFY-ADDRESS']);
      expect(server.connections).toBe(before);
    } finally {
      await server.close();
    }
  });
});
