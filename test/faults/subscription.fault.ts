// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Consortium } from '../support/consortium.js';
import { endedJob, epcisDocument, epcisRequest } from '../support/epcis.js';
import type { Subscriber } from '../support/subscriber.js';
import { until } from '../support/until.js';
import { report, seconds } from './under-test.js';

const CAPTURER = 'farm@maker';
const DOCUMENTS = 12;
const EVENTS = 100;
const KILLS = 2;
const PATIENCE_MS = 120_000;

/** What a subscription is tried on: a consortium whose gateway of `maker` is killed and started again. */
export interface Killable {
  readonly consortium: Consortium;
  readonly subscriber: Subscriber;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** A member's gateway dies in the middle of telling a subscriber of events. */
export function describeSubscription(killable: () => Killable): void {
  test('a subscriber gets every captured event, over kills of the gateway, and knows repeats by their ids', async () => {
    const { consortium, subscriber, kill, start } = killable();
    // So that a kill finds a document taken and not said to be.
    subscriber.answersAfterMs = 400;
    const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
      epcisRequest(consortium, CAPTURER, method, `/epcis${path}`, body);
    const name = `followed-${randomUUID()}`;
    expect((await ask('POST', '/queries', { name, query: { EQ_bizStep: 'inspecting' } })).status).toBe(201);
    const controls = { dest: subscriber.dest, signatureToken: 'a token', stream: true };
    expect((await ask('POST', `/queries/${name}/subscriptions`, controls)).status).toBe(201);

    const jobs: string[] = [];
    const document = (): unknown =>
      epcisDocument(
        Array.from({ length: EVENTS }, () => ({
          type: 'ObjectEvent',
          action: 'OBSERVE',
          eventTime: new Date(Date.now() - 1000).toISOString(),
          eventTimeZoneOffset: '+00:00',
          epcList: [`urn:uuid:${randomUUID()}`],
          bizStep: 'inspecting',
        })),
      );
    const killing = (async () => {
      for (let n = 1; n <= KILLS; n += 1) {
        const some = (): boolean => subscriber.eventIds.length >= n * 2 * EVENTS;
        await until('a delivery on its way', () => some() && subscriber.unanswered > 0, PATIENCE_MS);
        await kill();
        await start();
      }
    })();
    const began = Date.now();
    for (let n = 0; n < DOCUMENTS; n += 1) {
      const body = document();
      const location = await until(
        'a capture to be taken',
        async () => {
          const answer = await ask('POST', '/capture', body);
          return answer.status === 202 && (answer.headers.get('Location') ?? undefined);
        },
        PATIENCE_MS,
      );
      jobs.push(location);
      await until('the deliveries', () => subscriber.eventIds.length >= n * EVENTS, PATIENCE_MS);
    }
    await killing;
    const ended = await Promise.all(jobs.map((job) => endedJob(consortium, CAPTURER, job, PATIENCE_MS)));
    const captured = new Set(ended.flatMap((job) => job.captured.map(({ eventHash }) => eventHash)));
    expect(captured.size).toBe(DOCUMENTS * EVENTS);
    await until('all events', () => new Set(subscriber.eventIds).size >= captured.size, PATIENCE_MS);
    expect(new Set(subscriber.eventIds)).toEqual(captured);

    const byId = new Map(subscriber.documents.map((each) => [each.id, each]));
    const once = [...byId.values()].flatMap(({ epcisBody }) => epcisBody.queryResults.resultsBody.eventList);
    expect(once).toHaveLength(captured.size);
    expect(subscriber.forged).toBe(0);
    const repeats = subscriber.documents.length - byId.size;
    expect(repeats).toBeGreaterThan(0);
    report(
      `${String(captured.size)} events to a subscriber, the gateway killed ${String(KILLS)} times: ` +
        `${String(byId.size)} documents and ${String(repeats)} repeats in ${seconds(Date.now() - began)}`,
    );
  }, 300_000);
}
