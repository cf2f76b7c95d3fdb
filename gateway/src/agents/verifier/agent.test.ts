// SPDX-License-Identifier: Apache-2.0
import {
  COMPARED_MEMBERS,
  disclose,
  operations,
  placeOfRecord,
  recordIdOf,
  Refusal,
  runsOf,
  type Input,
  type MappingRecord,
  type SaltedDocument,
  type TraceabilityData,
  type Vote,
} from '@thingledger/protocol';
import { pino } from 'pino';
import {
  checkBytes,
  fault,
  type DataRequest,
  type DataSource,
  type Fetched,
} from '../../information-server/client/fetch.js';
import { LedgerDirectory } from '../../information-server/directory.js';
import {
  hashOf,
  servedOf,
  documentOf,
  People,
  recordIdFor,
  ScriptedLedger,
  statementWith,
  THING,
  type StatementWithRecords,
} from '../../information-server/testing/index.js';
import { VerifierAgent, type VerifierOptions } from './agent.js';
import { listQueue } from './list.js';

const ADDRESS = 'https://data.maker.example';
const AGENT = 'agent@inspection';
const QUICK = { most: 400, firstRetry: 20, slowestRetry: 50 };

/** What the information servers do, as the test says; the real client has tests of its own. */
class Sources implements DataSource {
  readonly asked: string[] = [];
  readonly #held = new Map<string, Buffer>();
  answer: (request: DataRequest, signal?: AbortSignal) => Promise<Fetched> | Fetched = ({ hash }) =>
    this.held(hash);

  hold(document: TraceabilityData): void {
    this.#held.set(hashOf(document), servedOf(document));
  }

