// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { ProblemError } from '@thingledger/client';
import type { DecidedRecord, InputForm, operations } from '@thingledger/protocol';
import type { Consortium } from './consortium.js';

type AnnouncementForm = InputForm<(typeof operations)['announceMappingRecord']>;

/** What a test wants different from an ordinary, truthful transfer. */
export interface Wrong {
  /** Members of the announcement. */
  readonly record?: Partial<AnnouncementForm>;
  /** Members of the document that is stored. */
  readonly document?: Record<string, unknown>;
}

/** A thing as tests use it: its identifier and quantity. */
export interface TestThing {
  readonly thing: string;
  readonly quantity: { readonly value: string; readonly unit: string };
}

/** An identifier that no test has used before, with a valid check digit. */
export function freshThing(): string {
  return `(01)09506000134352(21)T${randomBytes(8).toString('hex')}`;
}

/** Registers a fresh thing. */
export async function registered(consortium: Consortium, by: string): Promise<TestThing> {
  const item: TestThing = { thing: freshThing(), quantity: { value: '10', unit: 'C62' } };
  await consortium.as(by).registerThing({ ...item, kind: 'product' });
  return item;
}

/** Stores a truthful document and announces the transfer, with what the test wants wrong. Gives the record's id. */
export async function announce(
  consortium: Consortium,
  item: TestThing,
  from: string | undefined,
  to: string,
  { record = {}, document = {} }: Wrong = {},
): Promise<string> {
  const client = consortium.as(from ?? to);
  const facts = {
    ...item,
    ...(from === undefined ? {} : { from }),
    to,
    eventTime: new Date(Date.now() - 1000).toISOString(),
    place: { latitude: 48.137, longitude: 11.575 },
  };
  const stored = await client.storeTraceabilityData({ document: { ...facts, ...document } });
  const { recordId } = await client.announceMappingRecord({
    ...facts,
    dataHash: stored.hash,
    informationServer: stored.informationServer,
    ...record,
  });
  return recordId;
}

const PATIENCE_MS = 90_000;

/** Waits until a record is decided as this member's peer knows it, which may be a little behind; gives it with its votes. */
export async function decision(consortium: Consortium, as: string, recordId: string): Promise<DecidedRecord> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const asked = consortium.as(as).getMappingRecord({ recordId });
    const record = await asked.catch((error: unknown) => {
      if (error instanceof ProblemError && error.code === 'TL-RECORD-UNKNOWN') return undefined;
      throw error;
    });
    if (record && record.status !== 'announced') return record;
    if (Date.now() > until)
      throw new Error(`record ${recordId} was not decided within ${String(PATIENCE_MS)} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The codes with which verifiers rejected a record, each once, in order. */
export function reasonsOf({ votes }: DecidedRecord): string[] {
  return [...new Set(votes.flatMap(({ reasons }) => reasons.map(({ code }) => code)))].sort();
}

/** Waits until a record is decided; throws with the verifiers' reasons when they did not accept it. */
export async function accepted(consortium: Consortium, as: string, recordId: string): Promise<void> {
  const { status, votes } = await decision(consortium, as, recordId);
  if (status === 'accepted') return;
  const reasons = votes.flatMap((vote) => vote.reasons.map(({ code, detail }) => `${code}: ${detail}`));
  throw new Error(`record ${recordId} is ${status}: ${reasons.join('; ') || 'no votes came'}`);
}

/** A fresh thing whose origin at the participant is accepted. */
export async function held(consortium: Consortium, by: string): Promise<TestThing> {
  const item = await registered(consortium, by);
  const recordId = await announce(consortium, item, undefined, by);
  await accepted(consortium, by, recordId);
  return item;
}

/** The code with which a call is refused; `accepted` when it is not. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
