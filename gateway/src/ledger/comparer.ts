// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  operationId,
  operations,
  sha256,
  type Compared,
  type Operation,
  type PeerAnswer,
} from '@thingledger/protocol';
import type { Caller, Target } from './caller.js';
import type { Ledger } from './port.js';
import type { LedgerReader } from './reader.js';
import { refusalOf } from './refusal-of.js';
import { pause } from './submit/pace.js';

/** A peer may be a few blocks behind or ahead for a moment: differing answers are asked for again so long. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 150;

/** Asks several members' peers the same. */
export interface Comparer {
  /**
   * The own peer's answer to an evaluate operation with what the peers of all other active members say to it
   * (requirement X9). Throws the Refusal that the own peer gave.
   */
  compare(operation: Operation, input: unknown, as: Caller): Promise<Compared>;
}

/** What a {@link Comparer} works with. */
export interface ComparerParts {
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  /** The gateway's own member. */
  readonly member: string;
  route(operation: Operation): Target;
}

/** Makes a comparer over any ledger. */
export function createComparer(parts: ComparerParts): Comparer {
  const { ledger, reader, member } = parts;
  const others = async (as: Caller): Promise<string[]> => {
    const { members } = await reader.evaluate(operations.getRules, {}, as);
    return members
      .flatMap(({ name, status }) => (name !== member && status === 'active' ? [name] : []))
      .sort();
  };
  return {
    async compare(operation, input, as) {
      const call = { ...parts.route(operation), fn: operationId(operation), args: [canonicalJson(input)] };
      const ask = async (whose?: string): Promise<Uint8Array> => {
        try {
          return await ledger.evaluate(call, as.identity, undefined, whose);
        } catch (error) {
          throw refusalOf(error);
        }
      };
      const told = (whose: string, own: Uint8Array): Promise<PeerAnswer> =>
        ask(whose).then(
          (answer) => answerOf(whose, own, answer),
          (error: unknown) => refusedBy(whose, error),
        );
      const until = performance.now() + PATIENCE_MS;
      const members = await others(as);
      for (;;) {
        const own = await ask();
        const peers = await Promise.all(members.map((whose) => told(whose, own)));
        const differ = peers.some(({ verdict }) => verdict === 'differs');
        if (differ && performance.now() < until) {
          await pause(PAUSE_MS);
          continue;
        }
        const answer: unknown = JSON.parse(Buffer.from(own).toString('utf8'));
        const agreed = !differ && peers.some(({ verdict }) => verdict === 'agrees');
        return { answer, sha256: sha256(own), peers, agreed };
      }
    },
  };
}

function answerOf(member: string, own: Uint8Array, answer: Uint8Array): PeerAnswer {
  const verdict = Buffer.from(own).equals(answer) ? 'agrees' : 'differs';
  return { member, verdict, sha256: sha256(answer) };
}

function refusedBy(member: string, error: unknown): PeerAnswer {
  const refusal = refusalOf(error).toData();
  const silent = ['TL-LEDGER-UNAVAILABLE', 'TL-LEDGER-REFUSED'].includes(refusal.code);
  return { member, verdict: silent ? 'silent' : 'differs', refusal };
}
