// SPDX-License-Identifier: Apache-2.0

/** One write of a transaction; no value deletes the key. */
export interface StateWrite {
  readonly key: string;
  readonly value?: Uint8Array;
}

/** What the overlay needs of the ledger's state: many keys at once, both ways. */
export interface StatePort {
  /** The committed values of the keys, in their order; undefined where there is none. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Puts all writes into the transaction's write set. Called at most once. */
  writeAll(writes: readonly StateWrite[]): Promise<void>;
}

/** All that a transaction gives and takes: the only door between the kernel and a peer. */
export interface TransactionPort extends StatePort {
  readonly txId: string;
  /** The time the client put into the proposal; peers bound it to a window around their own clocks. */
  readonly timestamp: Date;
  readonly creator: { readonly mspId: string; readonly certificate: Uint8Array };
  /** What came beside the proposal's arguments under a name: private, unless `isTextName`; undefined where there is none. */
  transient(name: string): Uint8Array | undefined;
  setEvent(name: string, payload: Uint8Array): void;
}
