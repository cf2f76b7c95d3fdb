// SPDX-License-Identifier: Apache-2.0
import type { Bundle, EmbeddedBundle, FabricBundle, Pieces } from '@thingledger/protocol/bundle';
import { type Block, readBlock, timesOf } from './block.js';
import { Channel, type ProvedTransaction } from './channel.js';
import { attempt, type Check, Checks, fail } from './checks.js';
import { EmbeddedChannel } from './embedded.js';
import type { Identify } from './endorsements.js';
import { Parts } from './pieces.js';
import type { Policy } from './policy.js';
import { type Draft, limitsOf, type Proved } from './report.js';
import type { Transaction } from './transaction.js';

/** What came of one transaction of a bundle. */
export interface BundleEntry {
  readonly txId: string;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly proved?: Proved;
}

/** What came of verifying a bundle. */
export interface BundleReport {
  readonly kind: 'bundle';
  /** Whether every check of the file and of each transaction in it is ok. */
  readonly ok: boolean;
  readonly network: 'fabric' | 'embedded';
  readonly anchor?: string;
  readonly anchored: boolean;
  /** Of the file as a whole. */
  readonly checks: readonly Check[];
  readonly transactions: readonly BundleEntry[];
  /** The blocks that the file holds without a gap: no transaction in them was left out. */
  readonly complete?: { readonly from: number; readonly to: number };
  readonly notProved: readonly string[];
}

/** A transaction that a bundle proved, where it stands, with all that can be read in it. */
export interface Place extends ProvedTransaction {
  /** On the embedded network as the gateway states it. */
  readonly block: number;
  readonly index: number;
  readonly validation: string;
}

/** A bundle whose checks were made, for what is built on it. */
export interface OpenedBundle {
  /** Whether every check made so far is ok. */
  readonly ok: boolean;
  readonly checks: Checks;
  readonly places: readonly Place[];
  /** Every block of the range that is complete, by number; empty without one. */
  readonly blocks: ReadonlyMap<number, Block>;
  /** Whom an identity stood for at a time, by the last configuration. */
  identifyAt(time: number): Identify;
  /** The same, by the configuration that a block was made under. */
  identifyIn(block: Block, time: number): Identify;
  /** The endorsement policy that a transaction, never ordered, must satisfy. */
  policyOf(transaction: Transaction): Promise<Policy>;
  /** Makes the last check, that the file holds no block that nothing needed, and closes the report. */
  close(): Promise<BundleReport>;
}

type Opening = Omit<OpenedBundle, 'ok' | 'checks' | 'close'> & {
  /** A block that nothing needed so far. */
  readonly idle: () => Block | undefined;
  readonly entries: readonly BundleEntry[];
  readonly complete?: BundleReport['complete'];
};

/** Verifies a bundle: the file as a whole, then each transaction. Whatever the bytes, it gives a report. */
export async function openBundle(bundle: Bundle, anchor?: string): Promise<OpenedBundle> {
  const draft: Draft = { checks: new Checks(), network: bundle.network };
  const given = anchor?.toLowerCase();
  const opened = await attempt<Opening>(() =>
    bundle.network === 'fabric' ? openFabric(bundle, draft, given) : openEmbedded(bundle, draft, given),
  );
  const { checks } = draft;
  const { entries, complete, idle, ...rest } = opened ?? nothing;
  const holds = (): boolean => checks.list.every(({ ok }) => ok) && entries.every(({ ok }) => ok);
  const close = async (): Promise<BundleReport> => {
    if (holds())
      await attempt(() =>
        checks.make(
          'needed',
          () => requireNone(idle()),
          () => 'no block is idle',
        ),
      );
    return {
      kind: 'bundle',
      ok: holds(),
      network: bundle.network,
      ...(draft.anchor !== undefined && { anchor: draft.anchor }),
      anchored: anchor !== undefined,
      checks: checks.list,
      transactions: entries,
      ...(complete && { complete }),
      notProved: limitsOf(
        bundle.network,
        entries.flatMap(({ proved }) => proved ?? []),
      ),
    };
  };
  return { ...rest, ok: holds(), checks, close };
}

function requireNone(idle: Block | undefined): void {
  if (idle) fail(`block ${String(idle.number)} is in the file, but nothing in it needs it`);
}

const nobody = (): never => fail('the file names nobody');
const nothing: Opening = {
  entries: [],
  places: [],
  blocks: new Map(),
  identifyAt: nobody,
  identifyIn: nobody,
  policyOf: nobody,
  idle: () => undefined,
};

