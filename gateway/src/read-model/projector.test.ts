// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256, statementIdOf, things } from '@thingledger/protocol';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { CommittedTransaction, CommittedWrite } from '../ledger/port.js';
import type { Database } from './engine/database.js';
import { Projector, type ProjectorParts } from './projector.js';
import { schemaNames, type SchemaNames } from './schema.js';
import {
  announcement,
  Chain,
  CHAINCODE,
  CHANNEL,
  eventOf,
  nobody,
  put,
  remove,
  statement,
  thingRow,
  votesOn,
} from './testing/chain.js';
import { digestOf, kinds, type TestDatabase } from './testing/databases.js';

const LINK = 'https://id.gs1.org/01/09506000134352/21/S';
const TX = 'c'.repeat(64);
const STATEMENT = statementIdOf({ txId: TX, at: '2026-11-20T08:00:00.000Z' }, 0);

/** A chain in which everything happens: neighbours, statements, votes, deletions, conflicts, garbage. */
function eventful(seed?: string): Chain {
  const chain = new Chain(seed);
  chain.add({
    writes: [thingRow(LINK, '1')],
    operations: ['traceability:registerThing'],
    subjects: [
      { kind: 'thing', id: `${LINK}1` },
      { kind: 'participant', id: 'farm@maker\0' },
      { kind: 'participant', id: 'farm@maker\u{fffd}' },
    ],
  });
  chain.add(
    {
      writes: [thingRow(LINK, '1', '2')],
      event: eventOf({ type: 'ThingRegistered', thing: `${LINK}2`, registrant: 'farm@maker' }),
    },
    { writes: [thingRow(LINK, '1', '3')], code: 'MVCC_READ_CONFLICT' },
  );
  const items = ['1', '2', '9'].map((place) => announcement(LINK + place));
  chain.add({ txId: TX, writes: [statement(TX, items, [[0, 1]])] });
  chain.add({ writes: [votesOn(STATEMENT, 'customs', [[0, 0]])] });
  chain.add({ writes: [votesOn(STATEMENT, 'customs', [[0, 0]], [[1, 1]])] });
  chain.add({ writes: [put('unknown/key', { any: 'thing' }), put('thing/broken', { x: 'no thing' })] });
  chain.add(
    { writes: [remove('unknown/key')] },
    { txId: 'garbage\0', timestamp: undefined, creator: undefined, code: 'BAD_PAYLOAD' },
  );
  return chain;
}

