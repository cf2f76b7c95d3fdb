// SPDX-License-Identifier: Apache-2.0
import { GovernanceContract } from '@thingledger/kernel';
import { testCaller, TestLedger, type TestParticipant } from '@thingledger/kernel/testing';
import {
  canonicalJson,
  deflateStatement,
  outcomeAt,
  statementOf,
  type OperationName,
  type Outcome,
  type StatementResult,
} from '@thingledger/protocol';
import { TraceabilityContract } from '@thingledger/traceability';
import fc from 'fast-check';

const reason = 'property';
const quantity = { value: '12', unit: 'KGM' };
const accounts = ['farm@maker', 'mill@maker', 'trucker@carrier'] as const;
const voters = ['agent@inspection', 'agent@customs', 'agent@food'] as const;
const regulators = voters.map((id) => id.slice(id.indexOf('@') + 1));
const things = ['LOT-1', 'LOT-2'].map((lot) => `https://id.gs1.org/01/09506000134352/10/${lot}`);
const quorum = 2;
const verificationSeconds = 600;
const clockWindowSeconds = 30;

/** What somebody tries. Indexes name accounts, voters and things; `apt` is what would be right at that moment. */
type Attempt =
  | {
      readonly act: 'announce';
      readonly thing: number;
      readonly by: number | 'apt';
      readonly from: number | 'nobody' | 'apt';
      readonly to: number | 'apt';
    }
  | { readonly act: 'vote'; readonly thing: number; readonly by: number; readonly accept: boolean }
  | { readonly act: 'wait'; readonly seconds: number };

/** Mostly what is right, else anything: chains must grow for breaking them to mean something. */
const mostlyApt = <T>(...others: T[]): fc.Arbitrary<T | 'apt'> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant('apt' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
const attempt: fc.Arbitrary<Attempt> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('announce' as const),
      thing: fc.nat(1),
      by: mostlyApt(0, 1, 2),
      from: mostlyApt<number | 'nobody'>('nobody', 0, 1, 2),
      to: mostlyApt(0, 1, 2),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      act: fc.constant('vote' as const),
      thing: fc.nat(1),
      by: fc.nat(2),
      accept: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('wait' as const), seconds: fc.constantFrom(1, 300, 700) }),
  },
);

/** A call as it was made, to be made again. */
interface Made {
  readonly at: Date;
  readonly by: string;
  readonly name: OperationName;
  readonly input: unknown;
}

/** What the rules of custody say, told again without the contract: the oracle of this test. */
class Expected {
  holder: string | undefined;
  pending: { recordId: string; to: string; announced: number; votes: Map<string, boolean> } | undefined;
  readonly hops: string[] = [];

  /** Settles the pending record as far as votes and time do. */
  settle(now: number): void {
    if (!this.pending) return;
    const { recordId, to, announced, votes } = this.pending;
    const accepting = [...votes.values()].filter(Boolean).length;
    if (accepting >= quorum) {
      this.holder = to;
      this.hops.unshift(recordId);
    } else if (
      votes.size - accepting <= regulators.length - quorum &&
      now <= announced + (verificationSeconds + 2 * clockWindowSeconds) * 1000
    )
      return;
    this.pending = undefined;
  }
}

