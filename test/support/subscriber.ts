// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostileServer } from './hostile-server.js';

/** What stands in an EPCISQueryDocument. */
export interface QueryDocument {
  readonly id?: string;
  readonly epcisBody: {
    readonly queryResults: {
      readonly queryName: string;
      readonly subscriptionID?: string;
      readonly resultsBody: {
        readonly eventList: readonly (Readonly<Record<string, unknown>> & { readonly eventID: string })[];
      };
    };
  };
}

/** The ids of the events in a document. */
export const eventIdsIn = ({ epcisBody }: QueryDocument): string[] =>
  epcisBody.queryResults.resultsBody.eventList.map(({ eventID }) => eventID);

/** A subscriber with a server of its own: it keeps what it takes, and checks each signature. */
export class Subscriber {
  readonly documents: QueryDocument[] = [];
  /** How many documents came with a wrong signature. */
  forged = 0;
  /** Whether it takes what is sent. */
  awake = true;
  /** How long it has a document before it says so. */
  answersAfterMs = 0;
  /** Documents that it has and did not say so. */
  unanswered = 0;

  private constructor(private readonly token: string) {}

  #server: HostileServer | undefined;

  static async start(token: string): Promise<Subscriber> {
    const subscriber = new Subscriber(token);
    subscriber.#server = await HostileServer.start((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.statusCode = subscriber.#take(Buffer.concat(chunks), request.headers['gs1-signature']);
        subscriber.unanswered += 1;
        setTimeout(() => {
          subscriber.unanswered -= 1;
          response.end();
        }, subscriber.answersAfterMs);
      });
    });
    return subscriber;
  }

  /** Where documents are posted to. */
  get dest(): string {
    return `${this.#server?.address ?? ''}/events`;
  }

  /** A file with the authority of its certificate, for `THINGLEDGER_WEBHOOK_CA_FILE`. */
  async authorityFile(dir: string): Promise<string> {
    const file = join(dir, 'subscriber-ca.pem');
    await writeFile(file, this.#server?.certificateAuthority ?? '');
    return file;
  }

  /** All events taken, repeats too, in the order in which they came. */
  get eventIds(): string[] {
    return this.documents.flatMap(eventIdsIn);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #take(body: Buffer, signature: unknown): number {
    if (!this.awake) return 503;
    if (signature !== createHmac('sha256', this.token).update(body).digest('base64')) this.forged += 1;
    this.documents.push(JSON.parse(body.toString('utf8')) as QueryDocument);
    return 204;
  }
}
