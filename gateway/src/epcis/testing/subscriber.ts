// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerTls } from '@thingledger/network';
import { startRawServer } from '../../information-server/testing/index.js';
import type { EventBody } from './member.js';

/** A document that was posted to a subscriber. */
export interface Delivered {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly document: {
    readonly id: string;
    readonly epcisBody: {
      readonly queryResults: {
        readonly subscriptionID: string;
        readonly queryName: string;
        readonly resultsBody: { readonly eventList: readonly EventBody[] };
      };
    };
  };
}

/** A subscriber's server on loopback that answers with the status that the test wants. */
export interface Subscriber {
  readonly dest: string;
  readonly deliveries: Delivered[];
  /** The `example:batch` of all events that it answered 200 to. */
  readonly batches: unknown[];
  /** The answer to a delivery: a status, or `hang` for none. */
  answer: (delivered: Delivered) => number | 'hang';
  close(): Promise<void>;
}

export async function startSubscriber(tls: ServerTls): Promise<Subscriber> {
  const deliveries: Delivered[] = [];
  const batches: unknown[] = [];
  const server = await startRawServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const delivered: Delivered = {
        headers: request.headers,
        text,
        document: JSON.parse(text) as Delivered['document'],
      };
      deliveries.push(delivered);
      const status = subscriber.answer(delivered);
      if (status === 'hang') return;
      if (status === 200) batches.push(...eventsOf(delivered).map((event) => event['example:batch']));
      response.writeHead(status, status === 302 ? { Location: 'https://127.0.0.1:1/' } : {}).end('{}');
    });
  });
  const subscriber: Subscriber = {
    dest: `https://localhost:${String(server.port)}/events`,
    deliveries,
    batches,
    answer: () => 200,
    close: () => server.close(),
  };
  return subscriber;
}

export const eventsOf = ({ document }: Delivered): readonly EventBody[] =>
  document.epcisBody.queryResults.resultsBody.eventList;

/** Waits until something holds; fails after five seconds, naming it. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}
