// SPDX-License-Identifier: Apache-2.0
import { Refusal, type MappingRecord, type Vote } from '@thingledger/protocol';
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
  bytesOf,
  documentOf,
  People,
  recordOf,
  ScriptedLedger,
} from '../../information-server/testing/index.js';
import { VerifierAgent, type VerifierOptions } from './agent.js';
import { listQueue } from './list.js';

const ADDRESS = 'https://data.maker.example';
const AGENT = 'agent@inspection';
const QUICK = { most: 400, firstRetry: 20, slowestRetry: 50 };
const bytes = bytesOf(documentOf());

/** What the information servers do, as the test says; the real client has tests of its own. */
class Sources implements DataSource {
  readonly asked: string[] = [];
  answer: (request: DataRequest, signal?: AbortSignal) => Promise<Fetched> | Fetched = ({ hash }) =>
    checkBytes(bytes, hash);

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
const announce = (recordId = 'record-0001', over: Partial<MappingRecord> = {}): void =>
  ledger.announce(recordOf(people, ADDRESS, documentOf(), { recordId, ...over }));
const votesOn = (recordId = 'record-0001'): Vote[] => ledger.votes.get(recordId) ?? [];
const expectSoon = async (what: () => unknown): Promise<void> => {
  for (const end = Date.now() + 5000; !(await what());) {
    if (Date.now() > end) throw new Error(`never: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const pass = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

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
  announce('record-0001');
  announce('record-0002');
  await start();
  await expectSoon(() => votesOn('record-0001').length + votesOn('record-0002').length === 2);
});

test('rejects with every reason at hand, and does not contact a server for a record that is wrong by itself', async () => {
  announce('record-0001', { signature: 'A'.repeat(86), to: 'shop@bank' });
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
  sources.answer = () => checkBytes(bytesOf(other), recordOf(people, ADDRESS, other).dataHash);
  announce();
  await start();
  await expectSoon(() => votesOn().length > 0);
  expect(votesOn()[0]).toMatchObject({ decision: 'reject', reasons: [{ code: 'TL-VERIFY-QUANTITY' }] });
});

test('checks the speed from the previous record', async () => {
  ledger.records.set(
    'record-0000',
    recordOf(people, ADDRESS, documentOf({ place: { latitude: -33, longitude: 151 } })),
  );
  announce('record-0001', { previous: 'record-0000' });
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
    sources.answer = ({ hash }) => checkBytes(bytes, hash);
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
      if (operation !== 'getMappingRecord' || ++failures > 3) return;
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
      if (input['recordId'] === 'record-bad1') throw new Error('poisoned');
    };
    sources.answer = ({ hash }, signal) =>
      hash === '1'.repeat(64)
        ? new Promise((_, reject) => signal?.addEventListener('abort', reject))
        : checkBytes(bytes, hash);
    await start({ concurrency: 2 });
    announce('record-bad1');
    announce('record-slow', { dataHash: '1'.repeat(64) });
    for (let i = 0; i < 30; i++) announce(`record-1${String(i).padStart(3, '0')}`);
    await expectSoon(() => ledger.votes.size === 30);
  });

  test('nor does an event that can not be read', async () => {
    await start();
    ledger.emit(Buffer.from('not JSON'));
    ledger.emit(Buffer.from('{"at":"now"}'));
    announce();
    await expectSoon(() => votesOn().length > 0);
  });
});

test('examines no more records at a time than it may', async () => {
  let running = 0;
  let most = 0;
  sources.answer = async ({ hash }) => {
    most = Math.max(most, ++running);
    await pass(20);
    running -= 1;
    return checkBytes(bytes, hash);
  };
  await start({ concurrency: 4 });
  for (let i = 0; i < 40; i++) announce(`record-1${String(i).padStart(3, '0')}`);
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
  for (let i = 0; i < 50; i++) announce(`record-1${String(i).padStart(3, '0')}`);
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
    await expectSoon(async () => (await agent.queue.get('record-0001'))?.ownVote === 'accept');
    expect(votesOn()).toHaveLength(1);
    expect(agent.stats.accepted).toBe(0);
  });

  test('goes on where it was, and reads no event twice', async () => {
    const first = await start();
    announce('record-0001');
    await expectSoon(() => votesOn('record-0001').length > 0);
    await expectSoon(() => first.stats.accepted === 1);
    await stop(first);
    announce('record-0002');
    const asked = sources.asked.length;
    await start();
    await expectSoon(() => votesOn('record-0002').length > 0);
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
  const vote = { recordId: 'record-0001', decision: 'reject', reasons: [fault('TL-VERIFY-MANUAL')] };
  await ledger.writer.submit({} as never, vote, people.principal('inspector@inspection'));
  await expectSoon(async () => (await agent.queue.get('record-0001'))?.ownVote === 'reject');
  const { postponed } = agent.stats;
  await pass(200);
  expect(agent.stats.postponed).toBeLessThanOrEqual(postponed + 1);
  expect(votesOn()).toHaveLength(1);
});

describe('records that are not to be voted on', () => {
  test('past their deadline, or announced before it was a verifier', async () => {
    const agent = await start();
    announce('record-late', { deadline: new Date(Date.now() - 1000).toISOString() });
    announce('record-else', { regulators: ['customs'] });
    await expectSoon(
      async () => !(await agent.queue.get('record-late')) && !(await agent.queue.get('record-else')),
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
    announce('record-0001');
    announce('record-0002', {
      signature: 'A'.repeat(86),
      deadline: new Date(Date.now() + 60_000).toISOString(),
    });
    await expectSoon(() => agent.stats.accepted + agent.stats.rejected === 2);
    expect(await list(agent)).toMatchObject([
      {
        recordId: 'record-0002',
        ownVote: 'reject',
        findings: [{ code: 'TL-VERIFY-SIGNATURE' }],
        status: 'announced',
      },
      { recordId: 'record-0001', ownVote: 'accept', findings: [] },
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
      {} as never,
      { recordId: 'record-0001', decision: 'accept', reasons: [] },
      people.principal('officer@customs'),
    );
    await expectSoon(async () => !(await agent.queue.get('record-0001')));
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
