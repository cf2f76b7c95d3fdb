// SPDX-License-Identifier: Apache-2.0

/**
 * Layout of the network's one database. Names hold no NUL (the topology forbids it), so NUL ends them; a chaincode
 * key comes last because it may hold any byte. LevelDB orders keys by bytes, as a Fabric peer's state database does.
 *
 * Per member and channel: `s` public state, `p` private values, `q` hashes of private keys and values, `i` private
 * write sets that wait for their transaction. Per channel, written once: `b` blocks, `t` transaction index, `h`
 * history, `x` expiry of private values, `c` chain tip.
 */
type Space = 's' | 'p' | 'q' | 'i' | 'b' | 't' | 'h' | 'x' | 'c';

const NUL = '\0';

function prefix(space: Space, ...names: readonly string[]): Buffer {
  return Buffer.from(space + names.map((name) => name + NUL).join(''));
}

/** The first key after every key that begins with these bytes, which must end with NUL. */
export function after(start: Buffer): Buffer {
  const end = Buffer.from(start);
  end[end.length - 1] = 1;
  return end;
}

/** Eight bytes, big endian: byte order is number order. */
export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const statePrefix = (member: string, channel: string, namespace: string): Buffer =>
  prefix('s', member, channel, namespace);

export const privatePrefix = (
  member: string,
  channel: string,
  namespace: string,
  collection: string,
): Buffer => prefix('p', member, channel, namespace, collection);

export const hashPrefix = (member: string, channel: string, namespace: string, collection: string): Buffer =>
  prefix('q', member, channel, namespace, collection);

export const transientPrefix = (member: string, channel: string): Buffer => prefix('i', member, channel);

export const transientKey = (member: string, channel: string, txId: string): Buffer =>
  Buffer.concat([transientPrefix(member, channel), Buffer.from(txId)]);

const blockPrefix = (channel: string): Buffer => prefix('b', channel);

export const blockKey = (channel: string, block: number): Buffer =>
  Buffer.concat([blockPrefix(channel), u64(block)]);

export const transactionKey = (channel: string, txId: string): Buffer =>
  Buffer.concat([prefix('t', channel), Buffer.from(txId)]);

/** Rows of one key's history; the key's length keeps a longer key's rows out. */
export function historyPrefix(channel: string, namespace: string, key: string): Buffer {
  const bytes = Buffer.from(key);
  return Buffer.concat([prefix('h', channel, namespace), u32(bytes.length), bytes]);
}

/** Rows that expire when this block is committed. */
export const expiryPrefix = (channel: string, block: number): Buffer =>
  Buffer.concat([prefix('x', channel), u64(block)]);

export const tipKey = (channel: string): Buffer => prefix('c', channel);
