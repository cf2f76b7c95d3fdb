// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { captureOf } from '@thingledger/protocol';
import type { Consortium } from '../support/consortium.js';
import { EPCIS_CONTEXT, epcisDocument, type CaptureJob } from '../support/epcis.js';
import type { Request } from './measure.js';

const QUANTITY = { value: '1', unit: 'C62' };
const ANNOUNCER = 'farm@maker';
const REGISTER_AT_ONCE = 500;
const JOB_POLL_MS = 100;
const JOB_MS = 120_000;

/** Our way: mapping records announced through the member's REST gateway, singly and in bulk. */
export class OurWay {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #things: string[] = [];
  #serial = 0;
  #events = 0;

  constructor(private readonly consortium: Consortium) {}

  /**
   * Registers serialised products for so many records, as they come off a packing line: each has one origin. Not part of
   * what is measured.
   */
  async prepare(count: number): Promise<void> {
    while (this.#things.length < count) {
      const things = Array.from({ length: REGISTER_AT_ONCE }, (_, at) => serialised(this.#serial + at));
      this.#serial += REGISTER_AT_ONCE;
      const inputs = things.map((thing) => ({ thing, kind: 'product', quantity: QUANTITY }));
      const outcomes = (await this.#post('/bulk/registerThing', inputs)) as { ok: boolean }[];
      if (!outcomes.every(({ ok }) => ok)) throw new Error('not every thing could be registered');
      this.#things.unshift(...things.reverse());
    }
  }

  /** One record, one request. */
  readonly single: Request = async () => {
    await this.#post('/mapping-records', this.#announcement());
    return 1;
  };

  /** Many records, one request. */
  bulk(size: number): Request {
    return () => this.#inBulk('announceMappingRecord', size, () => this.#announcement());
  }

  /** Many EPCIS events, one request: each is hashed, proved to the ledger, and captured there. */
  capture(size: number): Request {
    return () => this.#inBulk('captureEvent', size, () => this.#captured());
  }

  /** Many EPCIS events in one EPCISDocument, as an enterprise's system sends them, until its capture job has ended. */
  documents(size: number): Request {
    return async () => {
      const events = Array.from({ length: size }, () => this.#event());
      let job = (await this.#post('/epcis/capture', epcisDocument(events))) as CaptureJob;
      const path = `/epcis/capture/${job.captureID}`;
      for (const until = Date.now() + JOB_MS; job.running;) {
        if (Date.now() > until) throw new Error(`${path} does not end`);
        await pause(JOB_POLL_MS);
        job = (await this.#send('GET', path)) as CaptureJob;
      }
      if (!job.success) throw new Error(`${path}: ${JSON.stringify(job.errors[0])}`);
      return size;
    };
  }

  /** The trace of a thing; how many things it led to. */
  async trace(thing: string): Promise<number> {
    const path = `/things/${encodeURIComponent(thing)}/trace`;
    const { sources, complete } = (await this.#send('GET', path)) as {
      sources: unknown[];
      complete: boolean;
    };
    if (!complete) throw new Error(`the trace of ${thing} is not whole`);
    return sources.length;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #inBulk(operation: string, size: number, make: () => object): Promise<number> {
    const inputs = Array.from({ length: size }, make);
    const outcomes = (await this.#post(`/bulk/${operation}`, inputs)) as { ok: boolean }[];
    const committed = outcomes.filter(({ ok }) => ok).length;
    if (committed < size)
      throw new Error(`only ${String(committed)} of ${String(size)} records were committed`);
    return committed;
  }

  #announcement(): object {
    const thing = this.#things.pop();
    if (thing === undefined) throw new RangeError('there are not enough things prepared');
    return {
      thing,
      informationServer: this.consortium.informationServerOf(ANNOUNCER),
      dataHash: randomBytes(32).toString('hex'),
      to: ANNOUNCER,
      eventTime: new Date(Date.now() - 1000).toISOString(),
      quantity: QUANTITY,
      place: { latitude: 48.137, longitude: 11.575 },
    };
  }

  #event(): object {
    this.#events += 1;
    return {
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTime: new Date(Date.now() - 1000).toISOString(),
      eventTimeZoneOffset: '+01:00',
      epcList: [`urn:epc:id:sgtin:9506000.013435.${String(this.#events)}`],
      bizStep: 'shipping',
      disposition: 'in_transit',
    };
  }

  #captured(): object {
    const document = { '@context': EPCIS_CONTEXT, ...this.#event() };
    const served = {
      informationServer: this.consortium.informationServerOf(ANNOUNCER),
      dataHash: randomBytes(32).toString('hex'),
    };
    return { ...captureOf(document), ...served, document };
  }

  #post(path: string, body: unknown): Promise<unknown> {
    return this.#send('POST', path, body);
  }

  #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const url = new URL(path, this.consortium.gatewayOf(ANNOUNCER));
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      ...(text !== '' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      'x-api-key': this.consortium.apiKeyOf(ANNOUNCER),
    };
    return new Promise((resolve, reject) => {
      const sent = httpRequest(url, { method, agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          if (status < 300) resolve(JSON.parse(answer));
          else reject(new Error(`${path}: ${String(status)} ${answer.slice(0, 300)}`));
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}

/** A product by its GTIN and serial number. */
function serialised(serial: number): string {
  return `https://id.gs1.org/01/09506000134352/21/${String(serial).padStart(9, '0')}`;
}
