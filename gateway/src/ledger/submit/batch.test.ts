// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, verify } from 'node:crypto';
import {
  canonicalJson,
  inflatePrivate,
  inflateStatement,
  operations,
  privateName,
  statementOf,
  textName,
  type Operation,
  type SignedStatement,
} from '@thingledger/protocol';
import type { Caller } from '../caller.js';
import { assemble, type Batch } from './batch.js';
import { newJob, type Job } from './job.js';
import { deal } from './outcomes.js';

const ANNOUNCE = 'traceability:announceMappingRecord';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const farm: Caller = {
  id: 'farm@maker',
  identity: {
    mspId: 'maker',
    certificatePem: '',
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  },
};
const thing = (n: number): string => `https://id.gs1.org/01/09506000134352/21/S${String(n)}0`;
const saying = (n: number): object => ({
  thing: thing(n),
  to: 'farm@maker',
  informationServer: 'https://data.maker.example',
});
const jobOf = (operation: Operation, input: unknown): Job =>
  newJob(operation, input, farm.id, { request: undefined, leads: true, since: 0 }).job;
const announce = (n: number, signature?: string): Job =>
  jobOf(operations.announceMappingRecord, { ...saying(n), ...(signature && { signature }) });
const register = (n: number): Job => jobOf(operations.registerThing, { thing: thing(n) });

interface Carried {
  readonly operation: string;
  readonly input: SignedStatement | null;
  /** Of a statement, what was signed: it travels beside the argument. */
  readonly said: string;
}
const callsIn = ({ argument, transient }: Batch): Carried[] =>
  (JSON.parse(argument) as { operations: Omit<Carried, 'said'>[] }).operations.map((call) => {
    const deflated = transient[textName(call.input?.signature ?? '')];
    return { ...call, said: deflated ? inflateStatement(Buffer.from(deflated).toString()) : '' };
  });
const itemsIn = ({ said }: Carried): unknown[] => (JSON.parse(said) as { items: unknown[] }).items;
const partsOf = ({ shares }: Batch): unknown[] => shares.map(({ parts }) => parts);