describe.each(kinds)('the read model on %s', (_kind, make) => {
  let host: TestDatabase;
  let database: Database;
  const names = (member: string): SchemaNames => schemaNames(member, CHANNEL);
  const running: Projector[] = [];

  beforeAll(async () => {
    host = await make();
    database = await host.open();
  }, 60_000);
  afterEach(() => Promise.all(running.splice(0).map((projector) => projector.stop())));
  afterAll(async () => {
    await database.close();
    await host.remove();
  }, 60_000);

  const start = (chain: Chain, member: string, over: Partial<ProjectorParts> = {}): Projector => {
    const projector = new Projector({
      ledger: chain.ledger,
      channel: CHANNEL,
      chaincode: CHAINCODE,
      as: nobody,
      database,
      names: names(member),
      log: pino({ level: 'silent' }),
      ...over,
    });
    running.push(projector);
    return projector;
  };

  const reached = async (projector: Projector, chain: Chain): Promise<void> => {
    const last = BigInt(chain.blocks.length - 1);
    for (const end = Date.now() + 15_000; projector.progress.block !== last; await sleep(5)) {
      if (Date.now() > end) throw new Error(`not at ${last}: ${JSON.stringify(projector.progress.fault)}`);
    }
  };

  const rowsOf = async (member: string, view: string): Promise<Record<string, unknown>[]> => {
    const found = await sql<Record<string, unknown>>`
      select * from ${sql.id(names(member).views, view)} order by 1, 2, 3`.execute(database.db);
    return found.rows;
  };

  test('keeps state, history, transactions and events with the place of each on the ledger', async () => {
    const chain = eventful();
    const projector = start(chain, 'first');
    await reached(projector, chain);
    const [, , registered, , voted] = chain.blocks;
    const shelf = registered?.transactions[0];
    expect(await rowsOf('first', 'things')).toEqual([
      expect.objectContaining({ thing: `${LINK}1`, quantity_value: '10', ledger_block: 1, ledger_tx: 0 }),
      expect.objectContaining({
        thing: `${LINK}2`,
        registered_at: new Date('2026-11-20T08:00:00Z'),
        ledger_key: things.key(`${LINK}2`),
        ledger_block: 2,
        ledger_tx: 0,
        ledger_tx_id: shelf?.txId,
        ledger_value_hash: sha256(shelf?.writes[0]?.value ?? ''),
      }),
    ]);
    expect(await rowsOf('first', 'mapping_records')).toMatchObject([
      {
        record_id: `${STATEMENT}.0`,
        thing: `${LINK}1`,
        to: 'farm@maker',
        place_latitude: 48.1,
        ledger_block: 3,
      },
      { record_id: `${STATEMENT}.1`, thing: `${LINK}2`, from: null, ledger_tx_id: TX },
    ]);
    expect(await rowsOf('first', 'votes')).toMatchObject([
      {
        record_id: `${STATEMENT}.0`,
        regulator: 'customs',
        ledger_block: 4,
        ledger_tx_id: voted?.transactions[0]?.txId,
      },
      { record_id: `${STATEMENT}.1`, regulator: 'customs', ledger_block: 5 },
    ]);
    expect(await rowsOf('first', 'events')).toMatchObject([{ block: 2, tx: 0, type: 'ThingRegistered' }]);
    expect(await rowsOf('first', 'subjects')).toEqual([
      { block: 1, tx: 0, kind: 'participant', subject: 'farm@maker\u{fffd}' },
      { block: 1, tx: 0, kind: 'thing', subject: `${LINK}1` },
    ]);
    const transactions = await rowsOf('first', 'transactions');
    expect(transactions.filter(({ block }) => block === 2)).toMatchObject([
      { tx: 0, code: 'VALID', member: 'maker', creator: 'farm' },
      { tx: 1, code: 'MVCC_READ_CONFLICT' },
    ]);
    const state = await rowsOf('first', 'state');
    expect(state.map(({ key }) => key)).not.toContain('unknown/key');
    const writes = (await rowsOf('first', 'writes')).filter(({ key }) => key === 'unknown/key');
    expect(writes).toMatchObject([{ block: 6 }, { block: 7, value_hash: null }]);
    expect(projector.progress).toMatchObject({ behindSeconds: 0, fault: undefined, unreadable: 1 });
  });

  test('a row that is taken away leaves its history', async () => {
    const chain = new Chain();
    chain.add({ writes: [thingRow(LINK, '1', '2')] });
    chain.add({ writes: [thingRow(LINK, '2')] });
    chain.add({ writes: [remove(things.key(`${LINK}2`))] });
    await reached(start(chain, 'deleting'), chain);
    expect(await rowsOf('deleting', 'things')).toEqual([]);
    const history = (await rowsOf('deleting', 'things_history')).map(({ thing, ledger_block, deleted }) => [
      thing,
      ledger_block,
      deleted,
    ]);
    expect(history.sort()).toEqual([
      [`${LINK}1`, 1, false],
      [`${LINK}1`, 2, true],
      [`${LINK}2`, 1, false],
      [`${LINK}2`, 3, true],
    ]);
  });

  test.each<[string, Partial<CommittedTransaction>]>([
    ['an id of any length', { txId: randomBytes(20_000).toString('hex') }],
    [
      'the name of a certificate',
      { creator: { member: 'maker', name: randomBytes(20_000).toString('hex') } },
    ],
    ['the name of a member', { creator: { member: randomBytes(20_000).toString('hex'), name: 'farm' } }],
  ])('%s, which whoever writes to the channel can have ordered, stops nothing', async (what, hostile) => {
    const chain = new Chain(what);
    chain.add({ ...hostile, code: 'BAD_PAYLOAD' });
    chain.add({ writes: [thingRow(LINK, '1')] });
    await reached(start(chain, 'hostile'), chain);
    expect(await rowsOf('hostile', 'things')).toHaveLength(1);
  });

  test('keys of another chaincode, however long, stop nothing and stay apart', async () => {
    const chain = new Chain();
    const long = randomBytes(20_000).toString('hex');
    const written = ['1', '2'].map((end) => ({ ...put(long + end, {}), namespace: 'another' }));
    chain.add({ writes: [...written, thingRow(LINK, '1')] });
    chain.add({ writes: [{ ...remove(`${long}1`), namespace: 'another' }] });
    await reached(start(chain, 'long'), chain);
    expect(await rowsOf('long', 'things')).toHaveLength(1);
    const kept = (await rowsOf('long', 'state')).filter(({ namespace }) => namespace === 'another');
    expect(kept).toMatchObject([{ key: expect.stringContaining(sha256(`${long}2`)) as string }]);
  });

  test('a row under two keys is the one that was written last, and stops nothing', async () => {
    const chain = new Chain();
    const shelf = (key: string, place: string): CommittedWrite => ({
      ...thingRow(LINK, place),
      key: `thing/${key}`,
    });
    chain.add({ writes: [shelf('urn:astray', '12')] });
    chain.add({ writes: [shelf('urn:astray1', '2')] });
    await reached(start(chain, 'astray'), chain);
    expect(await rowsOf('astray', 'things')).toMatchObject([
      { thing: 'urn:astray12', ledger_key: 'thing/urn:astray1', ledger_block: 2 },
    ]);
  });

  test('one by one, all at once, in parts or built anew: the tables are the same', async () => {
    const chain = eventful();
    const slow = new Chain();
    const crawling = start(slow, 'slow');
    for (const block of chain.blocks.slice(1)) {
      slow.blocks.push(block);
      await sleep(15);
    }
    // The scripted blocks were put in behind its back: one more wakes those who wait.
    slow.add();
    chain.add();
    await reached(crawling, slow);
    const once = start(chain, 'once');
    await reached(once, chain);
    const digest = await digestOf(database, names('once'));
    expect(await digestOf(database, names('slow'))).toEqual(digest);
    await once.stop();
    await sql`drop schema ${sql.id(names('once').rows)} cascade`.execute(database.db);
    await reached(start(chain, 'once'), chain);
    expect(await digestOf(database, names('once'))).toEqual(digest);
  });

  test('another chain behind the same door is noticed, and the tables are built anew', async () => {
    const [first, second] = [eventful('one'), eventful('two')];
    const before = start(first, 'moved');
    await reached(before, first);
    await before.stop();
    second.add({ writes: [thingRow(LINK, '7')] });
    await reached(start(second, 'moved'), second);
    expect((await rowsOf('moved', 'blocks')).map(({ hash }) => hash)).toEqual(
      second.blocks.map(({ hash }) => Buffer.from(hash).toString('hex')),
    );
  });

  test('two projectors on the same tables do nothing twice', async () => {
    const chain = eventful();
    const rivals = [start(chain, 'rivals'), start(chain, 'rivals')];
    for (let n = 0; n < 30; n += 1) {
      chain.add({ writes: [thingRow(`${LINK}${String(n)}-`, '1')] });
      await sleep(3);
    }
    await Promise.race(rivals.map((projector) => reached(projector, chain)));
    const alone = start(chain, 'alone');
    await reached(alone, chain);
    expect(await digestOf(database, names('rivals'))).toEqual(await digestOf(database, names('alone')));
  });

  test('a stop ends it in the middle of waiting, and the next start goes on', async () => {
    const chain = eventful();
    const first = start(chain, 'stopped');
    await reached(first, chain);
    await first.stop();
    chain.add({ writes: [thingRow(LINK, '8')] });
    await sleep(30);
    expect(first.progress.block).toBe(7n);
    await reached(start(chain, 'stopped'), chain);
    expect((await rowsOf('stopped', 'things')).map(({ thing }) => thing)).toContain(`${LINK}8`);
  });
});
