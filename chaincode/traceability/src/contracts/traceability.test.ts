// SPDX-License-Identifier: Apache-2.0
import { GovernanceContract } from '@thingledger/kernel';
import { testCaller, TestLedger, type TestParticipant, type TestRun } from '@thingledger/kernel/testing';
import {
  announcementToSign,
  thingDigest,
  type Announcement,
  type OperationName,
  type Outcome,
} from '@thingledger/protocol';
import { TraceabilityContract } from './traceability';

const reason = 'test';
const thing = 'https://id.gs1.org/01/09506000134352/10/LOT-7';
const quantity = { value: '1200', unit: 'KGM' };
const server = 'https://localhost:7443';
const certificateAuthority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const digest = thingDigest(thing);
/** A record id of the thing the tests are about. */
const id = (number: number): string => `${digest}.record${String(number)}`;

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

  const signed = (by: string, over: Partial<Announcement> = {}): Announcement => {
    const announcement = {
      recordId: id(1),
      thing,
      informationServer: server,
      dataHash: 'a'.repeat(64),
      to: 'farm@maker',
      eventTime: new Date(ledger.now.getTime() - 60_000).toISOString(),
      quantity,
      place: { latitude: 48.1, longitude: 11.5 },
      signature: '',
      ...over,
    };
    return { ...announcement, signature: over.signature ?? who(by).sign(announcementToSign(announcement)) };
  };
  const announce = (by: string, over: Partial<Announcement> = {}): Promise<Outcome> =>
    call(by, 'announceMappingRecord', signed(by, over));
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

  const accepted = async (by: string, over: Partial<Announcement> = {}): Promise<void> => {
    const announcement = signed(by, over);
    expect(codeOf(await call(by, 'announceMappingRecord', announcement))).toBe('ok');
    expect(codeOf(await vote('a@inspection', announcement.recordId))).toBe('ok');
    expect(codeOf(await vote('c@customs', announcement.recordId))).toBe('ok');
  };

  test('custody moves on acceptance only, from the origin on', async () => {
    expect(await holder()).toBeUndefined();
    expect(codeOf(await announce('farm@maker'))).toBe('ok');
    expect(await holder()).toBeUndefined();
    await vote('a@inspection', id(1));
    expect(await statusOf(id(1))).toBe('announced');
    await vote('c@customs', id(1));
    expect(await statusOf(id(1))).toBe('accepted');
    expect(await holder()).toBe('farm@maker');

    await announce('farm@maker', { recordId: id(2), from: 'farm@maker', to: 'trucker@carrier' });
    expect(await holder()).toBe('farm@maker');
    await vote('a@inspection', id(2));
    await vote('b@food', id(2));
    expect(await holder()).toBe('trucker@carrier');

    const chain = await call('trucker@carrier', 'getCustodyChain', { thing });
    expect(chain).toMatchObject({
      result: {
        holder: 'trucker@carrier',
        records: [{ record: { recordId: id(2) } }, { record: { recordId: id(1) } }],
      },
    });
  });

  test('a rejected record leaves custody where it was, and the holder may announce again', async () => {
    await accepted('farm@maker');
    await announce('farm@maker', { recordId: id(2), from: 'farm@maker', to: 'trucker@carrier' });
    await vote('a@inspection', id(2), 'reject');
    expect(await statusOf(id(2))).toBe('announced');
    await vote('b@food', id(2), 'reject');
    expect(await statusOf(id(2))).toBe('rejected');
    expect(await holder()).toBe('farm@maker');
    await vote('c@customs', id(2));
    expect(await statusOf(id(2))).toBe('rejected');
    await accepted('farm@maker', { recordId: id(3), from: 'farm@maker', to: 'mill@maker' });
    expect(await holder()).toBe('mill@maker');
  });

  test('votes close at the deadline; a record expires only when no backdated vote can come any more', async () => {
    await announce('farm@maker');
    await vote('a@inspection', id(1));
    later(601);
    expect(codeOf(await vote('c@customs', id(1)))).toBe('TL-VOTE-LATE');
    expect(await statusOf(id(1))).toBe('announced');
    expect(codeOf(await announce('farm@maker', { recordId: id(2) }))).toBe('TL-CUSTODY-PENDING');
    later(60);
    expect(await statusOf(id(1))).toBe('expired');
    expect(codeOf(await announce('farm@maker', { recordId: id(2) }))).toBe('ok');
  });

  test('a request repeated by its account changes nothing; the same id for something else is refused', async () => {
    const first = await announce('farm@maker');
    const before = new Map(ledger.state);
    later(5);
    const again = await call('farm@maker', 'announceMappingRecord', {
      ...signed('farm@maker', { eventTime: new Date(ledger.now.getTime() - 65_000).toISOString() }),
    });
    expect(again).toEqual(first);
    expect(ledger.state).toEqual(before);
    expect(codeOf(await announce('farm@maker', { dataHash: 'b'.repeat(64) }))).toBe('TL-RECORD-EXISTS');
    expect(codeOf(await announce('mill@maker'))).toBe('TL-RECORD-EXISTS');
    expect(codeOf(await vote('a@inspection', id(1)))).toBe('ok');
    expect(codeOf(await vote('a@inspection', id(1)))).toBe('ok');
    expect(codeOf(await vote('a@inspection', id(1), 'reject'))).toBe('TL-VOTE-TWICE');
  });

  test('a request repeated after later records gets its first answer still', async () => {
    const first = await announce('farm@maker');
    const again = signed('farm@maker');
    await vote('a@inspection', id(1));
    await vote('c@customs', id(1));
    await accepted('farm@maker', { recordId: id(2), from: 'farm@maker', to: 'mill@maker' });
    const before = new Map(ledger.state);
    expect(await call('farm@maker', 'announceMappingRecord', again)).toEqual(first);
    expect(ledger.state).toEqual(before);
    const other = signed('mill@maker', { from: 'mill@maker', to: 'farm@maker' });
    expect(codeOf(await call('mill@maker', 'announceMappingRecord', other))).toBe('TL-RECORD-EXISTS');
  });

  test.each<[string, string, Partial<Announcement>]>([
    ['TL-RECORD-ID', 'farm@maker', { thing: 'urn:uuid:nothing' }],
    [
      'TL-THING-UNKNOWN',
      'farm@maker',
      { thing: 'urn:uuid:nothing', recordId: `${thingDigest('urn:uuid:nothing')}.record1` },
    ],
    ['TL-CUSTODY-SELF-TRANSFER', 'farm@maker', { from: 'farm@maker' }],
    ['TL-CUSTODY-NO-ORIGIN', 'farm@maker', { from: 'farm@maker', to: 'mill@maker' }],
    ['TL-CUSTODY-NOT-REGISTRANT', 'mill@maker', { to: 'mill@maker' }],
    ['TL-CUSTODY-NOT-REGISTRANT', 'farm@maker', { to: 'mill@maker' }],
    ['TL-QUANTITY-MISMATCH', 'farm@maker', { quantity: { value: '1201', unit: 'KGM' } }],
    ['TL-QUANTITY-MISMATCH', 'farm@maker', { quantity: { value: '1200', unit: 'GRM' } }],
    ['TL-EVENT-IN-FUTURE', 'farm@maker', { eventTime: '2026-01-01T00:01:01.000Z' }],
    ['TL-SERVER-UNKNOWN', 'farm@maker', { informationServer: 'https://elsewhere' }],
    ['TL-SERVER-FOREIGN', 'farm@maker', { informationServer: 'https://localhost:7444' }],
    ['TL-SIGNATURE-INVALID', 'farm@maker', { signature: 'A'.repeat(86) }],
    ['TL-ID-CHECK-DIGIT', 'farm@maker', { thing: '(01)09506000134353' }],
    ['TL-INPUT-INVALID', 'farm@maker', { dataHash: 'zz' }],
    ['TL-CALLER-ROLE', 'a@inspection', {}],
  ])('%s: an origin announced wrongly (%#)', async (code, by, over) => {
    const announcement = over.thing?.startsWith('(') ? { ...signed(by), ...over } : signed(by, over);
    expect(codeOf(await call(by, 'announceMappingRecord', announcement))).toBe(code);
    expect(await holder()).toBeUndefined();
  });

  test.each<[string, string, Partial<Announcement>]>([
    ['TL-CUSTODY-HAS-ORIGIN', 'farm@maker', {}],
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
    expect(codeOf(await announce(by, { recordId: id(2), ...over }))).toBe(code);
    expect(await holder()).toBe('farm@maker');
  });

  test('a suspended recipient can not take custody', async () => {
    await accepted('farm@maker');
    await call('admin@carrier', 'suspendParticipant', { participant: 'trucker@carrier', reason });
    const outcome = await announce('farm@maker', {
      recordId: id(2),
      from: 'farm@maker',
      to: 'trucker@carrier',
    });
    expect(codeOf(outcome)).toBe('TL-RECIPIENT-UNFIT');
  });

  test('votes of others than the regulators of the record, on nothing, or without a reason are refused', async () => {
    await announce('farm@maker');
    expect(codeOf(await vote('farm@maker', id(1)))).toBe('TL-CALLER-ROLE');
    expect(codeOf(await vote('a@inspection', id(999)))).toBe('TL-RECORD-UNKNOWN');
    const bare = { recordId: id(1), decision: 'reject' };
    expect(codeOf(await call('a@inspection', 'voteOnRecord', bare))).toBe('TL-INPUT-INVALID');
    expect(codeOf(await vote('c@customs', id(1)))).toBe('ok');
    expect(codeOf(await vote('d@customs', id(1), 'reject'))).toBe('TL-VOTE-TWICE');
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
    expect(codeOf(await vote('pilot@port', id(1)))).toBe('TL-VOTE-NOT-REGULATOR');
    delete people['admin@port'];
    delete people['pilot@port'];
  });

  test('custody as of an earlier time is what it was then', async () => {
    await accepted('farm@maker');
    const then = ledger.now.toISOString();
    later(10);
    await accepted('farm@maker', { recordId: id(2), from: 'farm@maker', to: 'trucker@carrier' });
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
        { thing: `urn:batch:${String(i)}`, kind: 'product', quantity },
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
        ['announceMappingRecord', signed('farm@maker', { quantity: { value: '1', unit: 'KGM' } })],
        calls[1] as never,
      ]);
      expect(run.outcomes.map(codeOf)).toEqual(['ok', 'TL-THING-EXISTS', 'TL-QUANTITY-MISMATCH', 'ok']);
      expect(run.writes.map(({ key }) => key).sort()).toEqual(
        ['urn:batch:0', 'urn:batch:1'].map((name) => `thing/${thingDigest(name)}`).sort(),
      );
      expect((JSON.parse(run.event ?? '{}') as { events: unknown[] }).events).toHaveLength(2);
    });

    test('sees what earlier operations of it wrote', async () => {
      const run = await ledger.run(who('farm@maker'), [
        ['announceMappingRecord', signed('farm@maker')],
        ['announceMappingRecord', signed('farm@maker', { recordId: id(2) })],
      ]);
      expect(run.outcomes.map(codeOf)).toEqual(['ok', 'TL-CUSTODY-PENDING']);
    });

    test('of transfers reads the votes of all their things in one message more', async () => {
      await accepted('farm@maker');
      const run = await ledger.run(who('farm@maker'), [
        [
          'announceMappingRecord',
          signed('farm@maker', { recordId: id(2), from: 'farm@maker', to: 'mill@maker' }),
        ],
        ...batch(50),
      ]);
      expect(run.outcomes.every(({ ok }) => ok)).toBe(true);
      expect(run.roundTrips).toBe(3);
    });
  });
});
