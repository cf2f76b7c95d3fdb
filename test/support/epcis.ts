// SPDX-License-Identifier: Apache-2.0
import type { Consortium } from './consortium.js';
import { until } from './until.js';

/** The context of EPCIS 2.0 documents and events. */
export const EPCIS_CONTEXT = ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'];

/** A capture job as the gateway tells of it. */
export interface CaptureJob {
  readonly captureID: string;
  readonly running: boolean;
  readonly success: boolean;
  readonly errors: readonly { readonly code: string; readonly fields: { readonly event: number } }[];
  readonly captured: readonly {
    readonly event: number;
    readonly eventHash: string;
    readonly recordId: string;
  }[];
  /** What became of custody; absent where no event hands anything over. */
  readonly handedOver?: readonly {
    readonly event: number;
    readonly thing?: string;
    readonly recordId?: string;
    readonly problem?: { readonly code: string };
  }[];
}

/** An event by itself, a thing seen half a second ago unless it says otherwise. */
export function bareEvent(over: object): Record<string, unknown> {
  return {
    '@context': EPCIS_CONTEXT,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: new Date(Date.now() - 500).toISOString(),
    eventTimeZoneOffset: '+01:00',
    ...over,
  };
}

/** A document of these events, made now. */
export function epcisDocument(events: readonly unknown[]): unknown {
  return {
    '@context': EPCIS_CONTEXT,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: new Date().toISOString(),
    epcisBody: { eventList: events },
  };
}

/** What a system that speaks EPCIS and knows nothing of ThingLedger does. */
export function epcisRequest(
  consortium: Consortium,
  as: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  return fetch(new URL(path, consortium.gatewayOf(as)), {
    method,
    headers: { 'X-API-Key': consortium.apiKeyOf(as), 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** A capture job when it has ended. */
export function endedJob(
  consortium: Consortium,
  as: string,
  location: string,
  patience: number,
): Promise<CaptureJob> {
  return until(
    `the end of ${location}`,
    async () => {
      const job = (await (await epcisRequest(consortium, as, 'GET', location)).json()) as CaptureJob;
      return !job.running && job;
    },
    patience,
  );
}