describe('a batch', () => {
  test('has one statement of all announcements, signed by the caller over its very text', () => {
    const batch = assemble(
      [1, 2, 3].map((n) => announce(n)),
      farm,
    );
    const [call, ...others] = callsIn(batch);
    expect(others).toEqual([]);
    const text = call!.said;
    expect(text).toBe(
      statementOf(
        ANNOUNCE,
        [1, 2, 3].map((n) => canonicalJson(saying(n))),
      ),
    );
    const signature = Buffer.from(call!.input!.signature, 'base64url');
    expect(
      verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
    ).toBe(true);
    expect(partsOf(batch)).toEqual([0, 1, 2].map((place) => [{ call: 0, place }]));
  });

  test('keeps a statement that its account signed itself as it is', () => {
    const signature = 'A'.repeat(86);
    const batch = assemble([announce(1), announce(2, signature), announce(3)], farm);
    const [ours, theirs] = callsIn(batch);
    expect(itemsIn(ours!)).toEqual([saying(1), saying(3)]);
    expect([itemsIn(theirs!), theirs!.input!.signature]).toEqual([[saying(2)], signature]);
    expect(partsOf(batch)).toEqual([
      [{ call: 0, place: 0 }],
      [{ call: 1, place: 0 }],
      [{ call: 0, place: 1 }],
    ]);
  });

  test('puts no announcement in front of the write that it builds on', () => {
    const batch = assemble([announce(1), register(20), announce(2), announce(20), announce(3)], farm);
    expect(callsIn(batch).map(({ operation }) => operation)).toEqual([
      ANNOUNCE,
      'traceability:registerThing',
      ANNOUNCE,
    ]);
    const [first, , second] = callsIn(batch);
    expect([itemsIn(first!), itemsIn(second!)]).toEqual([
      [saying(1), saying(2)],
      [saying(20), saying(3)],
    ]);
  });

  test('keeps a list that has to stay together in its own order', () => {
    const list = jobOf(operations.runBatch, {
      operations: [
        { operation: 'traceability:registerThing', input: { thing: thing(9) } },
        { operation: ANNOUNCE, input: saying(9) },
        { operation: 'no:such', input: { a: 1 } },
      ],
    });
    const batch = assemble([announce(1), list], farm);
    expect(callsIn(batch).map(({ operation }) => operation)).toEqual([
      ANNOUNCE,
      'traceability:registerThing',
      ANNOUNCE,
      'no:such',
    ]);
    expect(partsOf(batch)[1]).toEqual([{ call: 1 }, { call: 2, place: 0 }, { call: 3 }]);
  });

  test('leaves to the contract, as a call of its own, what is no input at all', () => {
    const batch = assemble(
      [
        jobOf(operations.runBatch, {
          operations: [null, 'x', 5].map((input) => ({ operation: ANNOUNCE, input })),
        }),
      ],
      farm,
    );
    expect(callsIn(batch).map(({ input }) => input)).toEqual([null, 'x', 5]);
  });

  test('is answered write by write, also where the statement as a whole was refused', () => {
    const { shares } = assemble([announce(1), announce(2), register(3)], farm);
    const refusal = { code: 'TL-THING-UNKNOWN', detail: 'unknown' };
    const statement = { statementId: `${'0'.repeat(32)}-0`, answer: { status: 'announced' }, repeated: {} };
    const result = (outcome: object): Uint8Array =>
      Buffer.from(JSON.stringify({ outcomes: [outcome, { ok: true, result: 3 }] }));
    expect(deal(result({ ok: true, result: { ...statement, refused: { 1: refusal } } }), shares)).toEqual([
      { ok: true, result: { status: 'announced', recordId: `${'0'.repeat(32)}-0.0` } },
      { ok: false, refusal },
      { ok: true, result: 3 },
    ]);
    expect(deal(result({ ok: false, refusal }), shares).map(({ ok }) => ok)).toEqual([false, false, true]);
    expect(() => deal(Buffer.from('{"outcomes":[]}'), shares)).toThrow('call 0');
  });

  describe('with private parts', () => {
    const capture = (n: number, document?: object, signature?: string): Job =>
      jobOf(operations.captureEvent, {
        eventHash: `ni:///sha-256;${String(n).repeat(64)}?ver=CBV2.0`,
        eventTime: '2026-11-20T08:00:00.000Z',
        informationServer: 'https://data.maker.example',
        ...(document && { document }),
        ...(signature && { signature }),
      });
    const privateParts = (batch: Batch, text: string): unknown => {
      const parts = batch.transient[privateName(text)];
      return parts && inflatePrivate(parts);
    };

    test('sends them to the endorsers by place, under the name of their statement, and not in the argument', () => {
      const secret = { bizStep: 'shipping' };
      const batch = assemble([capture(1), capture(2, secret), capture(3, { n: 3 }), announce(4)], farm);
      const [captures] = callsIn(batch);
      const text = captures!.said;
      expect(text).not.toContain('shipping');
      expect(itemsIn(captures!)).toHaveLength(3);
      expect(privateParts(batch, text)).toEqual([null, secret, { n: 3 }]);
      const names = callsIn(batch).map(({ input }) => textName(input?.signature ?? ''));
      expect(Object.keys(batch.transient).sort()).toEqual([privateName(text), ...names].sort());
    });

    test('keeps them with a statement that the caller signed itself; without any, only texts travel beside', () => {
      const batch = assemble([capture(1, { n: 1 }, 'A'.repeat(86)), capture(2, { n: 2 })], farm);
      const texts = callsIn(batch).map(({ said }) => said);
      expect(texts.map((text) => privateParts(batch, text))).toEqual([[{ n: 1 }], [{ n: 2 }]]);
      const names = Object.keys(assemble([announce(1), register(2)], farm).transient);
      expect(names).toEqual([expect.stringMatching(/^text\//)]);
    });

    test('they count for how much goes into one transaction', () => {
      const job = capture(1, { text: 'x'.repeat(10_000) });
      expect(job.bytes).toBeGreaterThan(10_000);
    });
  });
});
