// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Output, operations } from '@thingledger/protocol';
import type { Consortium } from '../support/consortium.js';
import { accepted } from '../support/custody.js';
import { endedJob, epcisDocument, epcisRequest } from '../support/epcis.js';
import type { Story, StoryEvent, StoryHop } from './story.js';

const PATIENCE_MS = 60_000;

/** What {@link tell} reports while it works. */
export type Say = (line: string) => void;

/** A hop as it went to the ledger. */
export interface ToldHop {
  readonly recordId: string;
  readonly dataHash: string;
}

export type Trace = Output<(typeof operations)['traceThing']>;
export type Lineage = Output<(typeof operations)['getLineage']>;

/**
 * Plays a story through the members’ gateways: registers its locations and things, announces each hop or captures the
 * event that hands over, waits for the regulators.
 */
export async function tell(story: Story, consortium: Consortium, say: Say): Promise<ToldHop[]> {
  for (const { location, account, coordinates } of story.locations) {
    const member = account.slice(account.indexOf('@') + 1);
    const registration = { location, account, ...(coordinates && { coordinates }), reason: story.title };
    await consortium.as(`admin@${member}`).registerLocation(registration);
    say(`${member} registers ${location}: ${account}`);
  }
  for (const { thing, kind, quantity, registrant, name } of story.things) {
    if (registrant === undefined) continue;
    await consortium.as(registrant).registerThing({ thing, kind, quantity });
    say(`${registrant} registers ${name}: ${thing}`);
  }
  const told: ToldHop[] = [];
  for (const step of story.steps) {
    if ('change' in step) {
      const { by, change, hoursAgo, says } = step;
      await consortium.as(by).reportChange({ change, eventTime: timeOf(hoursAgo) });
      say(`${by}: ${says}`);
    } else if ('event' in step) {
      const handedOver = await tellEvent(step, consortium);
      told.push(...handedOver);
      const outcome = handedOver.length > 0 ? '; that hands it over, the regulators accept' : '';
      say(`${step.by} captures an EPCIS event: ${step.says}${outcome}`);
    } else told.push(await tellHop(story, step, consortium, say));
  }
  return told;
}

async function tellHop(story: Story, hop: StoryHop, consortium: Consortium, say: Say): Promise<ToldHop> {
  const item = story.things[hop.thing];
  if (!item) throw new RangeError(`the story has no thing ${String(hop.thing)}`);
  const announcer = hop.from ?? hop.to;
  const client = consortium.as(announcer);
  const facts = {
    thing: item.thing,
    quantity: item.quantity,
    eventTime: timeOf(hop.hoursAgo),
    ...(hop.from === undefined ? {} : { from: hop.from }),
    to: hop.to,
    place: hop.place,
  };
  const stored = await client.storeTraceabilityData({ document: { ...hop.document, ...facts } });
  const { recordId } = await client.announceMappingRecord({
    ...facts,
    dataHash: stored.hash,
    informationServer: stored.informationServer,
  });
  await accepted(consortium, announcer, recordId);
  say(
    `${hop.from === undefined ? `${hop.to} (origin)` : `${hop.from} → ${hop.to}`}: ${hop.says}; the regulators accept`,
  );
  return { recordId, dataHash: stored.hash };
}

/** What a member's EPCIS system does: it knows nothing of ledgers. Gives the hops that its event made. */
async function tellEvent({ by, hoursAgo, event }: StoryEvent, consortium: Consortium): Promise<ToldHop[]> {
  const document = epcisDocument([{ ...event, eventTime: timeOf(hoursAgo) }]);
  const taken = await epcisRequest(consortium, by, 'POST', '/epcis/capture', document);
  const job = await endedJob(consortium, by, taken.headers.get('Location') ?? '', PATIENCE_MS);
  if (!job.success) throw new Error(`the event of ${by} was refused: ${JSON.stringify(job.errors)}`);
  const hops: ToldHop[] = [];
  for (const { recordId, problem } of job.handedOver ?? []) {
    if (recordId === undefined) throw new Error(`${by} could not hand over: ${JSON.stringify(problem)}`);
    await accepted(consortium, by, recordId);
    const { record } = await consortium.as(by).getMappingRecord({ recordId });
    hops.push({ recordId, dataHash: record.dataHash });
  }
  return hops;
}

function timeOf(hoursAgo: number): string {
  return new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
}

/** Changes one byte of a stored document on a member’s disk, as a burglar or a careless administrator might. */
export function alterStored(consortium: Consortium, member: string, hash: string): void {
  const file = join(consortium.member(member).vault, 'objects', hash.slice(0, 2), hash);
  const bytes = readFileSync(file);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
