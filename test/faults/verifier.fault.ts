// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson, openDisclosure } from '@thingledger/protocol';
import { decision, registered } from '../support/custody.js';
import { history } from '../support/exactly-once.js';
import { HostileServer } from '../support/hostile-server.js';
import { report, seconds, type Network } from './under-test.js';

const farm = 'farm@maker';
const regulator = 'inspection';

/** A regulator's agent dies when it has the data of a record and its vote is not on the ledger. */
export function describeVerifier(network: Network): void {
  test.each([
    ['between fetch and vote', 0],
    ['while its vote may be on its way', 120],
  ])('a verifier, killed %s and started again, votes once', async (_, delay) => {
    const { consortium, killGateway, startGateway } = network();
    const client = consortium.as(farm);
    const item = await registered(consortium, farm);
    const facts = {
      ...item,
      to: farm,
      eventTime: new Date().toISOString(),
      place: { latitude: 1, longitude: 2 },
    };
    const { hash } = await client.storeTraceabilityData({ document: facts });
    const bytes = canonicalJson(await client.getTraceabilityData({ hash }));
    expect(openDisclosure(JSON.parse(bytes)).hash).toBe(hash);

    let fetches = 0;
    let killed: () => void = () => undefined;
    const kill = new Promise<void>((resolve) => (killed = resolve));
    const server = await HostileServer.start((request, response) => {
      const first = issuerOf(request.headers.authorization).endsWith(`@${regulator}`) && (fetches += 1) === 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(bytes, () => {
        if (first)
          void sleep(delay)
            .then(() => killGateway(regulator))
            .then(killed);
      });
    });
    try {
      const { address, certificateAuthority } = server;
      await consortium
        .as('admin@maker')
        .registerInformationServer({ address, certificateAuthority, reason: 'fault' });
      const { recordId } = await client.announceMappingRecord({
        ...facts,
        dataHash: hash,
        informationServer: address,
      });
      await within(kill, `a fetch by ${regulator}`);
      const { votes } = await client.getMappingRecord({ recordId });
      // eslint-disable-next-line jest/no-conditional-expect -- later the vote may be on the ledger already
      if (delay === 0) expect(votes.map((vote) => vote.regulator)).not.toContain(regulator);
      const back = Date.now();
      await startGateway(regulator);
      const decided = await decision(consortium, farm, recordId);
      report(
        `verifier of ${regulator} killed ${String(delay)} ms after its fetch: decided ${seconds(Date.now() - back)} after its start`,
      );
      expect(decided.status).toBe('accepted');
      const events = await history(consortium, farm);
      const cast = events.flatMap((event) =>
        event.type === 'VotesCast' && recordId.startsWith(`${event.statementId}.`) ? [event.regulator] : [],
      );
      expect(cast.sort()).toEqual(['customs', regulator]);
    } finally {
      await server.close();
    }
  });
}

/** Who asks, as the request's token says. */
function issuerOf(authorization = ''): string {
  const claims = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    iss: string;
  };
  return claims.iss;
}

async function within(awaited: Promise<void>, what: string, patience = 30_000): Promise<void> {
  const stop = new AbortController();
  const late = sleep(patience, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`waited ${seconds(patience)} in vain for ${what}`);
  });
  await Promise.race([awaited, late]).finally(() => stop.abort());
  await late.catch(() => undefined);
}
