// SPDX-License-Identifier: Apache-2.0
import { ProblemError } from './problem-error.js';
import type { Transport } from './transport.js';
import type { EventOptions, LedgerEvents } from './types.js';
import { wait } from './wait.js';

const RECONNECT_MS = 1000;

/** Reads the event stream, and takes it up again behind the last event seen whenever it breaks. */
export async function* readEvents(
  transport: Transport,
  options: EventOptions = {},
): AsyncGenerator<LedgerEvents, void, undefined> {
  const { from = 0, signal } = options;
  let last = options.after;
  while (!signal?.aborted) {
    try {
      const path = `/events?from=${String(from)}`;
      const headers = { Accept: 'text/event-stream', ...(last !== undefined && { 'Last-Event-ID': last }) };
      const response = await transport.open({ method: 'GET', path }, { headers, ...(signal && { signal }) });
      for await (const event of frames(response)) {
        last = event.id;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof ProblemError && error.status < 500 && error.status !== 429) throw error;
    }
    await wait(RECONNECT_MS, signal).catch(() => undefined);
  }
}

/** The events in a response, by the event stream grammar of the HTML standard as far as gateways use it. */
async function* frames(response: Response): AsyncGenerator<LedgerEvents, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const id = fieldOf(part, 'id');
      const data = fieldOf(part, 'data');
      if (data !== undefined) yield { id: id ?? '', ...(JSON.parse(data) as Omit<LedgerEvents, 'id'>) };
    }
  }
}

function fieldOf(frame: string, name: string): string | undefined {
  const line = frame.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trimStart();
}
