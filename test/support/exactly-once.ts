// SPDX-License-Identifier: Apache-2.0
import { ProblemError } from '@thingledger/client';
import { canonicalJson, type DomainEvent } from '@thingledger/protocol';
import type { Consortium } from './consortium.js';
import { freshThing } from './custody.js';
import { send, type Answer, type Write } from './load.js';
import { inParallel, until } from './until.js';

const AT_A_TIME = 16;
/** For a repeat to be answered, for a write to be seen at another member, for the votes: milliseconds each. */
const PATIENCE_MS = 60_000;
const REGULATORS = ['customs', 'inspection'];

/**
 * Repeats every write with its key, acknowledged or not, and reads from another member's copy of the ledger what came of
 * each. Gives what is wrong, one line each; nothing when
 * - every repeat is answered, and those acknowledged before with the first answer,
 * - every thing and record is there by the transaction that the answer names,
 * - every record is accepted with one vote of each regulator,
 * - the ledger's events tell of each just once.
 */
export async function notExactlyOnce(consortium: Consortium, writes: readonly Write[], seenBy: string): Promise<string[]> {
  const repeats = await inParallel(writes, AT_A_TIME, (write) => repeat(consortium, write));
  const answers = repeats.flatMap(({ answer }) => (answer ? [answer] : []));
  const seen = await inParallel(answers, AT_A_TIME, (answer) => differs(consortium, answer, seenBy));
  return [...repeats.map(({ wrong }) => wrong), ...seen, ...(await toldTwice(consortium, answers))].flatMap((wrong) => wrong ?? []);
}

async function repeat(consortium: Consortium, write: Write): Promise<{ answer?: Answer; wrong?: string }> {
  const name = `${write.announcement ? 'record' : 'thing'} of ${write.by}, key ${write.key}`;
  const client = consortium.newClient(write.by, { retries: 0 });
  let answer: Answer;
  try {
    answer = await until(`the answer to a repeat`, () => send(client, write), PATIENCE_MS);
  } catch (error) {
    return { wrong: `${name}: ${(error as Error).message}` };
  }
  if (write.answer === undefined || canonicalJson(answer) === canonicalJson(write.answer)) return { answer };
  return { answer, wrong: `${name}: answered ${JSON.stringify(write.answer)}, then ${JSON.stringify(answer)}` };
}

/** What the ledger says differently than the answer, or undefined. */
async function differs(consortium: Consortium, answer: Answer, seenBy: string): Promise<string | undefined> {
  const client = consortium.as(seenBy);
  const { thing, recordId, txId } = answer;
  const name = recordId === undefined ? `thing ${thing}` : `record ${recordId}`;
  const compare = (what: string, found: string, expected: string): string | undefined =>
    found === expected ? undefined : `${name}: ${what} is ${found}, not ${expected}`;
  try {
    if (recordId === undefined) {
      const found = await until(`${name} at ${seenBy}`, () => client.getThing({ thing }), PATIENCE_MS);
      return compare('its transaction', found.thing.txId, txId);
    }
    const { record, votes, status } = await until(
      `both votes on ${name} at ${seenBy}`,
      async () => {
        const found = await client.getMappingRecord({ recordId });
        return found.votes.length >= REGULATORS.length && found;
      },
      PATIENCE_MS,
    );
    return (
      compare('its transaction', record.txId, txId) ??
      compare('its thing', record.thing, thing) ??
      compare('its status', status, 'accepted') ??
      compare('those who voted', votes.map(({ regulator }) => regulator).sort().join(), REGULATORS.join())
    );
  } catch (error) {
    return (error as Error).message;
  }
}

/** Events of these things and records that did not come just once; votes may come later, but not twice. */
async function toldTwice(consortium: Consortium, answers: readonly Answer[]): Promise<string[]> {
  const counts = new Map<string, number>();
  for (const event of await history(consortium, 'farm@maker')) {
    const name = nameOf(event);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return answers.flatMap(({ thing, recordId }) => {
    const votes = REGULATORS.map((regulator) => `vote of ${regulator} on ${String(recordId)}`);
    const expected = recordId === undefined ? [`registered ${thing}`] : [`origin of ${thing}`, ...votes];
    return expected.flatMap((name) => (counts.get(name) === 1 ? [] : [`${name}: told ${String(counts.get(name) ?? 0)} times`]));
  });
}

function nameOf(event: DomainEvent): string | undefined {
  if (event.type === 'ThingRegistered') return `registered ${event.thing}`;
  // By thing, not by record: two records of one request would have two ids.
  if (event.type === 'MappingRecordAnnounced' && event.from === undefined) return `origin of ${event.thing}`;
  return event.type === 'VoteCast' ? `vote of ${event.regulator} on ${event.recordId}` : undefined;
}

/** Every event on the ledger up to now. */
export async function history(consortium: Consortium, by: string): Promise<DomainEvent[]> {
  const client = consortium.as(by);
  const { thing: last } = await client.registerThing({ thing: freshThing(), kind: 'product', quantity: { value: '1', unit: 'C62' } });
  const all: DomainEvent[] = [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { events } of client.events({ signal })) {
    all.push(...events);
    if (events.some((event) => event.type === 'ThingRegistered' && event.thing === last)) return all;
  }
  throw new Error(`the events up to the registration of ${last} did not come within ${String(PATIENCE_MS / 1000)} s`);
}

/**
 * The failures that a caller can not act on: all but 503 with a code that says whether something was done, and a
 * Retry-After. One line each.
 */
export function unhelpful(failed: readonly Write[]): string[] {
  return failed.flatMap(({ error, by }) => {
    const helpful =
      error instanceof ProblemError &&
      error.status === 503 &&
      ['TL-LEDGER-UNAVAILABLE', 'TL-OUTCOME-UNKNOWN'].includes(error.code) &&
      error.retryAfter !== undefined;
    return helpful ? [] : [`${by}: ${describe(error)}`];
  });
}

/** Whether the failure was that of the connection: no gateway answered. */
export function isDisconnection(error: unknown): boolean {
  // Not by class: fetch's TypeError is that of another realm in a test.
  return (error as Error | undefined)?.name === 'TypeError' && 'cause' in (error as Error);
}

function describe(error: unknown): string {
  if (error instanceof ProblemError) {
    const { code, detail, peers, fields } = error.problem;
    return `${code} ${detail} ${JSON.stringify({ fields, peers, retryAfter: error.retryAfter })}`;
  }
  return String(error);
}
