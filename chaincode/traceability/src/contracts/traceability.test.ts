// SPDX-License-Identifier: Apache-2.0
import { GovernanceContract } from '@thingledger/kernel';
import { testCaller, TestLedger, type TestParticipant, type TestRun } from '@thingledger/kernel/testing';
import {
  announcementToSign,
  canonicalJson,
  deflateStatement,
  outcomeAt,
  recordIdOf,
  statementOf,
  textName,
  trails,
  type Announcement,
  type OperationName,
  type Outcome,
  type SignedStatement,
  type StatementResult,
} from '@thingledger/protocol';
import { TraceabilityContract } from './traceability';

const reason = 'test';
const thing = 'https://id.gs1.org/01/09506000134352/10/LOT-7';
const quantity = { value: '1200', unit: 'KGM' };
const server = 'https://localhost:7443';
const certificateAuthority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const ANNOUNCE = 'traceability:announceMappingRecord';
/** A record that nobody announced. */
const nowhere = recordIdOf(`${'0'.repeat(32)}-0`, 0);

const codeOf = (outcome: Outcome): string => (outcome.ok ? 'ok' : outcome.refusal.code);

describe('T1, T2, T4 things, custody and verification', () => {
  let ledger: TestLedger;
  const people: Record<string, TestParticipant> = {};
  const who = (id: string): TestParticipant => people[id] as TestParticipant;

  beforeAll(async () => {
    for (const member of ['maker', 'carrier', 'inspection', 'customs', 'food']) {
      people[`admin@${member}`] = await testCaller(`admin@${member}`, 'admin');
    }
    for (const id of [
      'farm@maker',
      'mill@maker',
      'trucker@carrier',
      'a@inspection',
      'b@food',
      'c@customs',
      'd@customs',
    ]) {
      people[id] = await testCaller(id);
    }
  });

  const call = (id: string, name: OperationName, input: unknown): Promise<Outcome> =>
    ledger.call(who(id), name, input);

  const saying = (over: Partial<Announcement> = {}): Announcement => ({
    thing,
    informationServer: server,
    dataHash: 'a'.repeat(64),
    to: 'farm@maker',
    eventTime: new Date(ledger.now.getTime() - 60_000).toISOString(),
    quantity,
    place: { latitude: 48.1, longitude: 11.5 },
    ...over,
  });
  const signed = (by: string, text: string): SignedStatement => ({
    text: deflateStatement(text),
    signature: who(by).sign(text),
  });
  const statement = (by: string, items: readonly unknown[]): SignedStatement =>
    signed(by, statementOf(ANNOUNCE, items.map(canonicalJson)));
  /** One outcome for each item of a statement. */
  const dealt = (outcome: Outcome, count: number): Outcome[] =>
    Array.from({ length: count }, (_, place) =>
      outcome.ok ? outcomeAt(outcome.result as StatementResult, place) : outcome,
    );
  /** The code of an operation with one input, stated or not. */
  const codeOfOne = (outcome: Outcome): string =>
    codeOf(
      outcome.ok && 'statementId' in (outcome.result as object)
        ? outcomeAt(outcome.result as StatementResult, 0)
        : outcome,
    );
  const announceAll = async (by: string, items: readonly unknown[]): Promise<Outcome[]> =>
    dealt(await call(by, 'announceMappingRecord', statement(by, items)), items.length);
  const announce = async (by: string, over: Partial<Announcement> = {}): Promise<Outcome> =>
    (await announceAll(by, [saying(over)]))[0] as Outcome;
  const idOf = (outcome: Outcome | undefined): string =>
    outcome?.ok ? (outcome.result as { recordId: string }).recordId : codeOf(outcome as Outcome);
  const announced = async (by: string, over: Partial<Announcement> = {}): Promise<string> =>
    idOf(await announce(by, over));
  const vote = (by: string, recordId: string, decision: 'accept' | 'reject' = 'accept'): Promise<Outcome> =>
    call(by, 'voteOnRecord', {
      recordId,
      decision,
      reasons: decision === 'reject' ? [{ code: 'TL-VERIFY-MANUAL', detail: 'looks wrong' }] : [],
    });
  const statusOf = async (recordId: string): Promise<unknown> => {
    const outcome = await call('farm@maker', 'getMappingRecord', { recordId });
    return outcome.ok ? (outcome.result as { status: string }).status : outcome.refusal.code;
  };
  const holder = async (): Promise<unknown> => {
    const outcome = await call('farm@maker', 'getThing', { thing });
    return outcome.ok ? (outcome.result as { holder?: string }).holder : outcome.refusal.code;
  };
  const later = (seconds: number): void => {
    ledger.now = new Date(ledger.now.getTime() + seconds * 1000);
  };

  beforeEach(async () => {
    ledger = new TestLedger([GovernanceContract, TraceabilityContract]);
    await call('admin@maker', 'initialiseGovernance', {
      members: ['maker', 'carrier', 'inspection', 'customs', 'food'].map((name) => ({
        name,
        regulator: !['maker', 'carrier'].includes(name),
      })),
      verificationQuorum: 2,
      verificationSeconds: 600,
      maximumSpeedKmh: 1000,
      clockToleranceSeconds: 60,
      clockWindowSeconds: 30,
      proposalSeconds: 600,
      reason,
    });
    for (const person of Object.values(people)) {
      if (person.id.startsWith('admin@')) continue;
      const roles = /inspection|customs|food/.test(person.id) ? ['verifier'] : ['accounting'];
      const input = { participant: person.id, publicKey: person.publicKey, roles, reason };
      expect(codeOf(await call(`admin@${person.mspId}`, 'registerParticipant', input))).toBe('ok');
    }
    await call('admin@maker', 'registerInformationServer', { address: server, certificateAuthority, reason });
    const carrierServer = { address: 'https://localhost:7444', certificateAuthority, reason };
    await call('admin@carrier', 'registerInformationServer', carrierServer);
    expect(codeOf(await call('farm@maker', 'registerThing', { thing, kind: 'batch', quantity }))).toBe('ok');
  });

  const accepted = async (by: string, over: Partial<Announcement> = {}): Promise<string> => {
    const recordId = await announced(by, over);
    expect(codeOf(await vote('a@inspection', recordId))).toBe('ok');
    expect(codeOf(await vote('c@customs', recordId))).toBe('ok');
    return recordId;
  };
  const toTrucker = { from: 'farm@maker', to: 'trucker@carrier' };
  const toMill = { from: 'farm@maker', to: 'mill@maker' };

  test('custody moves on acceptance only, from the origin on', async () => {
    expect(await holder()).toBeUndefined();
    const first = await announced('farm@maker');
    expect(await holder()).toBeUndefined();
    await vote('a@inspection', first);
    expect(await statusOf(first)).toBe('announced');
    await vote('c@customs', first);
    expect(await statusOf(first)).toBe('accepted');
    expect(await holder()).toBe('farm@maker');

    const second = await announced('farm@maker', toTrucker);
    expect(await holder()).toBe('farm@maker');
    await vote('a@inspection', second);
    await vote('b@food', second);
    expect(await holder()).toBe('trucker@carrier');

    const chain = await call('trucker@carrier', 'getCustodyChain', { thing });
    expect(chain).toMatchObject({
      result: {
        holder: 'trucker@carrier',
        records: [{ record: { recordId: second, previous: first } }, { record: { recordId: first } }],
      },
    });
  });

  test('a rejected record leaves custody where it was, and the holder may announce again', async () => {
    await accepted('farm@maker');
    const second = await announced('farm@maker', toTrucker);
    await vote('a@inspection', second, 'reject');
    expect(await statusOf(second)).toBe('announced');
    await vote('b@food', second, 'reject');
    expect(await statusOf(second)).toBe('rejected');
    expect(await holder()).toBe('farm@maker');
    await vote('c@customs', second);
    expect(await statusOf(second)).toBe('rejected');
    expect(await announced('farm@maker', toTrucker)).toBe(second);
    expect(await announced('farm@maker', { ...toTrucker, announcementId: 'once-more' })).not.toBe(second);
  });

  test('votes close at the deadline; a record expires only when no backdated vote can come any more', async () => {
    const first = await announced('farm@maker');
    await vote('a@inspection', first);
    later(601);
    expect(codeOf(await vote('c@customs', first))).toBe('TL-VOTE-LATE');
    expect(await statusOf(first)).toBe('announced');
    expect(codeOf(await announce('farm@maker'))).toBe('TL-CUSTODY-PENDING');
    later(60);
    expect(await statusOf(first)).toBe('expired');
    expect(codeOf(await announce('farm@maker'))).toBe('ok');
  });

  test('what an account says again changes nothing and gets its first answer, also after later records', async () => {
    const said = saying();
    const first = await announce('farm@maker', said);
    const repeat = async (): Promise<void> => {
      const before = new Map(ledger.state);
      later(5);
      expect(await announce('farm@maker', said)).toEqual(first);
      expect(ledger.state).toEqual(before);
    };
    await repeat();
    expect(codeOf(await announce('farm@maker', { ...said, dataHash: 'b'.repeat(64) }))).toBe(
      'TL-CUSTODY-PENDING',
    );
    expect(codeOf(await announce('mill@maker', said))).toBe('TL-CUSTODY-PENDING');
    expect(codeOf(await vote('a@inspection', idOf(first)))).toBe('ok');
    expect(codeOf(await vote('a@inspection', idOf(first)))).toBe('ok');
    expect(codeOf(await vote('a@inspection', idOf(first), 'reject'))).toBe('TL-VOTE-TWICE');
    await vote('c@customs', idOf(first));
    await accepted('farm@maker', toMill);
    await repeat();
  });

  describe('a statement', () => {
    const many = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `https://id.gs1.org/01/09506000134352/21/A${String(1000 + i)}`);
    const registered = async (all: readonly string[]): Promise<void> => {
      const run = await ledger.run(
        who('farm@maker'),
        all.map((one) => ['registerThing', { thing: one, kind: 'product', quantity }]),
      );
      expect(run.outcomes.every(({ ok }) => ok)).toBe(true);
    };

    test('announces many things with one signature, one event, and a row for ten neighbours', async () => {
      await registered(many(50));
      const items = many(50).map((one) => saying({ thing: one }));
      const run = await ledger.run(who('farm@maker'), [
        ['announceMappingRecord', statement('farm@maker', items)],
      ]);
      const outcomes = dealt(run.outcomes[0] as Outcome, 50);
      expect(new Set(outcomes.map(idOf)).size).toBe(50);
      expect(run.writes).toHaveLength(6);
      expect(run.roundTrips).toBe(2);
      const statementId = idOf(outcomes[0]).split('.')[0] as string;
      expect(JSON.parse(run.event ?? '{}')).toMatchObject({
        events: [
          { type: 'MappingRecordsAnnounced', statementId, records: [[0, 49]], accounts: ['farm@maker'] },
        ],
      });
      const read = await call('farm@maker', 'getStatement', { statementId });
      expect(read).toMatchObject({
        result: { by: 'farm@maker', text: statementOf(ANNOUNCE, items.map(canonicalJson)) },
      });
      expect((read as { result: { records: unknown[] } }).result.records).toHaveLength(50);
    });

    test('is taken item by item: what is refused leaves nothing, and the others stand', async () => {
      const [a, b, c] = many(3);
      await registered([a as string, b as string]);
      const outcomes = await announceAll('farm@maker', [
        saying({ thing: a as string }),
        saying({ thing: c as string }),
        { ...saying(), dataHash: 'zz' },
        saying({ thing: a as string }),
        saying({ thing: a as string, dataHash: 'c'.repeat(64) }),
        saying({ thing: b as string }),
      ]);
      const codes = outcomes.map(codeOf);
      expect(codes).toEqual(['ok', 'TL-THING-UNKNOWN', 'TL-INPUT-INVALID', 'ok', 'TL-CUSTODY-PENDING', 'ok']);
      expect(idOf(outcomes[3])).toBe(idOf(outcomes[0]));
      const statementId = idOf(outcomes[0]).split('.')[0] as string;
      const cast = { statementId, decision: 'accept', reasons: [] };
      expect(codeOf(await call('a@inspection', 'voteOnRecords', { ...cast, records: [[0, 5]] }))).toBe(
        'TL-RECORD-UNKNOWN',
      );
      const both = [
        [0, 0],
        [5, 5],
      ];
      expect(await call('a@inspection', 'voteOnRecords', { ...cast, records: both })).toMatchObject({
        result: { cast: 2 },
      });
      expect(await call('a@inspection', 'voteOnRecords', { ...cast, records: both })).toMatchObject({
        result: { cast: 0 },
      });
      expect(codeOf(await vote('a@inspection', idOf(outcomes[5]), 'reject'))).toBe('TL-VOTE-TWICE');
      await vote('c@customs', idOf(outcomes[5]));
      expect(await statusOf(idOf(outcomes[5]))).toBe('accepted');
      expect(await statusOf(idOf(outcomes[0]))).toBe('announced');
    });

    test('is refused as a whole when its signature, its text or its operation is wrong', async () => {
      const items = [canonicalJson(saying())];
      const good = statement('farm@maker', [saying()]);
      const other = statement('farm@maker', [saying({ dataHash: 'd'.repeat(64) })]);
      const refusedWith = async (input: unknown): Promise<string> =>
        codeOf(await call('farm@maker', 'announceMappingRecord', input));
      expect(await refusedWith({ ...good, text: other.text })).toBe('TL-SIGNATURE-INVALID');
      expect(await refusedWith({ ...good, signature: 'A'.repeat(86) })).toBe('TL-SIGNATURE-INVALID');
      expect(await refusedWith(signed('mill@maker', statementOf(ANNOUNCE, items)))).toBe(
        'TL-SIGNATURE-INVALID',
      );
      expect(await refusedWith({ ...good, text: 'AAAA' })).toBe('TL-INPUT-MALFORMED');
      expect(await refusedWith({ ...good, text: deflateStatement('x'.repeat(3 << 20)) })).toBe(
        'TL-INPUT-MALFORMED',
      );
      expect(await refusedWith(signed('farm@maker', 'no json'))).toBe('TL-INPUT-MALFORMED');
      expect(await refusedWith(signed('farm@maker', statementOf('traceability:registerThing', items)))).toBe(
        'TL-INPUT-MALFORMED',
      );
      expect(await refusedWith(signed('farm@maker', statementOf(ANNOUNCE, [])))).toBe('TL-INPUT-MALFORMED');
      expect(await refusedWith(saying())).toBe('TL-INPUT-INVALID');
      expect(announcementToSign(saying())).toBe(statementOf(ANNOUNCE, items));
      expect(await refusedWith(good)).toBe('ok');
    });

    test('its text may travel beside the arguments, and is then on the ledger once', async () => {
      const { text = '', signature } = statement('farm@maker', [saying()]);
      const run = await ledger.run(
        who('farm@maker'),
        [['announceMappingRecord', { signature }]],
        new Map([[textName(signature), Buffer.from(text)]]),
      );
      const [outcome] = dealt(run.outcomes[0] as Outcome, 1);
      expect(codeOf(outcome as Outcome)).toBe('ok');
      const [statementId = ''] = idOf(outcome).split('.');
      expect(await call('farm@maker', 'getStatement', { statementId })).toMatchObject({
        result: { text: statementOf(ANNOUNCE, [canonicalJson(saying())]), signature },
      });
    });

    test('is refused when no text of its own travels with it', async () => {
      const { text = '', signature } = statement('farm@maker', [saying()]);
      const other = statement('farm@maker', [saying({ dataHash: 'd'.repeat(64) })]).text ?? '';
      const refusedWith = async (name: string, beside: string): Promise<string> =>
        codeOf(
          await ledger.call(
            who('farm@maker'),
            'announceMappingRecord',
            { signature },
            new Map([[name, Buffer.from(beside)]]),
          ),
        );
      expect(await refusedWith('text/other', text)).toBe('TL-INPUT-MALFORMED');
      expect(await refusedWith(textName(signature), other)).toBe('TL-SIGNATURE-INVALID');
      expect(await refusedWith(textName(signature), '')).toBe('TL-INPUT-INVALID');
      expect(await refusedWith(textName(signature), `${text}!`)).toBe('TL-INPUT-INVALID');
      expect(await refusedWith(textName(signature), `${text}AAAA`)).toBe('TL-INPUT-MALFORMED');
      expect(await refusedWith(textName(signature), 'A'.repeat(3 << 20))).toBe('TL-INPUT-INVALID');
      expect(ledger.state.get(trails.key(thing))).toBeUndefined();
    });
  });

  test.each<[string, string, Partial<Announcement>]>([
    ['TL-THING-UNKNOWN', 'farm@maker', { thing: 'urn:uuid:nothing' }],
    ['TL-CUSTODY-SELF-TRANSFER', 'farm@maker', { from: 'farm@maker' }],
    ['TL-CUSTODY-NO-ORIGIN', 'farm@maker', { from: 'farm@maker', to: 'mill@maker' }],
    ['TL-CUSTODY-NOT-REGISTRANT', 'mill@maker', { to: 'mill@maker' }],
    ['TL-CUSTODY-NOT-REGISTRANT', 'farm@maker', { to: 'mill@maker' }],
    ['TL-QUANTITY-MISMATCH', 'farm@maker', { quantity: { value: '1201', unit: 'KGM' } }],
    ['TL-QUANTITY-MISMATCH', 'farm@maker', { quantity: { value: '1200', unit: 'GRM' } }],
    ['TL-EVENT-IN-FUTURE', 'farm@maker', { eventTime: '2026-01-01T00:01:01.000Z' }],
    ['TL-SERVER-UNKNOWN', 'farm@maker', { informationServer: 'https://elsewhere' }],
    ['TL-SERVER-FOREIGN', 'farm@maker', { informationServer: 'https://localhost:7444' }],
    ['TL-ID-CHECK-DIGIT', 'farm@maker', { thing: '(01)09506000134353' }],
    ['TL-INPUT-INVALID', 'farm@maker', { dataHash: 'zz' }],
    ['TL-CALLER-ROLE', 'a@inspection', {}],
  ])('%s: an origin announced wrongly (%#)', async (code, by, over) => {
    expect(codeOf(await announce(by, over))).toBe(code);
    expect(await holder()).toBeUndefined();
  });

  test.each<[string, string, Partial<Announcement>]>([
    ['TL-CUSTODY-HAS-ORIGIN', 'farm@maker', { dataHash: 'b'.repeat(64) }],
    ['TL-CUSTODY-NOT-HOLDER', 'mill@maker', { from: 'farm@maker', to: 'mill@maker' }],
    ['TL-CUSTODY-NOT-HOLDER', 'mill@maker', { from: 'mill@maker', to: 'farm@maker' }],
    [
      'TL-EVENT-OUT-OF-ORDER',
      'farm@maker',
      { from: 'farm@maker', to: 'mill@maker', eventTime: '2025-12-31T23:00:00.000Z' },
    ],
    ['TL-RECIPIENT-UNKNOWN', 'farm@maker', { from: 'farm@maker', to: 'ghost@maker' }],
    ['TL-RECIPIENT-UNFIT', 'farm@maker', { from: 'farm@maker', to: 'a@inspection' }],
  ])('%s: a transfer announced wrongly (%#)', async (code, by, over) => {
    await accepted('farm@maker');
    expect(codeOf(await announce(by, over))).toBe(code);
    expect(await holder()).toBe('farm@maker');
  });

  test('a suspended recipient can not take custody', async () => {
    await accepted('farm@maker');
    await call('admin@carrier', 'suspendParticipant', { participant: 'trucker@carrier', reason });
    expect(codeOf(await announce('farm@maker', toTrucker))).toBe('TL-RECIPIENT-UNFIT');
  });

  test('votes of others than the regulators of the record, on nothing, or without a reason are refused', async () => {
    const first = await announced('farm@maker');
    expect(codeOf(await vote('farm@maker', first))).toBe('TL-CALLER-ROLE');
    expect(codeOf(await vote('a@inspection', nowhere))).toBe('TL-RECORD-UNKNOWN');
    const bare = { recordId: first, decision: 'reject' };
    expect(codeOf(await call('a@inspection', 'voteOnRecord', bare))).toBe('TL-INPUT-INVALID');
    expect(codeOf(await vote('c@customs', first))).toBe('ok');
    expect(codeOf(await vote('d@customs', first, 'reject'))).toBe('TL-VOTE-TWICE');
    const change = { kind: 'admit-member', member: 'port', regulator: true };
    await call('admin@maker', 'proposeRuleChange', { proposalId: 'proposal-1', change, reason });
    for (const member of ['maker', 'carrier', 'food']) {
      await call(`admin@${member}`, 'castBallot', { proposalId: 'proposal-1', vote: 'for', reason });
    }
    expect(codeOf(await call('admin@maker', 'enactProposal', { proposalId: 'proposal-1' }))).toBe('ok');
    people['admin@port'] = await testCaller('admin@port', 'admin');
    people['pilot@port'] = await testCaller('pilot@port');
    const pilot = {
      participant: 'pilot@port',
      publicKey: who('pilot@port').publicKey,
      roles: ['verifier'],
      reason,
    };
    expect(codeOf(await call('admin@port', 'registerParticipant', pilot))).toBe('ok');
    expect(codeOf(await vote('pilot@port', first))).toBe('TL-VOTE-NOT-REGULATOR');
    delete people['admin@port'];
    delete people['pilot@port'];
  });

  test('custody as of an earlier time is what it was then', async () => {
    await accepted('farm@maker');
    const then = ledger.now.toISOString();
    later(10);
    await accepted('farm@maker', toTrucker);
    expect(await call('farm@maker', 'getCustodyChain', { thing, at: then })).toMatchObject({
      result: { holder: 'farm@maker' },
    });
    expect(await call('farm@maker', 'getCustodyChain', { thing })).toMatchObject({
      result: { holder: 'trucker@carrier' },
    });
  });

  describe('a batch', () => {
    const batch = (count: number): (readonly [OperationName, unknown])[] =>
      Array.from({ length: count }, (_, i) => [
        'registerThing',
        { thing: `urn:batch:${String(i)}/x`, kind: 'product', quantity },
      ]);

    test('costs two messages to the peer however many operations it holds', async () => {
      const run: TestRun = await ledger.run(who('farm@maker'), batch(200));
      expect(run.outcomes.every(({ ok }) => ok)).toBe(true);
      expect(run.writes).toHaveLength(200);
      expect(run.roundTrips).toBe(2);
    });

    test('a refused operation leaves neither write nor event, the others stand', async () => {
      const calls = batch(2);
      const run = await ledger.run(who('farm@maker'), [
        calls[0] as never,
        ['registerThing', { thing, kind: 'product', quantity }],
        [
          'announceMappingRecord',
          statement('farm@maker', [saying({ quantity: { value: '1', unit: 'KGM' } })]),
        ],
        calls[1] as never,
      ]);
      expect(run.outcomes.map(codeOfOne)).toEqual(['ok', 'TL-THING-EXISTS', 'TL-QUANTITY-MISMATCH', 'ok']);
      expect(run.writes.map(({ key }) => key).sort()).toEqual(['thing/urn:batch:0/', 'thing/urn:batch:1/']);
      expect((JSON.parse(run.event ?? '{}') as { events: unknown[] }).events).toHaveLength(2);
    });

    test('sees what earlier operations of it wrote', async () => {
      const run = await ledger.run(who('farm@maker'), [
        ['announceMappingRecord', statement('farm@maker', [saying()])],
        ['announceMappingRecord', statement('farm@maker', [saying({ dataHash: 'b'.repeat(64) })])],
      ]);
      expect(run.outcomes.map(codeOfOne)).toEqual(['ok', 'TL-CUSTODY-PENDING']);
    });

    test('of transfers reads the statements and votes of all their things in one message more', async () => {
      await accepted('farm@maker');
      const run = await ledger.run(who('farm@maker'), [
        ['announceMappingRecord', statement('farm@maker', [saying(toMill)])],
        ...batch(50),
      ]);
      expect(run.outcomes.every(({ ok }) => ok)).toBe(true);
      expect(run.roundTrips).toBe(3);
    });
  });
});
