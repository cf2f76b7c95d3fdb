// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { captureOf, type Proven, type TracedThing } from '@thingledger/protocol';
import type { ProofReport } from '@thingledger/receipts';
import { Consortium } from '../support/consortium.js';
import { accepted, announce, freshThing, held, refusalOf, type TestThing } from '../support/custody.js';
import { bareEvent } from '../support/epcis.js';
import { failuresOf, verified } from '../support/verified.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const processor = 'processor@maker';
const onFabric = consortium.identities.network === 'fabric';
const client = consortium.as(farm);

/** Verifies an honest proof. */
async function expectProved(proven: Proven): Promise<ProofReport> {
  const report = await verified('proof', proven);
  expect(failuresOf(report)).toEqual([]);
  expect(report).toMatchObject({ kind: 'proof', ok: true, chaincode: 'traceability' });
  return report;
}

describe('X9: every read of the ledger comes with its proof when asked', () => {
  let item: TestThing;
  let recordId: string;

  beforeAll(async () => {
    item = await held(consortium, farm);
    recordId = await announce(consortium, item, farm, processor);
    await accepted(consortium, farm, recordId);
  });

  test('a mapping record: what was signed, who voted what, and what that comes to', async () => {
    const proven = await client.proven.getMappingRecord({ recordId });
    expect(proven.answer).toEqual(await client.getMappingRecord({ recordId }));
    const report = await expectProved(proven);
    expect(report.claims.proved).toEqual(['record']);
    expect(report.claims.unproved).toEqual(['record.previous']);
    expect(report.saidBy.map(({ member }) => member)).toContain('maker');
    const asked = report.transactions.flatMap(
      ({ proved }) => proved?.operations.map((one) => one.operation) ?? [],
    );
    expect(asked).toEqual(expect.arrayContaining(['traceability:announceMappingRecord']));
    expect(asked.filter((one) => one.startsWith('traceability:voteOnRecord')).length).toBeGreaterThanOrEqual(
      2,
    );
    expect(report.notProved.join(' ')).toContain('That nothing came later');
    expect((await verified('proof', proven, report.anchor)).anchored).toBe(true);
  });

  test.each<[string, (record: { record: { to: string }; votes: object[]; status: string }) => object]>([
    ['another recipient', (one) => ({ ...one, record: { ...one.record, to: 'trucker@carrier' } })],
    ['another status', (one) => ({ ...one, status: 'rejected' })],
    ['a vote left out', (one) => ({ ...one, votes: one.votes.slice(1) })],
    [
      'a vote turned',
      (one) => ({ ...one, votes: one.votes.map((vote) => ({ ...vote, decision: 'reject' })) }),
    ],
    ['a member more', (one) => ({ ...one, more: 1 })],
  ])('an answer with %s does not hold', async (_, change) => {
    const proven = await client.proven.getMappingRecord({ recordId });
    const report = await verified('proof', { ...proven, answer: change(proven.answer) });
    expect(report.ok).toBe(false);
    expect(failuresOf(report)).toEqual(['answer: the peers answered something else']);
  });

  test('a proof of something else, or without one of its transactions, does not hold', async () => {
    const proven = await client.proven.getMappingRecord({ recordId });
    const other = await client.proven.getThing({ thing: item.thing });
    const withProof = (change: Partial<Proven['proof']>): Promise<ProofReport> =>
      verified('proof', { ...proven, proof: { ...proven.proof, ...change } });
    expect(failuresOf(await withProof({ said: other.proof.said })).join()).toContain(
      'the peers answered traceability:getThing',
    );
    expect(failuresOf(await withProof({ input: { recordId: `${recordId}9` } })).join()).toContain(
      'with another input',
    );
    expect(failuresOf(await withProof({ operation: 'traceability:getChange' })).join()).toContain(
      'the peers answered',
    );
    const { bundle } = proven.proof;
    const without = { ...bundle, transactions: bundle.transactions.slice(1) } as Proven['proof']['bundle'];
    expect(failuresOf(await withProof({ bundle: without })).join()).toContain(
      'reads: the file lacks the transaction',
    );
    const bytes = Buffer.from(proven.proof.said, 'base64');
    const at = bytes.indexOf('"accepted"');
    bytes.write('"rejected"', at);
    expect(failuresOf(await withProof({ said: bytes.toString('base64') })).join()).toContain('answer: ');
    const foreign = await withProof({ bundle: other.proof.bundle });
    expect(foreign.ok).toBe(false);
  });

  test('things, statements, chains, rules, participants: all that the ledger answers', async () => {
    const { thing } = item;
    const statementId = recordId.slice(0, recordId.lastIndexOf('.'));
    const found = await expectProved(await client.proven.getThing({ thing }));
    expect(found.claims).toEqual({ proved: ['thing'], unproved: ['holder'] });
    const statement = await expectProved(await client.proven.getStatement({ statementId }));
    expect(statement.claims.proved).toEqual(['statement']);
    const chain = await expectProved(await client.proven.getCustodyChain({ thing }));
    expect([...chain.claims.proved].sort()).toEqual(['records[0]', 'records[1]', 'thing']);
    await expectProved(await client.proven.getLineage({ thing }));
    await expectProved(await client.proven.getContents({ thing }));
    const rules = await expectProved(await client.proven.getRules({}));
    expect(rules.claims).toEqual({ proved: ['rules/current'], unproved: [] });
    const person = await expectProved(await client.proven.getParticipant({ participant: processor }));
    expect(person.claims.unproved).toEqual([]);
    const address = consortium.informationServerOf(farm);
    expect(
      (await expectProved(await client.proven.getInformationServer({ address }))).claims.unproved,
    ).toEqual([]);
  });

  test('changes and captured events', async () => {
    const change = { type: 'relabel', from: (await held(consortium, farm)).thing, to: freshThing() } as const;
    const made = await client.reportChange({ change, eventTime: new Date().toISOString() });
    const reported = await expectProved(await client.proven.getChange({ recordId: made.recordId }));
    expect(reported.claims).toEqual({ proved: ['change'], unproved: [] });
    const document = bareEvent({ epcList: [`urn:epc:id:sgtin:9506000.013435.${String(Date.now())}`] });
    const capture = captureOf(document);
    const { eventHash, eventTime } = capture;
    const served = { informationServer: consortium.informationServerOf(farm), dataHash: 'a'.repeat(64) };
    await client.captureEvent({ ...capture, ...served, document });
    const event = await expectProved(await client.proven.getCapturedEvent({ eventHash, eventTime }));
    expect(event.claims).toEqual({ proved: ['event'], unproved: [] });

    const errorDeclaration = { declarationTime: new Date().toISOString(), reason: 'incorrect_data' };
    const inError = { ...document, errorDeclaration };
    await client.captureEvent({ ...captureOf(inError), ...served, document: inError });
    const declared = await expectProved(await client.proven.getCapturedEvent({ eventHash, eventTime }));
    expect(declared.answer).toMatchObject({ declarations: [{ by: farm }] });
    expect(declared.claims.proved).toEqual(['event']);

    const other = consortium.as('shop@bank');
    const elsewhere = {
      informationServer: consortium.informationServerOf('shop@bank'),
      dataHash: 'b'.repeat(64),
    };
    await other.captureEvent({ ...capture, ...elsewhere, document, fresh: true, sheet: 0 });
    const both = await expectProved(await other.proven.getCapturedEvent({ eventHash, eventTime }));
    expect(both.answer).toMatchObject({
      by: farm,
      others: [{ by: 'shop@bank' }],
      declarations: [{ by: farm }],
    });
    expect(both.claims).toEqual({ proved: ['event'], unproved: [] });

    // A later transaction writes on the same sheet: the proof names both.
    const beside = bareEvent({ epcList: [`urn:uuid:${randomUUID()}`], eventTime });
    const next = { ...captureOf(beside), ...elsewhere, document: beside, fresh: true, sheet: 0 } as const;
    await other.captureEvent(next);
    for (const { eventHash: hash } of [capture, next]) {
      const proven = await expectProved(await other.proven.getCapturedEvent({ eventHash: hash, eventTime }));
      expect(proven.claims).toEqual({ proved: ['event'], unproved: [] });
    }
  });

  test('what has nothing to prove says so; a refusal is a refusal', async () => {
    const ask = async (path: string): Promise<unknown> => {
      const headers = { 'X-API-Key': consortium.apiKeyOf(farm) };
      return (
        (await (await fetch(`${consortium.gatewayOf(farm)}${path}`, { headers })).json()) as { code?: string }
      ).code;
    };
    expect(await ask('/caller?verify=proof')).toBe('TL-PROOF-NONE');
    expect(await ask('/audit?verify=proof')).toBe('TL-PROOF-NONE');
    expect(await ask('/rules?verify=oath')).toBe('TL-INPUT-INVALID');
    expect(await ask(`/things/${encodeURIComponent(item.thing)}/trace?verify=peers`)).toBe(
      'TL-INPUT-INVALID',
    );
    expect(await refusalOf(client.proven.getThing({ thing: freshThing() }))).toBe('TL-THING-UNKNOWN');
  });
});

