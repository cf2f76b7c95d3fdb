// SPDX-License-Identifier: Apache-2.0
import { Consortium } from '../support/consortium.js';
import { announce, registered } from '../support/custody.js';

const consortium = Consortium.open();
const farm = 'farm@maker';

interface Envelope {
  readonly caller: string;
  readonly events: readonly {
    readonly type: string;
    readonly thing?: string;
    readonly statementId?: string;
  }[];
}

/** Reads the event stream from a block on until an event fits, and gives the ids of all that came. */
async function idsUntil(from: string, fits: (envelope: Envelope) => boolean): Promise<string[]> {
  const response = await fetch(`${consortium.gatewayOf(farm)}/events?from=${from}`, {
    headers: { 'x-api-key': consortium.apiKeyOf(farm), accept: 'text/event-stream' },
    signal: AbortSignal.timeout(60_000),
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const ids: string[] = [];
  let buffer = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    buffer += decoder.decode(chunk as Uint8Array, { stream: true });
    const frames = buffer.split('\n\n');
    buffer = frames.pop() ?? '';
    for (const frame of frames) {
      const field = (name: string): string =>
        frame
          .split('\n')
          .find((line) => line.startsWith(`${name}:`))
          ?.slice(name.length + 1)
          .trim() ?? '';
      if (field('data') === '') continue;
      ids.push(field('id'));
      if (fits(JSON.parse(field('data')) as Envelope)) {
        return ids;
      }
    }
  }
  throw new Error('the stream ended before the event came');
}

describe('events by SSE', () => {
  test('replayed from the first block, every event comes once and in order', async () => {
    const item = await registered(consortium, farm);
    const recordId = await announce(consortium, item, undefined, farm);
    const announced = ({ events }: Envelope): boolean =>
      events.some(
        (event) =>
          event.type === 'MappingRecordsAnnounced' && recordId.startsWith(`${event.statementId ?? ''}.`),
      );
    const ids = await idsUntil('0', announced);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await idsUntil('0', announced)).toEqual(ids);
    const blocks = ids.map((id) => Number(id.split(':')[1]));
    expect([...blocks].sort((a, b) => a - b)).toEqual(blocks);
  });
});
