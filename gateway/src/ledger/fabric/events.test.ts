// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import type { ChaincodeEvent, CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import fc from 'fast-check';
import { LedgerError, type LedgerEvent } from '../port.js';
import { followEvents, type EventSource } from './events.js';

const event = (block: number, n: number): ChaincodeEvent => ({
  blockNumber: BigInt(block),
  transactionId: `tx-${block}-${n}`,
  chaincodeName: 'traceability',
  eventName: 'thingledger',
  payload: new Uint8Array(),
});

/** A ledger's events, one list a block, read through streams that break after so many events. */
class BreakingSource implements EventSource {
  opened: bigint[] = [];
  closed = 0;

  constructor(
    private readonly events: readonly ChaincodeEvent[],
    private readonly breaks: number[],
    private readonly height = 0n,
  ) {}

  async nextBlock(): Promise<bigint> {
    return this.height;
  }

  async open(fromBlock: bigint): Promise<CloseableAsyncIterable<ChaincodeEvent>> {
    this.opened.push(fromBlock);
    const from = this.events.filter(({ blockNumber }) => blockNumber >= fromBlock);
    const lasts = this.breaks.shift() ?? Infinity;
    if (lasts === 0) throw new LedgerError('unavailable', 'peer away');
    const close = (): void => void (this.closed += 1);
    return {
      async *[Symbol.asyncIterator]() {
        for (const [index, one] of from.entries()) {
          if (index >= lasts) throw new LedgerError('unavailable', 'stream broke');
          yield one;
        }
        await new Promise(() => undefined);
      },
      close,
      [Symbol.dispose]: close,
    };
  }
}

async function take(stream: AsyncIterable<LedgerEvent>, count: number): Promise<string[]> {
  const taken: string[] = [];
  if (count === 0) return taken;
  for await (const { txId } of stream) if (taken.push(txId) === count) break;
  return taken;
}

describe('following events', () => {
  const never = new AbortController().signal;

  it('gives each event once and in order, however the stream breaks', async () => {
    const blocks = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        blocks,
        fc.array(fc.nat(6), { maxLength: 4 }),
        fc.nat(5),
        async (sizes, breaks, start) => {
          const all = sizes.flatMap((size, block) => Array.from({ length: size }, (_, n) => event(block, n)));
          const after = all[Math.min(start, all.length - 1)];
          const source = new BreakingSource(all, breaks);
          const from = after ? { block: after.blockNumber, afterTxId: after.transactionId } : { block: 0n };
          const expected = all
            .slice(after ? all.indexOf(after) + 1 : 0)
            .map(({ transactionId }) => transactionId);
          expect(await take(followEvents(source, from, never), expected.length)).toEqual(expected);
        },
      ),
      { seed: 20_261_120, numRuns: 100 },
    );
  }, 60_000);

  it('starts now at the height of the moment, and does not lose it in a break', async () => {
    const source = new BreakingSource([event(3, 0), event(4, 0), event(5, 0)], [0, 0], 4n);
    expect(await take(followEvents(source, 'now', never), 2)).toEqual(['tx-4-0', 'tx-5-0']);
    expect(source.opened).toEqual([4n, 4n, 4n]);
  });

  it('goes on in the next block when the transaction to start after had no event', async () => {
    const source = new BreakingSource([event(1, 0), event(2, 0)], []);
    expect(await take(followEvents(source, { block: 1n, afterTxId: 'silent' }, never), 1)).toEqual([
      'tx-2-0',
    ]);
  });

  it('closes its stream when its reader leaves, and ends when it is told to', async () => {
    const source = new BreakingSource([event(1, 0)], []);
    await take(followEvents(source, { block: 0n }, never), 1);
    expect(source.closed).toBe(1);
    expect(await take(followEvents(source, { block: 0n }, AbortSignal.abort()), 1)).toEqual([]);
  });

  it('fails when the peer denies the identity', async () => {
    const denied: EventSource = {
      nextBlock: () => Promise.resolve(0n),
      open: () => Promise.reject(new LedgerError('denied', String(status.PERMISSION_DENIED))),
    };
    await expect(take(followEvents(denied, { block: 0n }, never), 1)).rejects.toMatchObject({
      kind: 'denied',
    });
  });
});
