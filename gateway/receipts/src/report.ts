// SPDX-License-Identifier: Apache-2.0
import type { Check, Checks } from './checks.js';
import { operationsOf, type Said } from './content.js';
import type { Signer } from './msp.js';
import type { OrdererSeal } from './orderers.js';
import type { Transaction } from './transaction.js';

/** Somebody who signed, by common name and organisation. */
export interface Person {
  readonly name: string;
  readonly member: string;
}

/** What a receipt proves. */
export interface Proved {
  readonly channel: string;
  readonly txId: string;
  /** The block it lies in and its place there, from 0; absent on the embedded network, which proves no order. */
  readonly block?: number;
  readonly index?: number;
  /** As the caller stated it; peers endorse only within fifteen minutes of their own clocks. RFC 3339. */
  readonly time: string;
  readonly chaincode: string;
  /** What was asked for, operation by operation, and what the chaincode answered; of statements, what was kept. */
  readonly operations: readonly Said[];
  readonly caller: Person;
  readonly endorsers: readonly Person[];
  /** Name of Fabric’s validation code: `VALID` when it took effect. The embedded network proves none. */
  readonly validation?: string;
  /** The endorsement policy in words. */
  readonly policy: string;
  /** Empty on the embedded network. */
  readonly orderers: readonly OrdererSeal[];
  /**
   * Whose peers signed that the transaction took effect, and whether they are enough for the chaincode’s own policy;
   * absent on the embedded network.
   */
  readonly effect?: { readonly attestedBy: readonly Person[]; readonly enough: boolean };
}

/** What came of verifying a receipt. */
export interface Report {
  readonly kind?: never;
  /** Whether every check is ok. Without a given anchor that means: the file is consistent in itself. */
  readonly ok: boolean;
  readonly network?: 'fabric' | 'embedded';
  /** SHA-256 that stands for the whole network: who knows it to be right can believe the rest. */
  readonly anchor?: string;
  /** Whether the one who verifies gave the anchor; if not, it must be compared by hand. */
  readonly anchored: boolean;
  readonly checks: readonly Check[];
  /** Present when all checks are ok. */
  readonly proved?: Proved;
  /** What the receipt does not prove, one sentence each. */
  readonly notProved: readonly string[];
}

/** A report while it is being made. */
export interface Draft {
  readonly checks: Checks;
  network?: 'fabric' | 'embedded';
  anchor?: string;
  proved?: Proved;
}

const always = [
  'That what was recorded is true: only that the caller said it and the endorsers agreed to record it.',
];

const limits = {
  fabric: [
    ...always,
    'That nothing recorded later changed, answered or withdrew it.',
    'The exact time: the caller states it, and peers accept fifteen minutes either way.',
  ],
  embedded: [
    ...always,
    'That the transaction was ordered, in which block, or that it took effect: the embedded network has no orderers that sign.',
    'That the members are organisations of their own: in the embedded network one process holds all keys.',
    'That nothing recorded later changed, answered or withdrew it.',
    'The exact time: the caller states it.',
  ],
};

function limitOfEffect({ effect }: Proved): readonly string[] {
  if (!effect) return [];
  return [
    effect.enough
      ? 'That the transaction took effect, by more than the word of the peers that attest it: orderers sign the order only.'
      : 'That the transaction took effect: orderers sign the order only, and too few members’ peers attest the rest. Ask peers of members you trust.',
  ];
}

/** What transactions of a network do not prove, one sentence each. */
export function limitsOf(network: 'fabric' | 'embedded', proved: readonly Proved[]): readonly string[] {
  return [...new Set([...limits[network], ...proved.flatMap(limitOfEffect)])];
}

/** Closes a draft. */
export function reportOf({ checks, network, anchor, proved }: Draft, anchored: boolean): Report {
  return {
    ok: proved !== undefined,
    ...(network && { network }),
    ...(anchor !== undefined && { anchor }),
    anchored,
    checks: checks.list,
    ...(proved && { proved }),
    notProved: network ? limitsOf(network, proved ? [proved] : []) : always,
  };
}

/** Of a signer what a report names. */
export function personOf({ name, member }: Signer): Person {
  return { name, member };
}

/** A person as participants are written. */
export function participantOf({ name, member }: Person): string {
  return `${name}@${member}`;
}

/** The operations that a transaction called, one by one, with what became of each. */
export function operationsIn({ args, result, writes }: Transaction): Promise<readonly Said[]> {
  const [name = '', ...rest] = args.map((bytes) => new TextDecoder().decode(bytes));
  return operationsOf(name, rest, new TextDecoder().decode(result), writes);
}

/** What a verified transaction says. */
export async function provedOf(
  transaction: Transaction,
  caller: Signer,
  endorsers: readonly Signer[],
  policy: string,
  place: Pick<Proved, 'block' | 'index' | 'orderers' | 'effect' | 'validation'>,
): Promise<Proved> {
  return {
    channel: transaction.channel,
    txId: transaction.txId,
    time: new Date(transaction.time).toISOString(),
    chaincode: transaction.chaincode,
    operations: await operationsIn(transaction),
    caller: personOf(caller),
    endorsers: endorsers.map(personOf),
    policy,
    ...place,
  };
}
