// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { Refusal } from '@thingledger/protocol';
import { pause } from '../../ledger/submit/pace.js';
import { readBounded, requestOnce } from '../../outbound/request.js';
import { pinned, resolveWithin, type Resolver } from '../../outbound/resolve.js';
import { timeLimit } from '../../signals.js';

/** How far subscribers' servers are trusted: not at all. */
export interface WebhookOptions {
  /** Whether private and loopback addresses may be connected to; for local networks. */
  readonly allowPrivateAddresses: boolean;
  /** Further authorities than the machine's (PEM). */
  readonly authorities?: string;
  /** For a whole delivery, from the name look-up to the answer, in milliseconds; ten seconds unless said otherwise. */
  readonly timeoutMillis?: number;
  readonly resolver?: Resolver;
}

const TIMEOUT_MS = 10_000;
const MOST_HEADER_BYTES = 8 * 1024;
/** What is read of an answer, so that its connection can be kept: it says nothing that counts. */
const ANSWER_BYTES = 16 * 1024;
const ANSWER_MS = 250;

/** Posts documents to subscribers, taking every one of their servers for hostile. */
export class Webhooks {
  // Connections are kept and reused; each was made to an address that had passed the check.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 16, timeout: 30_000 });
  readonly #authorities: readonly string[] | undefined;

  constructor(private readonly options: WebhookOptions) {
    const { authorities } = options;
    this.#authorities = authorities === undefined ? undefined : [...rootCertificates, authorities];
  }

  /**
   * Refuses with `TL-EPCIS-SUBSCRIPTION-DESTINATION` an address that is not https, has credentials in it, or is where no
   * subscriber may be. A name that can not be resolved now may be so later.
   */
  async requireAllowed(dest: string): Promise<void> {
    const url = URL.canParse(dest) ? new URL(dest) : undefined;
    if (url?.protocol !== 'https:') throw refused('an https address');
    if (url.username !== '' || url.password !== '' || url.hash !== '')
      throw refused('an address without credentials and fragment');
    const limit = timeLimit(this.#timeout);
    try {
      if ((await this.#resolve(url, limit.signal)) === 'forbidden') throw refused('a public address');
    } finally {
      limit.release();
    }
  }

  /** Posts one document. Refuses with `TL-EPCIS-DELIVERY` when the subscriber did not take it; `cause` and `status` say why. */
  async post(
    dest: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    stop: AbortSignal,
  ): Promise<void> {
    const url = new URL(dest);
    const limit = timeLimit(this.#timeout, stop);
    try {
      const addresses = await this.#resolve(url, limit.signal);
      if (addresses === 'forbidden' || addresses === 'unknown')
        throw failed(addresses === 'forbidden' ? 'the address is private' : 'the name is unknown');
      const once = (agent: Agent | false): ReturnType<typeof requestOnce<number>> =>
        requestOnce(
          {
            url,
            method: 'POST',
            headers: { ...headers, 'Content-Length': String(body.length) },
            body,
            ...(this.#authorities && { authorities: this.#authorities }),
            lookup: pinned(addresses),
            agent,
            maxHeaderBytes: MOST_HEADER_BYTES,
            signal: limit.signal,
          },
          statusOf,
        );
      let answer = await once(this.#agent);
      // A kept connection that was closed in the meantime says nothing about the subscriber.
      if (!answer.ok && answer.reused && answer.fault.kind === 'unreachable' && !limit.signal.aborted)
        answer = await once(false);
      if (!answer.ok) throw failed(answer.fault.kind);
      if (answer.value < 200 || answer.value > 299) throw failed('status', answer.value);
    } finally {
      limit.release();
    }
  }

  /** Gives the connections back. */
  close(): void {
    this.#agent.destroy();
  }

  get #timeout(): number {
    return this.options.timeoutMillis ?? TIMEOUT_MS;
  }

  #resolve(url: URL, signal: AbortSignal): ReturnType<typeof resolveWithin> {
    const { resolver, allowPrivateAddresses } = this.options;
    return resolveWithin(
      url.hostname,
      { ...(resolver && { resolver }), allowPrivate: allowPrivateAddresses },
      signal,
    );
  }
}

/** The status of an answer; the rest of it is read for a moment only. */
async function statusOf(response: IncomingMessage): Promise<number> {
  await Promise.race([readBounded(response, ANSWER_BYTES).catch(() => undefined), pause(ANSWER_MS)]);
  return response.statusCode ?? 0;
}

const refused = (problem: string): Refusal =>
  new Refusal('TL-EPCIS-SUBSCRIPTION-DESTINATION', { field: 'dest', problem });

const failed = (cause: string, status?: number): Refusal =>
  new Refusal('TL-EPCIS-DELIVERY', { cause, ...(status !== undefined && { status }) });
