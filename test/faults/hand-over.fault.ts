// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { accepted, announce } from '../support/custody.js';
import { endedJob, epcisDocument, epcisRequest, type CaptureJob } from '../support/epcis.js';
import { inParallel, until } from '../support/until.js';
import { report, seconds, type Network } from './under-test.js';

const farm = 'farm@maker';
const trucker = 'trucker@carrier';
const FARM = 'urn:epc:id:pgln:9506000.20001';
const CARRIER = 'urn:epc:id:pgln:9506000.20002';
const PALLETS = 250;
const PATIENCE_MS = 120_000;
const reason = 'fault';

/** A member's gateway dies while shipping events hand over. */
export function describeHandOver(network: Network): void {
  test('pallets shipped by events, the gateway killed in the middle: each is handed over once, and the job names its record', async () => {
    const { consortium, killGateway, startGateway } = network();
    const client = consortium.as(farm);
    await consortium.as('admin@maker').registerLocation({ location: FARM, account: farm, reason });
    await consortium.as('admin@carrier').registerLocation({ location: CARRIER, account: trucker, reason });
    const first = randomInt(9e9);
    const pallets = Array.from({ length: PALLETS }, (_, n) => ({
      thing: `urn:epc:id:sscc:9506000.${String(first + n).padStart(10, '0')}`,
      quantity: { value: '1', unit: 'C62' },
    }));
    await client.bulk.registerThing(pallets.map((pallet) => ({ ...pallet, kind: 'container' as const })));
    const origins = await inParallel(pallets, 32, (pallet) => announce(consortium, pallet, undefined, farm));
    await inParallel(origins, 32, (origin) => accepted(consortium, farm, origin));

    const shipments = pallets.map(({ thing }) => ({
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTime: new Date().toISOString(),
      eventTimeZoneOffset: '+01:00',
      bizStep: 'shipping',
      epcList: [thing],
      readPoint: { id: 'geo:48.137,11.575' },
      sourceList: [{ type: 'possessing_party', source: FARM }],
      destinationList: [{ type: 'possessing_party', destination: CARRIER }],
    }));
    const taken = await epcisRequest(consortium, farm, 'POST', '/epcis/capture', epcisDocument(shipments));
    const location = taken.headers.get('Location') ?? '';
    const begun = await until(
      'the first pallets to be handed over',
      async () => {
        const job = (await (await epcisRequest(consortium, farm, 'GET', location)).json()) as CaptureJob;
        return (job.handedOver ?? []).length > 0 && job;
      },
      PATIENCE_MS,
    );
    const at = Date.now();
    await killGateway('maker');
    await startGateway('maker');
    const job = await endedJob(consortium, farm, location, PATIENCE_MS);
    const handedOver = job.handedOver ?? [];
    report(
      `gateway of maker killed with ${String(begun.handedOver?.length)} of ${String(PALLETS)} pallets handed over: the rest after ${seconds(Date.now() - at)}`,
    );
    expect(begun.running).toBe(true);
    expect(handedOver.map(({ problem }) => problem)).toEqual(pallets.map(() => undefined));
    const records = handedOver.map(({ recordId = '' }) => recordId);
    await inParallel(records, 32, (record) => accepted(consortium, farm, record));
    const chains = await inParallel(pallets, 32, ({ thing }) => client.getCustodyChain({ thing }));
    // The origin, and the one transfer that the job names.
    expect(chains.map((chain) => chain.records.map(({ record }) => record.recordId))).toEqual(
      records.map((record, n) => [record, origins[n]]),
    );
  }, 300_000);
}