async function openFabric(bundle: FabricBundle, draft: Draft, anchor?: string): Promise<Opening> {
  const { checks } = draft;
  const { configuration, blocks, parts } = await checks.make(
    'form',
    () => {
      const shared = new Parts(bundle.parts);
      const read = (pieces: Pieces): Block => readBlock(shared.join(pieces));
      const found = { configuration: bundle.configuration.map(read), blocks: bundle.blocks.map(read) };
      requireAscending(found.blocks);
      return { ...found, parts: shared };
    },
    (found) =>
      `${String(found.configuration.length)} configuration blocks, ${String(found.blocks.length)} others`,
  );
  const channel = await Channel.open(bundle.channel, configuration, draft, anchor);
  const byNumber = new Map([...configuration, ...blocks].map((block) => [block.number, block]));
  const needed = new Set<number>();
  const take = (number: number): Block => {
    needed.add(number);
    return byNumber.get(number) ?? fail(`the file lacks block ${String(number)}`);
  };
  const { entries, places } = await verifyEach(bundle.transactions, async (one, own) => {
    const { txId, block, attestation } = one;
    const found = await channel.verify(
      {
        txId,
        block: () => take(block),
        definition: take,
        ...(attestation && { attestation: () => parts.join(attestation) }),
        newest: false,
        turnedDown: true,
      },
      own,
    );
    const { index = 0, validation = '' } = found.proved;
    return { ...found, block, index, validation };
  });
  const { complete } = bundle;
  if (complete) {
    await checks.make(
      'complete',
      () => requireRange(complete, channel, byNumber.size, take),
      () =>
        `every block from ${String(complete.from)} to ${String(complete.to)} is here, signed by its orderers`,
    );
  }
  const last = channel.history.at(-1) ?? fail('the file has no configuration');
  const opening: Opening = {
    entries,
    places,
    blocks: byNumber,
    ...(complete && { complete }),
    identifyAt: (time) => (identity) => last.identify(identity, time),
    identifyIn: (block, time) => async (identity) => channel.inForce(block).identify(identity, time),
    policyOf: (transaction) => channel.policyOf(transaction, take, last),
    idle: () => blocks.find(({ number }) => !needed.has(number)),
  };
  await inOrder(draft, places);
  return opening;
}

async function openEmbedded(bundle: EmbeddedBundle, draft: Draft, anchor?: string): Promise<Opening> {
  const channel = await EmbeddedChannel.open(bundle, draft, anchor);
  const parts = await draft.checks.make(
    'form',
    () => new Parts(bundle.parts),
    () => `${String(bundle.transactions.length)} transactions`,
  );
  const { entries, places } = await verifyEach(bundle.transactions, async (one, own) => {
    const { txId, block, index, validation, envelope } = one;
    const found = await channel.verify({ txId, envelope: () => parts.join(envelope) }, own);
    return { ...found, block, index, validation };
  });
  await inOrder(draft, places);
  return {
    entries,
    places,
    blocks: new Map(),
    identifyAt: (time) => channel.identifyAt(time),
    identifyIn: (_, time) => channel.identifyAt(time),
    policyOf: async () => channel.policy,
    idle: () => undefined,
  };
}

/** Verifies the orderers’ signatures at one of the times that the block’s own transactions state, or its configuration’s. */
async function sealedSometime(channel: Channel, block: Block): Promise<void> {
  const [first = 0, ...rest] = [...new Set([...timesOf(block), channel.inForce(block).time])];
  for (const at of rest) if (await attempt(() => channel.sealed(block, at, false))) return;
  await channel.sealed(block, first, false);
}

/** Verifies transactions one by one; each that holds has its place. */
async function verifyEach<T extends { readonly txId: string }>(
  transactions: readonly T[],
  verify: (one: T, checks: Checks) => Promise<Place>,
): Promise<{ readonly entries: BundleEntry[]; readonly places: Place[] }> {
  const entries: BundleEntry[] = [];
  const places: Place[] = [];
  for (const one of transactions) {
    const own = new Checks();
    const place = await attempt(() => verify(one, own));
    if (place) places.push(place);
    const proved = place && { proved: place.proved };
    entries.push({ txId: one.txId, ok: place !== undefined, checks: own.list, ...proved });
  }
  return { entries, places };
}

/** Fails when the file lacks a block of the range, or orderers did not sign one. */
async function requireRange(
  { from, to }: NonNullable<FabricBundle['complete']>,
  channel: Channel,
  held: number,
  take: (number: number) => Block,
): Promise<void> {
  if (from > to) fail('the range of blocks ends before it begins');
  // Counted before anything is made of it: the range is the file's own word.
  if (to - from >= held) fail(`the file lacks blocks of the range ${String(from)} to ${String(to)}`);
  for (let number = from; number <= to; number += 1) {
    const block = take(number);
    // The configurations were verified when they were followed.
    if (!channel.history.some((known) => known.block === number)) await sealedSometime(channel, block);
  }
}

function requireAscending(blocks: readonly Block[]): void {
  let last = -1;
  for (const { number } of blocks) {
    if (number === last) fail(`block ${String(number)} comes twice`);
    if (number < last) fail(`block ${String(number)} comes out of order`);
    last = number;
  }
}

async function inOrder({ checks }: Draft, places: readonly Place[]): Promise<void> {
  await checks.make(
    'order',
    () => {
      const seen = new Set<string>();
      let last: Place | undefined;
      for (const place of places) {
        const { txId } = place.transaction;
        if (seen.has(txId)) fail(`transaction ${txId} comes twice`);
        seen.add(txId);
        if (last && (place.block - last.block || place.index - last.index) <= 0) {
          fail(`transaction ${txId} comes out of order`);
        }
        last = place;
      }
    },
    () => 'transactions are in the order of the ledger, each once',
  );
}
