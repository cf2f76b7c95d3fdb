// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '@thingledger/protocol';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { Database } from '../engine/database.js';
import { Projector } from '../projector.js';
import { schemaNames } from '../schema.js';
import { Chain, CHAINCODE, CHANNEL, nobody, thingRow } from '../testing/chain.js';
import { kinds, type TestDatabase } from '../testing/databases.js';
import { publishedViews } from '../views.js';
import { SqlQueries } from './ask.js';

const limits = { seconds: 1, rows: 100, bytes: 20_000 };
const THINGS = 150;

describe.each(kinds)('queries on %s', (_kind, make) => {
  let host: TestDatabase;
  let database: Database;
  let queries: SqlQueries;
  let projector: Projector;
  const chain = new Chain();
  const names = schemaNames('maker', CHANNEL);

  beforeAll(async () => {
    host = await make();
    database = await host.open();
    for (let n = 0; n < THINGS; n += 1) {
      chain.add({ writes: [thingRow(`urn:x:${String(n).padStart(4, '0')}`, '-')] });
    }
    projector = new Projector({
      ledger: chain.ledger,
      channel: CHANNEL,
      chaincode: CHAINCODE,
      as: nobody,
      database,
      names,
      log: pino({ level: 'silent' }),
    });
    queries = new SqlQueries(database, names, limits);
    while (projector.progress.block !== BigInt(THINGS)) await sleep(20);
  }, 60_000);
  afterAll(async () => {
    await projector.stop();
    await database.close();
    await host.remove();
  }, 60_000);

  const refusalOf = async (query: string): Promise<Pick<Refusal, 'code' | 'fields'>> => {
    try {
      await queries.ask(query, 100);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
    throw new Error(`answered: ${query}`);
  };

  test('are answered in order, with the columns and the block they know of', async () => {
    const answer = await queries.ask(
      `select thing, ledger_block, ledger_value_hash as hash, registered_at from things order by thing desc; -- all`,
      3,
    );
    expect(answer).toEqual({
      columns: ['thing', 'ledger_block', 'hash', 'registered_at'],
      rows: [149, 148, 147].map((n) => ({
        thing: `urn:x:0${n}-`,
        ledger_block: n + 1,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        registered_at: '2026-11-20T08:00:00+00:00',
      })),
      truncated: true,
      block: THINGS,
    });
    expect(await queries.ask('select * from things where false', 10)).toEqual({
      columns: [],
      rows: [],
      truncated: false,
      block: THINGS,
    });
  });

  test('reach every published view', async () => {
    for (const { name, columns } of publishedViews) {
      const list = columns.map((column) => `"${column.name}"`).join(', ');
      await expect(queries.ask(`select ${list} from ${name}`, 5)).resolves.toHaveProperty('block');
    }
  });

  test('have a limit of rows and of bytes', async () => {
    expect((await queries.ask('select thing from things', 1000)).rows).toHaveLength(limits.rows);
    expect(await refusalOf(`select json_agg(a.*) as x from things a`)).toMatchObject({
      code: 'TL-SQL-TOO-LARGE',
      fields: { limit: limits.bytes },
    });
  });

  test('that the database can not answer are refused with its reason', async () => {
    expect(await refusalOf('select nothing from things')).toMatchObject({
      code: 'TL-SQL-FAILED',
      fields: { sqlState: '42703' },
    });
    expect((await refusalOf('select 1 / 0 as x')).fields).toEqual({ sqlState: '22012' });
    expect((await refusalOf('select 1 as a, 2 as a')).fields).toEqual({ sqlState: '42702' });
  });

  test.each([
    ['a product of everything', 'select count(*) from things a, things b, things c, things d, things e'],
    [
      'a recursion without end',
      'with recursive r as (select 1::bigint as n union all select (n + 1) % 1000 from r) select count(*) from r',
    ],
  ])('%s is cut off; what comes after is answered', async (_what, query) => {
    const begun = performance.now();
    expect(await refusalOf(query)).toMatchObject({ code: 'TL-SQL-TIMEOUT', fields: { limit: 1 } });
    expect(performance.now() - begun).toBeLessThan(5000);
    expect((await queries.ask('select count(*) as n from things', 1)).rows).toEqual([{ n: THINGS }]);
    const block = chain.add();
    for (const end = Date.now() + 10_000; projector.progress.block !== block; await sleep(20)) {
      if (Date.now() > end) throw new Error('the projector did not go on');
    }
  });

  test('behind the parser stands a role that can read what is published and do nothing else', async () => {
    const attempts = [
      `select * from "${names.rows}".entries`,
      `update "${names.rows}".checkpoint set block = 0`,
      `delete from things`,
      'create table x (a int)',
      `create temporary table x (a int)`,
      `select pg_read_file('PG_VERSION')`,
    ];
    for (const attempt of attempts) {
      const done = database.db
        .transaction()
        .setAccessMode('read only')
        .execute(async (trx) => {
          await sql`set local search_path to ${sql.id(names.views)}`.execute(trx);
          await sql`set local role ${sql.id(names.reader)}`.execute(trx);
          await sql.raw(attempt).execute(trx);
        });
      await expect(done).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|25006|0A000)$/) as unknown,
      });
    }
    const again = await sql<{
      n: number;
    }>`select count(*) as n from ${sql.id(names.rows, 'entries')}`.execute(database.db);
    expect(again.rows).toEqual([{ n: THINGS }]);
  });
});
