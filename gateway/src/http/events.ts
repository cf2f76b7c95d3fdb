// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { operations, Refusal, type EventEnvelope } from '@thingledger/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { EventPosition, Ledger, LedgerEvent } from '../ledger/port.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';
import { anyOf, timeLimit } from '../signals.js';
import { queryMembers } from './input.js';
import { localsOf } from './respond.js';

const HEARTBEAT_MS = 15_000;
/** A client that has not taken what it was sent for this long is let go; it can resume with Last-Event-ID. */
const STALLED_MS = 30_000;

/** What the event stream needs. */
export interface EventParts {
  readonly ledger: Pick<Ledger, 'events'>;
  readonly reader: LedgerReader;
  readonly channel: string;
  readonly chaincode: string;
  readonly limit: number;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

/** How many streams are open. */
export interface EventStreams {
  readonly handler: RequestHandler;
  open(): number;
}

/**
 * `GET /events`: the event envelopes of the channel as server-sent events, replayed from any block and then live. The id
 * of each is `channel:block:txId`; a client that reconnects with it as Last-Event-ID misses none and gets none twice.
 * Events are pulled from the ledger only as fast as the client takes them, so a slow one holds no memory here.
 */
export function eventStreams(parts: EventParts): EventStreams {
  let open = 0;
  return {
    open: () => open,
    handler: async (request, response) => {
      const caller = localsOf(response).principal;
      const from = positionOf(request, parts.channel);
      if (open >= parts.limit)
        throw new Refusal('TL-OVERLOADED', { limit: parts.limit }, 'Too many event streams are open');
      open++;
      try {
        await mayListen(parts, caller);
        await stream(parts, caller, from, request, response);
      } finally {
        open--;
      }
    },
  };
}

/** Any answer will do: the ledger refuses strangers and suspended callers whatever they ask. */
async function mayListen({ reader }: EventParts, caller: Principal): Promise<void> {
  await reader.evaluate(operations.getRules, {}, caller);
}

async function stream(
  parts: EventParts,
  caller: Principal,
  from: EventPosition,
  request: Request,
  response: Response,
): Promise<void> {
  const gone = new AbortController();
  const { signal, release } = anyOf(gone.signal, parts.stopping);
  response.once('close', () => {
    gone.abort();
  });
  // It may have left while the ledger was asked whether it may listen.
  if (response.closed) gone.abort();
  request.socket.setNoDelay(true);
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write(': ThingLedger events\nretry: 2000\n\n');
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(':\n\n');
  }, HEARTBEAT_MS);
  try {
    for await (const event of parts.ledger.events(
      parts.channel,
      parts.chaincode,
      from,
      caller.identity,
      signal,
    )) {
      const envelope = envelopeOf(event);
      if (envelope === undefined) continue;
      if (!response.write(message(parts.channel, event, envelope)) && !(await drained(response, signal)))
        break;
      if (concerns(envelope, caller)) await mayListen(parts, caller);
    }
  } catch (error) {
    // The answer has begun: all that is left is to say so in the stream's own comments and end it.
    if (!signal.aborted)
      response.write(`: ${error instanceof Refusal ? error.code : 'TL-LEDGER-UNAVAILABLE'}\n\n`);
  } finally {
    clearInterval(heartbeat);
    release();
    response.end();
  }
}

function envelopeOf(event: LedgerEvent): EventEnvelope | undefined {
  try {
    return JSON.parse(Buffer.from(event.payload).toString('utf8')) as EventEnvelope;
  } catch {
    return undefined;
  }
}

function message(channel: string, { block, txId }: LedgerEvent, envelope: EventEnvelope): string {
  const data = JSON.stringify({ channel, block: String(block), txId, ...envelope });
  return `id: ${channel}:${String(block)}:${txId}\ndata: ${data}\n\n`;
}

/** Whether the caller's own standing may have changed, so that it must be asked for again (requirement X1). */
function concerns(envelope: EventEnvelope, { id }: Principal): boolean {
  return envelope.events.some(
    (event) =>
      event.type === 'RulesChanged' || (event.type === 'ParticipantChanged' && event.participant === id),
  );
}

async function drained(response: Response, signal: AbortSignal): Promise<boolean> {
  const limit = timeLimit(STALLED_MS, signal);
  try {
    await once(response, 'drain', { signal: limit.signal });
    return true;
  } catch {
    return false;
  } finally {
    limit.release();
  }
}

/** Where to begin: Last-Event-ID, else `from` (a block number or `now`), else the first block. */
function positionOf(request: Request, channel: string): EventPosition {
  const query = Object.fromEntries(queryMembers(request.url));
  for (const name of Object.keys(query)) {
    if (name !== 'from')
      throw new Refusal('TL-INPUT-INVALID', { fields: [name.slice(0, 100)] }, 'There is no such parameter');
  }
  const last = request.get('Last-Event-ID');
  if (last !== undefined && last !== '') {
    const [, of, block, txId] = /^([a-z][a-z0-9.-]*):(\d{1,19}):([0-9a-f]{1,128})$/.exec(last) ?? [];
    if (of !== channel || block === undefined || txId === undefined) {
      throw new Refusal(
        'TL-INPUT-INVALID',
        { fields: ['Last-Event-ID'] },
        'Last-Event-ID is not an id of this stream',
      );
    }
    return { block: BigInt(block), afterTxId: txId };
  }
  const from = query['from'] ?? '0';
  if (from === 'now') return 'now';
  if (!/^\d{1,19}$/.test(from))
    throw new Refusal('TL-INPUT-INVALID', { fields: ['from'] }, '"from" is a block number or "now"');
  return { block: BigInt(from) };
}
