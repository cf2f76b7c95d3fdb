// SPDX-License-Identifier: Apache-2.0
import { ProblemError, type Client } from '@thingledger/client';
import { canonicalJson, placesIn, recordIdOf, type DomainEvent } from '@thingledger/protocol';
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
export async function notExactlyOnce(
  consortium: Consortium,
  writes: readonly Write[],
  seenBy: string,
): Promise<string[]> {
  const repeats = await inParallel(writes, AT_A_TIME, (write) => repeat(consortium, write));
  const answered = repeats.filter((write): write is Answered => write.answer !== undefined);
  const seen = await inParallel(answered, AT_A_TIME, (write) => differs(consortium, write, seenBy));
  const told = await toldWrongly(consortium, answered);
  return [...repeats.map(({ wrong }) => wrong), ...seen, ...told].flatMap((wrong) => wrong ?? []);
}

/** A write with the answer to its repeat. */
type Answered = Write & { readonly answer: Answer };

/** The write with the answer that its repeat got, if any, and what is wrong about it. */
async function repeat(consortium: Consortium, write: Write): Promise<Write & { readonly wrong?: string }> {
  const { answer: first, ...asked } = write;
  try {
    const answer = await until(
      `the answer to the repeat of ${nameOf(write)}`,
      () => send(consortium, write),
      PATIENCE_MS,
    );
    if (first === undefined || canonicalJson(answer) === canonicalJson(first)) return { ...asked, answer };
    return {
      ...asked,
      answer,
      wrong: `${nameOf(write)}: answered ${JSON.stringify(first)}, then ${JSON.stringify(answer)}`,
    };
  } catch (error) {
    return { ...asked, wrong: (error as Error).message };
  }
}

/** What the ledger says differently than the answer, or undefined. */
async function differs(consortium: Consortium, write: Answered, seenBy: string): Promise<string | undefined> {
  const client = consortium.as(seenBy);
  const { thing, answer } = write;
  const { recordId, txId } = answer;
  const compare = (what: string, found: string, expected: string): string | undefined =>
    found === expected ? undefined : `${nameOf(write)}: ${what} is ${found}, not ${expected}`;
  try {
    if (recordId === undefined) {
      const found = await until(
        `${nameOf(write)} at ${seenBy}`,
        () => client.getThing({ thing }),
        PATIENCE_MS,
      );
      return compare('its transaction', found.thing.txId, txId);
    }
    const { record, votes, status } = await until(
      `both votes on ${nameOf(write)} at ${seenBy}`,
      async () => {
        const found = await client.getMappingRecord({ recordId });
        return found.votes.length >= REGULATORS.length && found;
      },
      PATIENCE_MS,
    );
    const voters = votes.map(({ regulator }) => regulator).sort();
    return (
      compare('its transaction', record.txId, txId) ??
      compare('its thing', record.thing, thing) ??
      compare('its status', status, 'accepted') ??
      compare('those who voted', voters.join(), REGULATORS.join())
    );
  } catch (error) {
    return (error as Error).message;
  }
}

/** What of these writes and their votes the ledger's events do not tell just once. */
async function toldWrongly(consortium: Consortium, writes: readonly Answered[]): Promise<string[]> {
  const counts = new Map<string, number>();
  const client = consortium.as('farm@maker');
  const names = await inParallel(await history(consortium, 'farm@maker'), AT_A_TIME, (event) =>
    toldBy(client, event),
  );
  for (const name of names.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return writes.flatMap((write) => {
    const { recordId } = write.answer;
    const votes =
      recordId === undefined ? [] : REGULATORS.map((regulator) => `vote of ${regulator} on ${recordId}`);
    return [nameOf(write), ...votes].flatMap((name) =>
      counts.get(name) === 1 ? [] : [`${name}: told ${String(counts.get(name) ?? 0)} times`],
    );
  });
}

function nameOf({ thing, announcement }: Pick<Write, 'thing' | 'announcement'>): string {
  return `${announcement ? 'origin' : 'registration'} of ${thing}`;
}

async function toldBy(client: Client, event: DomainEvent): Promise<string[]> {
  if (event.type === 'ThingRegistered') return [`registration of ${event.thing}`];
  if (event.type === 'MappingRecordsAnnounced') {
    const { records } = await client.getStatement({ statementId: event.statementId });
    // By thing, not by record: two records made of one request would have two ids.
    return records.map(({ record }) => `origin of ${record.thing}`);
  }
  if (event.type !== 'VotesCast') return [];
  const { statementId, records, regulator } = event;
  return placesIn(records).map((place) => `vote of ${regulator} on ${recordIdOf(statementId, place)}`);
}

/** Every event on the ledger up to now. */
export async function history(consortium: Consortium, by: string): Promise<DomainEvent[]> {
  const client = consortium.as(by);
  const { thing: last } = await client.registerThing({
    thing: freshThing(),
    kind: 'product',
    quantity: { value: '1', unit: 'C62' },
  });
  const all: DomainEvent[] = [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { events } of client.events({ signal })) {
    all.push(...events);
    if (events.some((event) => event.type === 'ThingRegistered' && event.thing === last)) return all;
  }
  throw new Error(
    `the events up to the registration of ${last} did not come within ${String(PATIENCE_MS / 1000)} s`,
  );
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
