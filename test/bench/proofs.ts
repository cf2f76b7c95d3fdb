// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import type { Proven } from '@thingledger/protocol';
import { verifyFile } from '@thingledger/receipts';
import type { Consortium } from '../support/consortium.js';
import { freshThing } from '../support/custody.js';
import { median } from './measure.js';

const TURNS = 10;
/** Who registers at once: a gateway merges what one caller does at once into one transaction. */
const CALLERS = ['farm@maker', 'processor@maker', 'trucker@carrier', 'retailer@bank'];

/** What one kind of file costs. */
export interface ProofCost {
  /** Transactions in it. */
  readonly transactions: number;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Until the gateway answered, in milliseconds. */
  readonly takeMs: number;
  /** In Node, library loaded, in milliseconds. */
  readonly verifyMs: number;
}

/** A receipt, a bundle, and the proof of a trace: how large, how long to take, how long to verify. */
export interface Proofs {
  readonly receipt: ProofCost;
  readonly bundle: ProofCost;
  readonly trace: ProofCost;
}

/**
 * Measures them on a running consortium.
 *
 * @param traced a thing with a long past
 * @param size transactions in the bundle, each alone in its request
 */
export async function measureProofs(consortium: Consortium, traced: string, size: number): Promise<Proofs> {
  const client = consortium.as('farm@maker');
  const txIds = await registrations(consortium, size);
  const [txId = ''] = txIds;
  return {
    receipt: await costOf(
      TURNS,
      () => client.getReceipt({ txId }),
      () => 1,
    ),
    bundle: await costOf(
      1,
      () => client.getBundle({ txIds }),
      (bundle) => bundle.transactions.length,
    ),
    trace: await costOf(
      TURNS,
      () => client.proven.traceThing({ thing: traced }),
      ({ proof }: Proven) => proof.bundle.transactions.length,
    ),
  };
}

/** The figures of a kind of file in one line. */
export function proofLine(
  what: string,
  { transactions, bytes, gzipBytes, takeMs, verifyMs }: ProofCost,
): string {
  const kilo = (count: number): string => `${(count / 1000).toFixed(0)} kB`;
  return (
    `${what}, ${String(transactions)} transactions: ${kilo(bytes)}, ${kilo(gzipBytes)} compressed; ` +
    `${takeMs.toFixed(0)} ms to take, ${verifyMs.toFixed(0)} ms to verify`
  );
}

async function registrations(consortium: Consortium, count: number): Promise<string[]> {
  const txIds: string[] = [];
  const worker = async (caller: string): Promise<void> => {
    while (txIds.length < count) {
      const place = txIds.push('') - 1;
      const quantity = { value: '1', unit: 'C62' };
      const input = { thing: freshThing(), kind: 'product', quantity } as const;
      txIds[place] = (await consortium.as(caller).registerThing(input)).txId;
    }
  };
  await Promise.all(CALLERS.map(worker));
  return txIds;
}

async function costOf<T>(
  turns: number,
  take: () => Promise<T>,
  transactions: (file: T) => number,
): Promise<ProofCost> {
  const times: { take: number[]; verify: number[] } = { take: [], verify: [] };
  let last: { readonly file: T; readonly text: string } | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const started = performance.now();
    const file = await take();
    times.take.push(performance.now() - started);
    const text = JSON.stringify(file);
    const parsed: unknown = JSON.parse(text);
    const begun = performance.now();
    const { ok, checks } = await verifyFile(parsed);
    times.verify.push(performance.now() - begun);
    if (!ok) throw new Error(`a proof does not hold: ${JSON.stringify(checks.at(-1))}`);
    last = { file, text };
  }
  if (!last) throw new RangeError('nothing was taken');
  return {
    transactions: transactions(last.file),
    bytes: Buffer.byteLength(last.text),
    gzipBytes: gzipSync(last.text).length,
    takeMs: Math.round(median(times.take)),
    verifyMs: Math.round(median(times.verify)),
  };
}