describe('T6 X9: one downloadable proof of a whole trace', () => {
  let proven: Proven & { readonly answer: TracedThing };

  beforeAll(async () => {
    const item = await held(consortium, farm);
    await accepted(consortium, farm, await announce(consortium, item, farm, processor));
    const change = { type: 'relabel', from: item.thing, to: freshThing() } as const;
    await consortium.as(processor).reportChange({ change, eventTime: new Date().toISOString() });
    proven = await consortium.as(processor).proven.traceThing({ thing: change.to });
  });

  test('records, votes, changes and documents, all from one file', async () => {
    expect(proven.answer).toMatchObject({
      complete: true,
      sources: [{ hops: [{ verdict: 'ok' }, { verdict: 'ok' }] }],
    });
    const report = await expectProved(proven);
    expect(report.checks.find(({ check }) => check === 'documents')?.detail).toContain('2 documents');
    expect(report.claims.proved).toEqual(
      expect.arrayContaining(['chains[0].thing', 'chains[1].records[0]', 'chains[1].records[1]']),
    );
    expect(report.network).toBe(onFabric ? 'fabric' : 'embedded');
  });

  test('anything altered in it fails, and the hop is named', async () => {
    const { answer } = proven as unknown as { answer: { sources: { hops: Record<string, unknown>[] }[] } };
    const [source] = answer.sources;
    const [first, second] = source?.hops ?? [];
    const withHops = async (hops: unknown[]): Promise<string> => {
      const report = await verified('proof', {
        ...proven,
        answer: { ...answer, sources: [{ ...source, hops }] },
      });
      expect(report.ok).toBe(false);
      return failuresOf(report).join();
    };
    const data = { ...(second?.['data'] as object), origin: 'elsewhere' };
    expect(await withHops([first, { ...second, data }])).toMatch(
      /^documents: hop 2 of .* \(record [0-9a-f]{32}-\d+\.\d+\): the document is not the one that was announced$/,
    );
    expect(await withHops([first, { ...second, verdict: 'altered' }])).toContain(
      'has a document, but the verdict',
    );
    const { data: _, disclosure: __, ...bare } = second ?? {};
    expect(await withHops([first, { ...bare, verdict: 'missing' }])).toContain('complete: true');
    expect(await withHops([first])).toContain('has 1 hops, on the ledger 2');
    expect(await withHops([second, first])).toContain('hop 1 of');
    const record = { ...(first?.['record'] as object), status: 'rejected' };
    expect(await withHops([{ ...first, record }, second])).toContain('is not as the ledger answers');
  });
});
