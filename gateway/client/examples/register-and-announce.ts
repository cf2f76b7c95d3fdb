// SPDX-License-Identifier: Apache-2.0
/**
 * A farm registers a batch, stores its traceability data in its member's information server, announces the batch's
 * origin, waits for the regulators' verdict, and traces it. Run it with a local network up: `npx tsx <this file>`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './connect.js';

const farm = connect('farm@maker');
const lot = randomUUID().slice(0, 8).toUpperCase();
const quantity = { value: '120', unit: 'KGM' };

const { thing } = await farm.registerThing({
  thing: `(01)09506000134352(10)${lot}`,
  kind: 'batch',
  quantity,
});
console.log(`registered ${thing}`);

const eventTime = new Date().toISOString();
const place = { latitude: 52.37, longitude: 4.9 };
const document = { thing, quantity, eventTime, to: 'farm@maker', place, origin: { field: 'North 4' } };
const { hash, informationServer } = await farm.storeTraceabilityData({ document });

const { recordId } = await farm.announceMappingRecord(
  { thing, quantity, eventTime, place, to: 'farm@maker', dataHash: hash, informationServer },
  { idempotencyKey: `origin-${lot}` },
);
console.log(`announced ${recordId}`);

for (let status = 'announced'; status === 'announced';) {
  await sleep(500);
  ({ status } = await farm.getMappingRecord({ recordId }));
  console.log(`the record is ${status}`);
}

const trace = await farm.traceThing({ thing });
for (const hop of trace.hops) console.log(`${hop.record.record.to}: ${hop.verdict}`);
