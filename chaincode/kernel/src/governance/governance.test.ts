// SPDX-License-Identifier: Apache-2.0
import type { Outcome } from '@thingledger/protocol';
import { testCaller, TestLedger, type TestParticipant } from '../testing';
import { GovernanceContract } from './contract';

const settings = {
  verificationQuorum: 1,
  verificationSeconds: 60,
  maximumSpeedKmh: 1000,
  clockToleranceSeconds: 60,
  clockWindowSeconds: 60,
  proposalSeconds: 3600,
};
const reason = 'because';

const members = [
  { name: 'maker', regulator: false },
  { name: 'customs', regulator: true },
  { name: 'carrier', regulator: false },
];

const codeOf = (outcome: Outcome): string => (outcome.ok ? 'ok' : outcome.refusal.code);

describe('X1 governance', () => {
  let ledger: TestLedger;
  let maker: TestParticipant;
  let customs: TestParticipant;
  let carrier: TestParticipant;
  let farm: TestParticipant;
  let officer: TestParticipant;

  beforeAll(async () => {
    maker = await testCaller('admin@maker', 'admin');
    customs = await testCaller('admin@customs', 'admin');
    carrier = await testCaller('admin@carrier', 'admin');
    farm = await testCaller('farm@maker');
    officer = await testCaller('officer@customs');
  });

  const initialise = (caller: TestParticipant, over: object = {}): Promise<Outcome> =>
    ledger.call(caller, 'initialiseGovernance', { ...settings, members, reason, ...over });
  const register = (admin: TestParticipant, who: TestParticipant, roles: string[]): Promise<Outcome> =>
    ledger.call(admin, 'registerParticipant', {
      participant: who.id,
      publicKey: who.publicKey,
      roles,
      reason,
    });

  beforeEach(async () => {
    ledger = new TestLedger([GovernanceContract]);
    expect(codeOf(await initialise(maker))).toBe('ok');
  });

  test('rules are given once, by an administrator, with its own member among the members', async () => {
    expect(codeOf(await initialise(maker))).toBe('TL-GOVERNANCE-INITIALISED');
    ledger = new TestLedger([GovernanceContract]);
    expect(codeOf(await register(maker, farm, ['accounting']))).toBe('TL-GOVERNANCE-UNINITIALISED');
    expect(codeOf(await initialise(farm))).toBe('TL-CALLER-NOT-ADMINISTRATOR');
    expect(codeOf(await initialise(maker, { members: members.slice(1) }))).toBe('TL-RULES-INVALID');
    expect(codeOf(await initialise(maker, { verificationQuorum: 2 }))).toBe('TL-RULES-INVALID');
  });

  test('participants are registered by administrators of their own member, once', async () => {
    expect(codeOf(await register(customs, farm, ['accounting']))).toBe('TL-PARTICIPANT-FOREIGN');
    expect(codeOf(await register(farm, farm, ['accounting']))).toBe('TL-CALLER-NOT-ADMINISTRATOR');
    expect(codeOf(await register(maker, farm, ['accounting']))).toBe('ok');
    expect(codeOf(await register(maker, farm, ['accounting']))).toBe('ok');
    expect(codeOf(await register(maker, farm, ['auditor']))).toBe('TL-PARTICIPANT-EXISTS');
    expect(
      codeOf(
        await register(await testCaller('admin@bank', 'admin'), await testCaller('shop@bank'), [
          'accounting',
        ]),
      ),
    ).toBe('TL-MEMBER-UNKNOWN');
  });

  test('the decision is on record: who, when, why, in which transaction', async () => {
    const outcome = await register(maker, farm, ['accounting']);
    expect(outcome).toMatchObject({
      ok: true,
      result: {
        decision: {
          by: 'admin@maker',
          at: ledger.now.toISOString(),
          reason,
          txId: expect.any(String) as string,
        },
      },
    });
  });

  test('a suspended participant is refused at once, and again admitted when reinstated', async () => {
    await register(maker, farm, ['accounting']);
    expect(codeOf(await ledger.call(farm, 'getRules', {}))).toBe('ok');
    const participant = farm.id;
    expect(codeOf(await ledger.call(maker, 'reinstateParticipant', { participant, reason }))).toBe(
      'TL-PARTICIPANT-STATUS',
    );
    expect(codeOf(await ledger.call(maker, 'suspendParticipant', { participant, reason }))).toBe('ok');
    expect(codeOf(await ledger.call(farm, 'getRules', {}))).toBe('TL-CALLER-SUSPENDED');
    expect(codeOf(await ledger.call(maker, 'reinstateParticipant', { participant, reason }))).toBe('ok');
    expect(codeOf(await ledger.call(farm, 'getRules', {}))).toBe('ok');
    expect(codeOf(await ledger.call(await testCaller('nobody@maker'), 'getRules', {}))).toBe(
      'TL-CALLER-UNKNOWN',
    );
    expect(codeOf(await ledger.call(maker, 'suspendParticipant', { participant: 'no@maker', reason }))).toBe(
      'TL-PARTICIPANT-UNKNOWN',
    );
  });

  test('only regulators have verifiers, or any member could outvote them', async () => {
    expect(codeOf(await register(maker, farm, ['verifier']))).toBe('TL-ROLE-NOT-REGULATOR');
    expect(codeOf(await register(maker, farm, ['accounting']))).toBe('ok');
    const roles = ['accounting', 'verifier'];
    const participant = farm.id;
    expect(codeOf(await ledger.call(maker, 'changeRoles', { participant, roles, reason }))).toBe(
      'TL-ROLE-NOT-REGULATOR',
    );
    expect(codeOf(await register(customs, officer, ['verifier']))).toBe('ok');
  });

  test('no vote can leave fewer regulators than the quorum', async () => {
    const change = { kind: 'suspend-member', member: 'customs' };
    await ledger.call(maker, 'proposeRuleChange', { proposalId: 'proposal-4', change, reason });
    for (const admin of [maker, carrier])
      await ledger.call(admin, 'castBallot', { proposalId: 'proposal-4', vote: 'for', reason });
    expect(codeOf(await ledger.call(maker, 'enactProposal', { proposalId: 'proposal-4' }))).toBe(
      'TL-RULES-INVALID',
    );
  });

  describe('rules change by a majority of the members', () => {
    const proposalId = 'proposal-1';
    const change = { kind: 'settings', settings: { verificationSeconds: 120 } };

    const cast = (admin: TestParticipant, vote: 'for' | 'against'): Promise<Outcome> =>
      ledger.call(admin, 'castBallot', { proposalId, vote, reason });

    beforeEach(async () => {
      expect(codeOf(await ledger.call(maker, 'proposeRuleChange', { proposalId, change, reason }))).toBe(
        'ok',
      );
    });

    test('two of three are enough, one is not; a ballot is final', async () => {
      await cast(maker, 'for');
      expect(codeOf(await ledger.call(maker, 'enactProposal', { proposalId }))).toBe('TL-PROPOSAL-UNDECIDED');
      await cast(customs, 'against');
      expect(codeOf(await cast(customs, 'for'))).toBe('TL-BALLOT-TWICE');
      expect(codeOf(await ledger.call(maker, 'enactProposal', { proposalId }))).toBe('TL-PROPOSAL-UNDECIDED');
      await cast(carrier, 'for');
      expect(codeOf(await ledger.call(maker, 'enactProposal', { proposalId }))).toBe('ok');
      expect(await ledger.call(maker, 'getRules', {})).toMatchObject({
        result: { verificationSeconds: 120 },
      });
      expect(codeOf(await ledger.call(maker, 'enactProposal', { proposalId }))).toBe('TL-PROPOSAL-CLOSED');
    });

    test('past the deadline nothing is taken', async () => {
      ledger.now = new Date(ledger.now.getTime() + 3_600_001);
      expect(codeOf(await cast(maker, 'for'))).toBe('TL-PROPOSAL-CLOSED');
    });

    test('unknown and taken ids are refused', async () => {
      expect(
        codeOf(await ledger.call(maker, 'castBallot', { proposalId: 'proposal-2', vote: 'for', reason })),
      ).toBe('TL-PROPOSAL-UNKNOWN');
      const other = { kind: 'suspend-member', member: 'carrier' };
      expect(
        codeOf(await ledger.call(maker, 'proposeRuleChange', { proposalId, change: other, reason })),
      ).toBe('TL-PROPOSAL-EXISTS');
    });
  });

  describe('T7: the access matrix is enacted by vote', () => {
    const proposalId = 'proposal-5';
    const verifiers = { who: 'verifier', relation: 'any', fields: 'all' };
    const consumers = { who: 'consumer', documentType: 'harvest record', fields: ['/origin'] };
    const proposed = (rows: unknown): Promise<Outcome> =>
      ledger.call(maker, 'proposeRuleChange', {
        proposalId,
        change: { kind: 'access-matrix', rows },
        reason,
      });
    const long = (n: number): object => ({
      ...consumers,
      documentType: `d${String(n)}`,
      fields: Array.from({ length: 10 }, (_, at) => `/${String(at)}${'x'.repeat(200)}`),
    });
    const matrix = (): Promise<Outcome> => ledger.call(maker, 'getAccessMatrix', {});

    test('until then those who have to do with a thing see all, and nobody else anything', async () => {
      const outcome = await matrix();
      expect(outcome).toMatchObject({ ok: true, result: { version: 0 } });
      expect(JSON.stringify(outcome)).not.toMatch(/public|consumer|decision/);
    });

    test('it holds once a majority wants it, numbered and on record; the rules stay as they are', async () => {
      const rules = await ledger.call(maker, 'getRules', {});
      for (const [version, rows] of [[verifiers, consumers], [verifiers]].entries()) {
        const id = `proposal-6${String(version)}`;
        const change = { kind: 'access-matrix', rows };
        expect(
          codeOf(await ledger.call(maker, 'proposeRuleChange', { proposalId: id, change, reason })),
        ).toBe('ok');
        await ledger.call(maker, 'castBallot', { proposalId: id, vote: 'for', reason });
        expect(codeOf(await ledger.call(maker, 'enactProposal', { proposalId: id }))).toBe(
          'TL-PROPOSAL-UNDECIDED',
        );
        await ledger.call(customs, 'castBallot', { proposalId: id, vote: 'for', reason });
        const enacted = await ledger.call(maker, 'enactProposal', { proposalId: id });
        expect(enacted).toMatchObject({
          result: {
            version: version + 1,
            rows: rows.map((row) => ({ relation: 'any', ...row })),
            decision: { reason },
          },
        });
        expect(await matrix()).toEqual(enacted);
      }
      expect(await ledger.call(maker, 'getRules', {})).toEqual(rules);
    });

    test.each<[string, string, unknown[]]>([
      ['a grant twice', 'rows.2.who', [verifiers, consumers, { ...consumers, fields: 'all' }]],
      ['an unknown member', 'rows.1.member', [verifiers, { ...consumers, member: 'nobody' }]],
      [
        'the public of a member',
        'rows.1.member',
        [verifiers, { ...consumers, who: 'public', member: 'maker' }],
      ],
      [
        'a related public',
        'rows.1.relation',
        [verifiers, { ...consumers, who: 'public', relation: 'party' }],
      ],
      ['a public that sees accounts', 'rows.1.fields', [verifiers, { who: 'public', fields: ['/to'] }]],
      ['a public that sees all', 'rows.1.fields', [verifiers, { who: 'public', fields: 'all' }]],
      ['blind verifiers', 'rows', [consumers]],
      ['verifiers of one member only', 'rows', [{ ...verifiers, member: 'customs' }]],
      [
        'verifiers who can not compare the place',
        'rows',
        [{ ...verifiers, fields: ['/thing', '/quantity'] }],
      ],
    ])('%s is nonsense', async (_what, field, rows) => {
      expect(await proposed(rows)).toMatchObject({
        refusal: { code: 'TL-ACCESS-INVALID', fields: { field } },
      });
    });

    test.each<[string, unknown]>([
      ['no rows', []],
      ['too many', Array.from({ length: 101 }, (_, n) => ({ ...verifiers, documentType: `d${String(n)}` }))],
      ['too large', [verifiers, ...Array.from({ length: 40 }, (_, n) => long(n))]],
      ['no pointer', [verifiers, { ...consumers, fields: ['origin'] }]],
      ['the whole document as a pointer', [verifiers, { ...consumers, fields: [''] }]],
      ['an unknown role', [verifiers, { ...consumers, who: 'king' }]],
      ['an unknown relation', [verifiers, { ...consumers, relation: 'cousin' }]],
    ])('%s: not the form of a matrix', async (_what, rows) => {
      expect(codeOf(await proposed(rows))).toBe('TL-INPUT-INVALID');
    });
  });

  test('a suspended member’s people are refused, whoever they are', async () => {
    await register(maker, farm, ['accounting']);
    const change = { kind: 'suspend-member', member: 'maker' };
    await ledger.call(customs, 'proposeRuleChange', { proposalId: 'proposal-3', change, reason });
    for (const admin of [customs, carrier])
      await ledger.call(admin, 'castBallot', { proposalId: 'proposal-3', vote: 'for', reason });
    expect(codeOf(await ledger.call(customs, 'enactProposal', { proposalId: 'proposal-3' }))).toBe('ok');
    expect(codeOf(await ledger.call(farm, 'getRules', {}))).toBe('TL-MEMBER-SUSPENDED');
    expect(codeOf(await ledger.call(maker, 'getRules', {}))).toBe('TL-MEMBER-SUSPENDED');
  });
});