  held(hash: string): Fetched {
    return checkBytes(this.#held.get(hash) ?? Buffer.from('{}'), hash);
  }

  async fetch(request: DataRequest, _as: unknown, signal?: AbortSignal): Promise<Fetched> {
    this.asked.push(request.hash);
    return this.answer(request, signal);
  }
}

let people: People;
let ledger: ScriptedLedger;
let sources: Sources;
let dir: string;
let agents: VerifierAgent[];

beforeAll(async () => {
  people = await People.gather();
});
afterAll(() => people.leave());
beforeEach(async () => {
  ledger = new ScriptedLedger();
  sources = new Sources();
  agents = [];
  dir = await people.folder();
  for (const id of ['farm@maker', 'processor@maker'])
    ledger.participants.set(id, people.participant(id, ['accounting']));
  const decision = { by: 'admin@maker', at: '2026-01-01T00:00:00.000Z', reason: 'test', txId: 't0' };
  ledger.servers.set(ADDRESS, { address: ADDRESS, member: 'maker', certificateAuthority: 'PEM', decision });
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close({ drainMillis: 0 });
});

async function start(over: Partial<VerifierOptions> = {}): Promise<VerifierAgent> {
  const as = people.principal(AGENT);
  const agent = await VerifierAgent.start({
    dir,
    channel: 'traceability',
    chaincode: 'traceability',
    ledger: ledger.port,
    reader: ledger,
    writer: ledger.writer,
    directory: new LedgerDirectory(ledger, as, 0),
    source: sources,
    as,
    log: pino({ level: 'silent' }),
    patience: QUICK,
    ...over,
  });
  agents.push(agent);
  return agent;
}
const stop = async (agent: VerifierAgent, drainMillis = 0): Promise<void> => {
  agents.splice(agents.indexOf(agent), 1);
  await agent.close({ drainMillis });
};
/** A statement of documents, which the information server holds. */
function stated(
  n: number,
  documents: readonly TraceabilityData[] = [documentOf()],
  over: Partial<MappingRecord> = {},
): StatementWithRecords {
  documents.forEach((document) => sources.hold(document));
  return statementWith(people, ADDRESS, documents, { recordId: recordIdFor(n), ...over });
}
/** Announces a statement of one record. */
const announce = (n = 1, over: Partial<MappingRecord> = {}): void =>
  ledger.announce(stated(n, [documentOf()], over));
/** Documents of things that differ in their lots. */
const lots = (count: number): TraceabilityData[] =>
  Array.from({ length: count }, (_, lot) => documentOf({ thing: `${THING}-${String(lot)}` }));
const votesOn = (n = 1, place = 0): Vote[] =>
  ledger.votes.get(recordIdOf(placeOfRecord(recordIdFor(n)).statementId, place)) ?? [];
const expectSoon = async (what: () => unknown): Promise<void> => {
  for (const end = Date.now() + 5000; !(await what());) {
    if (Date.now() > end) throw new Error(`never: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const pass = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

describe('T4 T7: a copy that hides something', () => {
  const partly = (document: TraceabilityData): Buffer =>
    Buffer.from(JSON.stringify(disclose(document as SaltedDocument, COMPARED_MEMBERS)));

  test('is not accepted where verifiers see all: behind it could be anything', async () => {
    const document = documentOf({ documentType: 'harvest record' });
    sources.answer = ({ hash }) => checkBytes(partly(document), hash);
    await start();
    ledger.announce(stated(1, [document]));
    await expectSoon(() => votesOn().length === 1);
    expect(votesOn()).toMatchObject([{ decision: 'reject', reasons: [{ code: 'TL-VERIFY-REFUSED' }] }]);
  });

  test('is as it should be where the members decided so', async () => {
    const document = documentOf({ documentType: 'harvest record' });
    const fields = [...COMPARED_MEMBERS];
    ledger.access = { version: 1, rows: [{ who: 'verifier', relation: 'any', fields }] };
    sources.answer = ({ hash }) => checkBytes(partly(document), hash);
    await start();
    ledger.announce(stated(1, [document]));
    await expectSoon(() => votesOn().length === 1);
    expect(votesOn()).toMatchObject([{ decision: 'accept' }]);
  });
});

test('accepts a right record, once', async () => {
  const agent = await start();
  announce();
  await expectSoon(() => votesOn().length > 0);
  expect(votesOn()).toMatchObject([{ verifier: AGENT, decision: 'accept', reasons: [] }]);
  await expectSoon(() => agent.stats.accepted === 1);
  await pass(100);
  expect(sources.asked).toHaveLength(1);
});

test('sees what was announced before it came', async () => {
  announce(1);
  announce(2);
  await start();
  await expectSoon(() => votesOn(1).length + votesOn(2).length === 2);
});

test('rejects with every reason at hand, and does not contact a server for a record that is wrong by itself', async () => {
  announce(1, { signature: 'A'.repeat(86), to: 'shop@bank' });
  await start();
  await expectSoon(() => votesOn().length > 0);
  expect(votesOn()[0]?.decision).toBe('reject');
  expect(votesOn()[0]?.reasons.map(({ code }) => code)).toEqual(['TL-VERIFY-ACCOUNT', 'TL-VERIFY-SIGNATURE']);
  expect(sources.asked).toEqual([]);
});

test('rejects data that is not what was announced', async () => {
  sources.answer = ({ hash }) => checkBytes(Buffer.from('{}'), hash);
  announce();
  await start();
  await expectSoon(() => votesOn().length > 0);
  expect(votesOn()[0]).toMatchObject({ decision: 'reject', reasons: [{ code: 'TL-VERIFY-HASH' }] });
});

test('rejects data that differs from the record', async () => {
  const other = documentOf({ quantity: { value: '60', unit: 'KGM' } });
  sources.answer = () => checkBytes(servedOf(other), hashOf(other));
  announce();
  await start();
  await expectSoon(() => votesOn().length > 0);
  expect(votesOn()[0]).toMatchObject({ decision: 'reject', reasons: [{ code: 'TL-VERIFY-QUANTITY' }] });
});

test('checks the speed from the previous record', async () => {
  ledger.keep(stated(7, [documentOf({ place: { latitude: -33, longitude: 151 } })]));
  announce(1, { previous: recordIdFor(7) });
  await start();
  await expectSoon(() => votesOn().length > 0);
  expect(votesOn()[0]).toMatchObject({ decision: 'reject', reasons: [{ code: 'TL-VERIFY-SPEED' }] });
});

describe('patience', () => {
  const down = (): Fetched => ({ ok: false, fault: fault('TL-VERIFY-UNREACHABLE') });

  test('waits for a server that comes back', async () => {
    sources.answer = down;
    const agent = await start();
    announce();
    await expectSoon(() => agent.stats.postponed >= 2);
    expect(votesOn()).toEqual([]);
    sources.answer = ({ hash }) => sources.held(hash);
    await expectSoon(() => votesOn().length > 0);
    expect(votesOn()[0]?.decision).toBe('accept');
  });

  test('does not wait for ever', async () => {
    sources.answer = down;
    await start();
    announce();
    await expectSoon(() => votesOn().length > 0);
    expect(votesOn()[0]).toMatchObject({ decision: 'reject', reasons: [{ code: 'TL-VERIFY-UNREACHABLE' }] });
    expect(sources.asked.length).toBeGreaterThan(3);
  });

  test('is not renewed by a restart', async () => {
    sources.answer = down;
    const first = await start();
    announce();
    await expectSoon(() => first.stats.postponed >= 1);
    await stop(first);
    await pass(QUICK.most);
    const second = await start();
    await expectSoon(() => votesOn().length > 0);
    expect(second.stats.postponed).toBe(0);
  });
});

describe('a ledger in trouble', () => {
  test('is no reason to reject: the record is looked at again', async () => {
    let failures = 0;
    ledger.beforeEvaluate = (operation) => {
      if (operation !== 'getStatement' || ++failures > 3) return;
      throw new Refusal('TL-LEDGER-UNAVAILABLE');
    };
    const agent = await start();
    announce();
    await expectSoon(() => votesOn().length > 0);
    expect(votesOn()[0]?.decision).toBe('accept');
    expect(agent.stats.failed).toBe(3);
  });

  test('that does not take the vote gets it again', async () => {
    let failures = 0;
    ledger.beforeVote = async () => {
      if (++failures <= 3) throw new Refusal('TL-OVERLOADED');
    };
    await start();
    announce();
    await expectSoon(() => votesOn().length > 0);
    expect(votesOn()).toHaveLength(1);
  });

  test('that was asked a moment too early is asked afresh before a rejection', async () => {
    ledger.participants.delete('processor@maker');
    const as = people.principal(AGENT);
    const directory = new LedgerDirectory(ledger, as, 5000);
    ledger.participants.set(
      'processor@maker',
      people.participant('processor@maker', ['accounting'], { status: 'suspended' }),
    );
    await directory.participant('processor@maker');
    ledger.participants.set('processor@maker', people.participant('processor@maker', ['accounting']));
    await start({ directory });
    announce();
    await expectSoon(() => votesOn().length > 0);
    expect(votesOn()[0]?.decision).toBe('accept');
  });
});

describe('one bad record', () => {
  test('does not hold up the others', async () => {
    ledger.beforeEvaluate = (_operation, input) => {
      if (input['statementId'] === placeOfRecord(recordIdFor(98)).statementId) throw new Error('poisoned');
    };
    sources.answer = ({ hash }, signal) =>
      hash === '1'.repeat(64)
        ? new Promise((_, reject) => signal?.addEventListener('abort', reject))
        : sources.held(hash);
    await start({ concurrency: 2 });
    announce(98);
    announce(99, { dataHash: '1'.repeat(64) });
    for (let i = 0; i < 30; i++) announce(100 + i);
    await expectSoon(() => ledger.votes.size === 30);
  });

  test('is voted on after one look, however long its data takes', async () => {
    sources.answer = async ({ hash }) => {
      await pass(1500);
      return sources.held(hash);
    };
    await start();
    announce();
    await expectSoon(() => votesOn().length > 0);
    expect(sources.asked).toHaveLength(1);
  });

  test('nor does an event that can not be read', async () => {
    await start();
    ledger.emit(Buffer.from('not JSON'));
    ledger.emit(Buffer.from('{"at":"now"}'));
    announce();
    await expectSoon(() => votesOn().length > 0);
  });
});

describe('a statement', () => {
  const RECORDS = 300;
  const count = (asked: readonly string[], operation: string): number =>
    asked.filter((name) => name === operation).length;
  let asked: string[];
  let ballots: Input<typeof operations.voteOnRecords>[];
  beforeEach(() => {
    asked = [];
    ballots = [];
    ledger.beforeEvaluate = (operation) => asked.push(operation);
    ledger.beforeVote = async (ballot) => void ballots.push(ballot);
  });

  test('of many records is read once and voted on once', async () => {
    const agent = await start();
    ledger.announce(stated(1, lots(RECORDS)));
    await expectSoon(() => agent.stats.accepted === RECORDS);
    expect(ballots).toMatchObject([{ decision: 'accept', records: [[0, RECORDS - 1]] }]);
    expect([count(asked, 'getStatement'), count(asked, 'getMappingRecord')]).toEqual([1, 0]);
    expect(new Set(sources.asked).size).toBe(RECORDS);
  });

  test('whose records follow on those of others asks for each of these statements once', async () => {
    const [many, one] = [stated(7, lots(20)), stated(8)];
    ledger.keep(many, one);
    const next = stated(1, lots(21));
    const previous = [...many.records, ...one.records].map(({ recordId }) => recordId);
    const records = next.records.map((record, at) => ({ ...record, previous: previous[at] as string }));
    const agent = await start();
    ledger.announce({ ...next, records });
    await expectSoon(() => agent.stats.accepted === 21);
    expect([count(asked, 'getStatement'), count(asked, 'getMappingRecord')]).toEqual([2, 1]);
  });

  test('has each record voted on by what it is worth: accepted, rejected with its reasons, waited for', async () => {
    const documents = lots(10);
    const hashAt = (place: number): string => hashOf(documents[place] as TraceabilityData);
    const answers = new Map<string, Fetched>([
      [hashAt(2), { ok: false, fault: fault('TL-VERIFY-MISSING') }],
      [hashAt(3), { ok: false, fault: fault('TL-VERIFY-OVERSIZE') }],
      [hashAt(5), { ok: false, fault: fault('TL-VERIFY-MISSING') }],
      [hashAt(6), { ok: false, fault: fault('TL-VERIFY-SLOW') }],
    ]);
    sources.answer = ({ hash }) => answers.get(hash) ?? sources.held(hash);
    const agent = await start({ patience: { ...QUICK, most: 60_000 } });
    ledger.announce(stated(1, documents));
    await expectSoon(() => agent.stats.accepted + agent.stats.rejected === 9);
    const said = ballots.map(({ decision, reasons, records }) => [decision, reasons[0]?.code, records]);
    expect(said).toHaveLength(3);
    expect(said).toContainEqual(['accept', undefined, runsOf([0, 1, 4, 7, 8, 9])]);
    expect(said).toContainEqual(['reject', 'TL-VERIFY-MISSING', runsOf([2, 5])]);
    expect(said).toContainEqual(['reject', 'TL-VERIFY-OVERSIZE', runsOf([3])]);
    expect(agent.stats).toMatchObject({ accepted: 6, rejected: 3, failed: 0 });
    answers.delete(hashAt(6));
    await expectSoon(() => votesOn(1, 6)[0]?.decision === 'accept');
  });

  test('is no cover for a record that it does not state', async () => {
    const statement = stated(1, lots(3));
    const quantity = { value: '121', unit: 'KGM' };
    const records = statement.records.map((record, place) =>
      place === 1 ? { ...record, quantity } : record,
    );
    await start();
    ledger.announce({ ...statement, records });
    await expectSoon(() => votesOn(1, 1).length > 0 && votesOn(1, 2).length > 0);
    expect([0, 1, 2].map((place) => votesOn(1, place)[0]?.decision)).toEqual(['accept', 'reject', 'accept']);
    expect(votesOn(1, 1)[0]?.reasons).toMatchObject([{ code: 'TL-VERIFY-SIGNATURE' }]);
  });

  test('is retried as a whole when its server comes back', async () => {
    let down = true;
    sources.answer = ({ hash }) =>
      down ? { ok: false, fault: fault('TL-VERIFY-UNREACHABLE') } : sources.held(hash);
    const agent = await start({ patience: { ...QUICK, most: 60_000 } });
    ledger.announce(stated(1, lots(50)));
    await expectSoon(() => agent.stats.postponed >= 100);
    down = false;
    await expectSoon(() => agent.stats.accepted === 50);
    expect(count(asked, 'getStatement')).toBe(agent.stats.postponed / 50 + 1);
    expect(ballots).toHaveLength(1);
  });

  test('does not wait long for one of its records', async () => {
    const documents = lots(20);
    const slow = hashOf(documents[4] as TraceabilityData);
    sources.answer = ({ hash }, signal) =>
      hash === slow
        ? new Promise((_, reject) => signal?.addEventListener('abort', reject))
        : sources.held(hash);
    const agent = await start();
    ledger.announce(stated(1, documents));
    await expectSoon(() => agent.stats.accepted === 19);
    expect(votesOn(1, 4)).toEqual([]);
  });

  test('on one of whose records a colleague voted otherwise in the meantime gets its votes on the rest', async () => {
    const recordId = recordIdFor(1);
    const vote = { recordId, decision: 'reject', reasons: [fault('TL-VERIFY-MANUAL')] };
    ledger.beforeVote = async (ballot) => {
      if (ballots.push(ballot) > 1) return;
      await ledger.writer.submit(operations.voteOnRecord, vote, people.principal('inspector@inspection'));
    };
    const agent = await start();
    ledger.announce(stated(1, lots(10)));
    await expectSoon(() => agent.stats.accepted === 9);
    expect(votesOn(1, 0)).toMatchObject([{ decision: 'reject', verifier: 'inspector@inspection' }]);
    expect(ballots.at(-1)).toMatchObject({ records: [[1, 9]] });
    expect(await agent.queue.get(recordId)).toMatchObject({ ownVote: 'reject' });
    expect(ballots).toHaveLength(3);
  });

  test('that its own peer shows without the colleague’s vote is asked for again in good time, not at once', async () => {
    ledger.beforeVote = async (ballot) => {
      ballots.push(ballot);
      throw new Refusal('TL-VOTE-TWICE');
    };
    const agent = await start({ patience: { ...QUICK, firstRetry: 60_000, slowestRetry: 60_000 } });
    ledger.announce(stated(1, lots(10)));
    await expectSoon(() => agent.stats.failed === 10);
    await pass(100);
    expect(ballots).toHaveLength(1);
  });

  test('is voted on once, also when the agent is killed between examination and vote', async () => {
    let reached = false;
    ledger.beforeVote = () => {
      reached = true;
      return new Promise(() => undefined);
    };
    const killed = await start();
    ledger.announce(stated(1, lots(RECORDS)));
    await expectSoon(() => reached);
    await stop(killed);
    ledger.beforeVote = async (ballot) => void ballots.push(ballot);
    const agent = await start();
    await expectSoon(() => agent.stats.accepted === RECORDS);
    await pass(100);
    expect(ballots).toMatchObject([{ records: [[0, RECORDS - 1]] }]);
    expect([...ledger.votes.values()].every((votes) => votes.length === 1)).toBe(true);
  });

  test('is listed with one question', async () => {
    const agent = await start();
    ledger.announce(stated(1, lots(50)));
    await expectSoon(() => agent.stats.accepted === 50);
    asked.length = 0;
    const { entries } = await listQueue(agent.queue, ledger, 100, people.principal(AGENT));
    expect(entries).toHaveLength(50);
    expect(asked).toEqual(['getStatement']);
  });
});

test('examines no more records at a time than it may', async () => {
  let running = 0;
  let most = 0;
  sources.answer = async ({ hash }) => {
    most = Math.max(most, ++running);
    await pass(20);
    running -= 1;
    return sources.held(hash);
  };
  await start({ concurrency: 4 });
  for (let i = 0; i < 40; i++) announce(100 + i);
  await expectSoon(() => ledger.votes.size === 40);
  expect(most).toBe(4);
});

test('lets many votes travel at once, while it examines on', async () => {
  let travelling = 0;
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  ledger.beforeVote = async () => {
    travelling += 1;
    await gate;
  };
  await start({ concurrency: 2 });
  for (let i = 0; i < 50; i++) announce(100 + i);
  await expectSoon(() => travelling === 50);
  go();
  await expectSoon(() => ledger.votes.size === 50);
});

describe('a restart', () => {
  test('between fetch and vote votes exactly once', async () => {
    let reached = false;
    ledger.beforeVote = () => {
      reached = true;
      return new Promise(() => undefined);
    };
    const killed = await start();
    announce();
    await expectSoon(() => reached);
    await stop(killed);
    ledger.beforeVote = () => Promise.resolve();
    await start();
    await expectSoon(() => votesOn().length > 0);
    await pass(100);
    expect(votesOn()).toMatchObject([{ decision: 'accept' }]);
  });

  test('after the vote reached the ledger, before the agent knew, takes it for cast', async () => {
    const submit = ledger.writer.submit.bind(ledger.writer);
    let arrived = false;
    const forgetful = {
      ...ledger.writer,
      submit: async (...vote: Parameters<typeof submit>) => {
        await submit(...vote);
        arrived = true;
        return new Promise<never>(() => undefined);
      },
    };
    // Its own vote is not heard of either: events stop with the announcement.
    const deaf = {
      events: (...from: Parameters<typeof ledger.port.events>) =>
        firstOf(ledger.port.events(...from), from[4]),
    };
    const killed = await start({ writer: forgetful, ledger: deaf });
    announce();
    await expectSoon(() => arrived);
    await stop(killed);
    const agent = await start({ ledger: deaf });
    await expectSoon(async () => (await agent.queue.get(recordIdFor(1)))?.ownVote === 'accept');
    expect(votesOn()).toHaveLength(1);
    expect(agent.stats.accepted).toBe(0);
  });

  test('goes on where it was, and reads no event twice', async () => {
    const first = await start();
    announce(1);
    await expectSoon(() => votesOn(1).length > 0);
    await expectSoon(() => first.stats.accepted === 1);
    await stop(first);
    announce(2);
    const asked = sources.asked.length;
    await start();
    await expectSoon(() => votesOn(2).length > 0);
    expect(sources.asked.length).toBe(asked + 1);
  });

  test('of an agent that is still running is refused', async () => {
    await start();
    await expect(start()).rejects.toThrow();
  });
});

test('a colleague’s vote is the regulator’s vote: the agent casts no other', async () => {
  sources.answer = () => ({ ok: false, fault: fault('TL-VERIFY-SLOW') });
  const agent = await start({ patience: { ...QUICK, most: 60_000 } });
  announce();
  await expectSoon(() => agent.stats.postponed > 0);
  const vote = { recordId: recordIdFor(1), decision: 'reject', reasons: [fault('TL-VERIFY-MANUAL')] };
  await ledger.writer.submit(operations.voteOnRecord, vote, people.principal('inspector@inspection'));
  await expectSoon(async () => (await agent.queue.get(recordIdFor(1)))?.ownVote === 'reject');
  const { postponed } = agent.stats;
  await pass(200);
  expect(agent.stats.postponed).toBeLessThanOrEqual(postponed + 1);
  expect(votesOn()).toHaveLength(1);
});

describe('records that are not to be voted on', () => {
  test('past their deadline, or announced before it was a verifier', async () => {
    const agent = await start();
    announce(1, { deadline: new Date(Date.now() - 1000).toISOString() });
    announce(2, { regulators: ['customs'] });
    await expectSoon(
      async () => !(await agent.queue.get(recordIdFor(1))) && !(await agent.queue.get(recordIdFor(2))),
    );
    expect(ledger.votes.size).toBe(0);
  });

  test('for as long as the agent is suspended', async () => {
    let suspended = true;
    ledger.beforeVote = async () => {
      if (suspended) throw new Refusal('TL-CALLER-SUSPENDED');
    };
    const agent = await start();
    announce();
    await expectSoon(() => agent.stats.failed >= 2);
    suspended = false;
    await expectSoon(() => votesOn().length === 1);
  });
});

describe('the queue', () => {
  const list = (agent: VerifierAgent, id = AGENT, limit = 100) =>
    listQueue(agent.queue, ledger, limit, people.principal(id)).then(({ entries }) => entries);

  test('shows what waits, nearest deadline first, with findings and votes, until it is decided', async () => {
    const agent = await start();
    announce(1);
    announce(2, {
      signature: 'A'.repeat(86),
      deadline: new Date(Date.now() + 60_000).toISOString(),
    });
    await expectSoon(() => agent.stats.accepted + agent.stats.rejected === 2);
    expect(await list(agent)).toMatchObject([
      {
        recordId: recordIdFor(2),
        ownVote: 'reject',
        findings: [{ code: 'TL-VERIFY-SIGNATURE' }],
        status: 'announced',
      },
      { recordId: recordIdFor(1), ownVote: 'accept', findings: [] },
    ]);
    expect(await list(agent, AGENT, 1)).toHaveLength(1);
    expect((await list(agent, 'officer@customs')).map(({ ownVote }) => ownVote)).toEqual([
      undefined,
      undefined,
    ]);
    expect((await list(agent, 'auditor@inspection')).map(({ ownVote }) => ownVote)).toEqual([
      'reject',
      'accept',
    ]);

    await ledger.writer.submit(
      operations.voteOnRecord,
      { recordId: recordIdFor(1), decision: 'accept', reasons: [] },
      people.principal('officer@customs'),
    );
    await expectSoon(async () => !(await agent.queue.get(recordIdFor(1))));
    expect(await list(agent)).toHaveLength(1);
  });

  test('shows a record that can not be examined yet, with the reason', async () => {
    sources.answer = () => ({ ok: false, fault: fault('TL-VERIFY-SLOW') });
    const agent = await start({ patience: { ...QUICK, most: 60_000 } });
    announce();
    await expectSoon(() => agent.stats.postponed > 0);
    expect(await list(agent)).toMatchObject([{ findings: [{ code: 'TL-VERIFY-SLOW' }] }]);
  });
});

async function* firstOf<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    break;
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