describe('T2 T4 custody, whatever people try in whatever order', () => {
  const people = new Map<string, TestParticipant>();
  const who = (id: string): TestParticipant => people.get(id)!;

  beforeAll(async () => {
    for (const id of [...accounts, ...voters]) people.set(id, await testCaller(id));
    for (const member of ['maker', 'carrier', ...regulators])
      people.set(`admin@${member}`, await testCaller(`admin@${member}`, 'admin'));
  });

  /** A ledger on which the things are registered by the first account; `made` holds how it came about. */
  async function founded(): Promise<{ ledger: TestLedger; made: Made[]; call: typeof call }> {
    const ledger = new TestLedger([GovernanceContract, TraceabilityContract]);
    const made: Made[] = [];
    const call = async (by: string, name: OperationName, input: unknown): Promise<Outcome> => {
      made.push({ at: ledger.now, by, name, input });
      return ledger.call(who(by), name, input);
    };
    const must = async (...args: Parameters<typeof call>): Promise<void> =>
      expect(await call(...args)).toMatchObject({ ok: true });
    await must('admin@maker', 'initialiseGovernance', {
      members: ['maker', 'carrier', ...regulators].map((name) => ({
        name,
        regulator: regulators.includes(name),
      })),
      verificationQuorum: quorum,
      verificationSeconds,
      maximumSpeedKmh: 1000,
      clockToleranceSeconds: 60,
      clockWindowSeconds,
      proposalSeconds: 600,
      reason,
    });
    for (const id of [...accounts, ...voters]) {
      const { mspId, publicKey } = who(id);
      const roles = accounts.some((account) => account === id) ? ['accounting'] : ['verifier'];
      await must(`admin@${mspId}`, 'registerParticipant', { participant: id, publicKey, roles, reason });
    }
    for (const member of ['maker', 'carrier'])
      await must(`admin@${member}`, 'registerInformationServer', {
        address: `https://${member}.example`,
        certificateAuthority: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
        reason,
      });
    for (const thing of things) await must(accounts[0], 'registerThing', { thing, kind: 'batch', quantity });
    return { ledger, made, call };
  }

  function announcement(thing: string, now: Date, by: string, from: string | undefined, to: string): object {
    const said = {
      thing,
      quantity,
      informationServer: `https://${by.slice(by.indexOf('@') + 1)}.example`,
      dataHash: 'a'.repeat(64),
      ...(from === undefined ? {} : { from }),
      to,
      eventTime: now.toISOString(),
      place: { latitude: 48.1, longitude: 11.5 },
    };
    const text = statementOf('traceability:announceMappingRecord', [canonicalJson(said)]);
    return { text: deflateStatement(text), signature: who(by).sign(text) };
  }

  /** Plays attempts against ledger and oracle, comparing after each. */
  async function play(attempts: readonly Attempt[]): Promise<{ ledger: TestLedger; made: readonly Made[] }> {
    const { ledger, made, call } = await founded();
    const expected = things.map(() => new Expected());
    for (const tried of attempts) {
      ledger.now = new Date(ledger.now.getTime() + (tried.act === 'wait' ? tried.seconds : 1) * 1000);
      const now = ledger.now.getTime();
      for (const each of expected) each.settle(now);
      if (tried.act === 'wait') continue;
      const thing = things[tried.thing]!;
      const story = expected[tried.thing]!;
      if (tried.act === 'announce') {
        const by = tried.by === 'apt' ? (story.holder ?? accounts[0]) : accounts[tried.by]!;
        const from = fromOf(tried.from, story.holder);
        const next = from === undefined ? by : accounts[(accounts.findIndex((id) => id === from) + 1) % 3]!;
        const to = tried.to === 'apt' ? next : accounts[tried.to]!;
        const input = announcement(thing, ledger.now, by, from, to);
        const right =
          story.pending === undefined &&
          from !== to &&
          (from === undefined
            ? story.holder === undefined && by === accounts[0] && to === by
            : story.holder === from && by === from);
        const outcome = soleOf(await call(by, 'announceMappingRecord', input));
        expect(outcome.ok).toBe(right);
        if (outcome.ok)
          story.pending = {
            recordId: (outcome.result as { recordId: string }).recordId,
            to,
            announced: now,
            votes: new Map(),
          };
      } else if (story.pending) {
        const { recordId, announced, votes } = story.pending;
        const by = voters[tried.by]!;
        const reasons = tried.accept ? [] : [{ code: 'TL-VERIFY-MANUAL', detail: 'looks wrong' }];
        const input = { recordId, decision: tried.accept ? 'accept' : 'reject', reasons };
        // A vote repeated is answered as before, also late; it changes nothing.
        const right = votes.has(by)
          ? votes.get(by) === tried.accept
          : now <= announced + verificationSeconds * 1000;
        expect((await call(by, 'voteOnRecord', input)).ok).toBe(right);
        if (right) votes.set(by, tried.accept);
      }
      story.settle(now);
      expectChain(await call(accounts[0], 'getCustodyChain', { thing }), story);
    }
    return { ledger, made };
  }

  /** The chain the ledger tells is the oracle's, unbroken from the holder back to the origin, with one quantity. */
  function expectChain(outcome: Outcome, { holder, pending, hops }: Expected): void {
    expect(outcome.ok).toBe(true);
    if (!outcome.ok) return;
    const chain = outcome.result as {
      holder?: string;
      pending?: { record: { recordId: string } };
      records: {
        record: { recordId: string; from?: string; to: string; quantity: object };
        votes: object[];
      }[];
    };
    expect(chain.holder).toBe(holder);
    expect(chain.pending?.record.recordId).toBe(pending?.recordId);
    expect(chain.records.map(({ record }) => record.recordId)).toEqual(hops);
    expect(chain.records.map(({ record }) => record.from)).toEqual([
      ...chain.records.slice(1).map(({ record }) => record.to),
      ...(hops.length === 0 ? [] : [undefined]),
    ]);
    for (const { record } of chain.records) expect(record.quantity).toEqual(quantity);
  }

  test('one holder at most, an unbroken chain, nothing created or lost; the same calls give the same state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 40, maxLength: 80 }), async (attempts) => {
        const { ledger, made } = await play(attempts);
        const again = new TestLedger([GovernanceContract, TraceabilityContract]);
        for (const { at, by, name, input } of made) {
          again.now = at;
          await again.call(who(by), name, input);
        }
        expect([...again.state]).toEqual([...ledger.state]);
      }),
      { numRuns: 20, seed: 20_261_121 },
    );
  });
});

/** The outcome of a statement's only item. */
function soleOf(outcome: Outcome): Outcome {
  return outcome.ok ? outcomeAt(outcome.result as StatementResult, 0) : outcome;
}

function fromOf(from: number | 'nobody' | 'apt', holder: string | undefined): string | undefined {
  if (from === 'apt') return holder;
  return from === 'nobody' ? undefined : accounts[from];
}
