// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'node:https';
import {
  catalogue,
  Disclosure,
  openDisclosure,
  Refusal,
  TraceabilityData,
  type InformationServer,
  type OpenDocument,
  type RefusalCode,
  type RefusalSchema,
} from '@thingledger/protocol';
import type { z } from 'zod';
import type { Asker } from '../../principal.js';
import type { LedgerDirectory } from '../directory.js';
import { makeToken } from '../token.js';
import {
  pinned,
  resolveWithin,
  systemResolver,
  type ResolvedAddress,
  type Resolver,
} from '../../outbound/resolve.js';
import { timeLimit } from '../../signals.js';
import { exchangeOnce, type ExchangeResult } from './exchange.js';

/** Which document, and where a mapping record says it is. */
export interface DataRequest {
  readonly address: string;
  readonly hash: string;
  /** The member that the server must belong to: that of the announcing account. */
  readonly member: string;
  /** The thing whose trace led to the document, when it is another than the document's own. */
  readonly through?: string;
}

/** What is open of the document, re-hashed; or the coded fault. Which faults may pass by themselves, the catalogue says. */
export type Fetched =
  | {
      readonly ok: true;
      readonly disclosure: Disclosure;
      readonly document: OpenDocument;
      /** How many members of the document are hidden. */
      readonly hidden: number;
    }
  | { readonly ok: false; readonly fault: Fault };

/** What is wrong with a record or its data: the form that votes and hops carry. */
export type Fault = z.infer<typeof RefusalSchema>;

/** Where documents come from. */
export interface DataSource {
  /** Throws only when the ledger can not be asked or `signal` aborts; all that a server can do wrong is a fault. */
  fetch(request: DataRequest, as: Asker, signal?: AbortSignal): Promise<Fetched>;
}

/** How far information servers of others are trusted: not at all. */
export interface FetchOptions {
  /** Whether private and loopback addresses may be connected to; for local networks. */
  readonly allowPrivateAddresses: boolean;
  /** For the whole fetch, from the name look-up to the last byte, in milliseconds. */
  readonly timeoutMillis: number;
  /** Largest document taken, in bytes. */
  readonly maxBytes: number;
  readonly resolver?: Resolver;
}

/**
 * A fault with the catalogue's words, or more telling ones. It ends on the ledger, so it holds nothing that the other
 * side wrote and nothing out of a document.
 */
export function fault(code: RefusalCode, fields: NonNullable<Fault['fields']> = {}, detail?: string): Fault {
  return { code, detail: detail ?? catalogue[code].title, ...(Object.keys(fields).length > 0 && { fields }) };
}

/** What bytes come to when they should be a disclosure of the document of a hash. */
export function checkBytes(bytes: Buffer, hash: string): Fetched {
  let disclosure: unknown;
  try {
    disclosure = JSON.parse(bytes.toString('utf8'));
  } catch {
    // Not JSON; the same verdict as JSON that is no disclosure.
  }
  return checkDisclosure(disclosure, hash);
}

/** What a value comes to when it should be a disclosure of the document of a hash. */
export function checkDisclosure(value: unknown, hash: string): Fetched {
  try {
    const { document, hidden } = openDisclosure(value, hash);
    // Of a copy that hides something nobody can say whether the whole is as it should be.
    if (hidden > 0 || TraceabilityData.safeParse(document).success)
      return { ok: true, disclosure: Disclosure.parse(value), document, hidden };
    return { ok: false, fault: fault('TL-VERIFY-DOCUMENT', { hash }) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, fault: fault(error.code, { hash }) };
  }
}

/** Fetches traceability data from the information servers of the consortium, taking every one of them for hostile. */
export class InformationServerClient implements DataSource {
  // Connections are kept and reused; each was made to an address that had passed the check.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32, maxFreeSockets: 16, timeout: 30_000 });
  readonly #stopped = new AbortController();

  constructor(
    private readonly directory: LedgerDirectory,
    private readonly options: FetchOptions,
  ) {}

  async fetch(request: DataRequest, as: Asker, signal?: AbortSignal): Promise<Fetched> {
    const { address, hash } = request;
    const refused = (
      code: RefusalCode,
      fields: NonNullable<Fault['fields']> = {},
      words?: string,
    ): Fetched => ({
      ok: false,
      fault: fault(code, { address, ...fields }, words),
    });
    const server = await this.directory.server(address);
    if (!server) return refused('TL-VERIFY-ADDRESS', {}, 'The address is registered to nobody');
    if (server.member !== request.member) {
      return refused(
        'TL-VERIFY-ADDRESS',
        { member: server.member },
        'The information server belongs to another member',
      );
    }
    const limit = timeLimit(this.options.timeoutMillis, this.#stopped.signal, signal);
    try {
      const query = request.through === undefined ? '' : `?through=${encodeURIComponent(request.through)}`;
      const url = new URL(`/data/${hash}${query}`, address);
      const addresses = await this.#resolve(url.hostname, limit.signal);
      const answer =
        typeof addresses === 'string'
          ? ({ ok: false, code: addresses, fields: {} } as const)
          : await this.#exchange({ url, server, addresses, signal: limit.signal, as });
      signal?.throwIfAborted();
      this.#stopped.signal.throwIfAborted();
      return answer.ok ? checkBytes(answer.bytes, hash) : refused(answer.code, answer.fields);
    } finally {
      limit.release();
    }
  }

  /** Gives the connections back. Running fetches abort. */
  close(): void {
    this.#stopped.abort();
    this.#agent.destroy();
  }

  async #exchange(at: {
    readonly url: URL;
    readonly server: InformationServer;
    readonly addresses: readonly ResolvedAddress[];
    readonly signal: AbortSignal;
    readonly as: Asker;
  }): Promise<ExchangeResult> {
    const once = (agent: Agent | false): ReturnType<typeof exchangeOnce> =>
      exchangeOnce({
        url: at.url,
        certificateAuthority: at.server.certificateAuthority,
        lookup: pinned(at.addresses),
        signal: at.signal,
        agent,
        ...(at.as !== 'public' && { authorization: `Bearer ${makeToken(at.as, at.server.address)}` }),
        maxBytes: this.options.maxBytes,
        maxHeaderBytes: 8 * 1024,
      });
    const first = await once(this.#agent);
    // A kept connection that the server closed in the meantime says nothing about the server. Once more on a fresh
    // one, with a fresh token: the first may have arrived.
    return !first.ok && first.reused && !at.signal.aborted && first.code === 'TL-VERIFY-UNREACHABLE'
      ? once(false)
      : first;
  }

  /** The checked addresses, or the code of what is wrong with them. */
  async #resolve(host: string, signal: AbortSignal): Promise<readonly ResolvedAddress[] | RefusalCode> {
    const { resolver = systemResolver, allowPrivateAddresses } = this.options;
    const found = await resolveWithin(host, { resolver, allowPrivate: allowPrivateAddresses }, signal);
    if (found === 'forbidden') return 'TL-VERIFY-ADDRESS';
    return found === 'unknown' ? 'TL-VERIFY-UNREACHABLE' : found;
  }
}
