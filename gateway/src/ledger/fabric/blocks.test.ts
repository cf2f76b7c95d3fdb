// SPDX-License-Identifier: Apache-2.0
import type { CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';
import { followBlocks, readBlock } from './blocks.js';

function block(number: number, envelopes: readonly Uint8Array[] = []): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(number);
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const message = new common.Block();
  message.setHeader(header);
  message.setData(data);
  return message;
}

/** A peer whose streams break after so many blocks, and which begins each anew where it is told. */
function breaking(breaks: number[]): {
  opened: bigint[];
  open(from: bigint): Promise<CloseableAsyncIterable<common.Block>>;
} {
  const opened: bigint[] = [];
  return {
    opened,
    open: async (from) => {
      opened.push(from);
      const lasts = breaks.shift() ?? Infinity;
      const close = (): void => undefined;
      return {
        async *[Symbol.asyncIterator]() {
          for (let given = 0; given < lasts; given += 1) yield block(Number(from) + given);
          throw new Error('stream broke');
        },
        close,
        [Symbol.dispose]: close,
      };
    },
  };
}

describe('blocks of Fabric', () => {
  test('come once and in order, however often the stream breaks', async () => {
    const source = breaking([2, 0, 3]);
    const numbers: bigint[] = [];
    for await (const { number } of followBlocks(source.open, 7n, new AbortController().signal)) {
      if (numbers.push(number) === 8) break;
    }
    expect(numbers).toEqual([7n, 8n, 9n, 10n, 11n, 12n, 13n, 14n]);
    expect(source.opened).toEqual([7n, 9n, 9n, 12n]);
  });

  test('with garbage in them are read all the same', () => {
    const [empty, garbage] = [new Uint8Array(), Buffer.from('ff00ff00', 'hex')];
    const { transactions } = readBlock(block(3, [empty, garbage]));
    expect(transactions).toEqual(
      [empty, garbage].map(() => expect.objectContaining({ code: 'NOT_VALIDATED', writes: [] }) as unknown),
    );
  });
});
