// SPDX-License-Identifier: Apache-2.0
import { historyPrefix, u32, u64 } from './keys.js';
import type { Version } from './rwset.js';
import type { RowWrite, Scan, View } from './store.js';

/** One committed change of a key. */
export interface Change {
  readonly txId: string;
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
  /** Empty when deleted. */
  readonly value: Buffer;
  readonly isDelete: boolean;
}

const txIdLength = 64;
const headLength = 1 + 8 + 4 + txIdLength;

/** The row that keeps a change for ever. */
export function historyRow(
  place: {
    readonly channel: string;
    readonly namespace: string;
    readonly key: string;
    readonly version: Version;
  },
  change: Omit<Change, 'value' | 'isDelete'> & { readonly value: Uint8Array | undefined },
): RowWrite {
  const { channel, namespace, key, version } = place;
  const { seconds, nanos } = change.timestamp;
  return {
    key: Buffer.concat([historyPrefix(channel, namespace, key), u64(version.block), u32(version.tx)]),
    value: Buffer.concat([
      Buffer.from([change.value === undefined ? 1 : 0]),
      u64(seconds),
      u32(nanos),
      Buffer.from(change.txId.padEnd(txIdLength, ' '), 'latin1'),
      change.value ?? Buffer.alloc(0),
    ]),
  };
}

/** Changes of a key, newest first. Close it when done. */
export function changesOf(
  view: Pick<View, 'scan'>,
  channel: string,
  namespace: string,
  key: string,
): { next(size: number): Promise<Change[]>; close(): Promise<void> } {
  const gte = historyPrefix(channel, namespace, key);
  const highest = Buffer.alloc(12, 0xff);
  const scan: Scan = view.scan({ gte, lte: Buffer.concat([gte, highest]), reverse: true });
  return {
    next: async (size) => (await scan.next(size)).map(([, row]) => decodeChange(row)),
    close: () => scan.close(),
  };
}

function decodeChange(row: Buffer): Change {
  return {
    isDelete: row[0] === 1,
    timestamp: { seconds: Number(row.readBigUInt64BE(1)), nanos: row.readUInt32BE(9) },
    txId: row.subarray(13, headLength).toString('latin1').trimEnd(),
    value: row.subarray(headLength),
  };
}
