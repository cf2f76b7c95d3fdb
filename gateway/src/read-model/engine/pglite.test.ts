// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { FolderInUseError, lockFolder } from './lock.js';
import { openPglite } from './pglite.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thingledger-pglite-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const LOCK = new URL(
  './lock.js',
  pathToFileURL(createRequire(import.meta.url).resolve('@thingledger/gateway/pglite-thread')),
).href;

/** Takes the lock and frees it: whether it was in the name of this process, and is gone now. */
async function taken(file: string): Promise<boolean> {
  const free = await lockFolder(file);
  const { pid } = JSON.parse(await readFile(file, 'utf8')) as { pid: number };
  await free();
  return pid === process.pid && (await readFile(file).catch(() => undefined)) === undefined;
}

describe('the lock of a folder', () => {
  test('is held until it is freed', async () => {
    const file = join(dir, 'x.lock');
    const free = await lockFolder(file);
    await expect(lockFolder(file)).rejects.toThrow(FolderInUseError);
    await free();
    expect(await taken(file)).toBe(true);
  });

  test('of another process counts while it lives, and no longer', async () => {
    const file = join(dir, 'x.lock');
    const code = `import { lockFolder } from ${JSON.stringify(LOCK)};
      await lockFolder(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(holder.stdout, 'data');
    await expect(lockFolder(file)).rejects.toThrow(`Process ${String(holder.pid)} uses the database`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await taken(file)).toBe(true);
  });

  test.each([
    ['a process long gone', { pid: 2 ** 22 + 1, started: '1' }],
    ['this process in an earlier life', { pid: process.pid, started: '1' }],
    ['a process whose number was given anew', { pid: process.ppid, started: 'before' }],
  ])('of %s does not count', async (_whose, content) => {
    const file = join(dir, 'x.lock');
    await writeFile(file, JSON.stringify(content));
    expect(await taken(file)).toBe(true);
  });

  test('that is torn does not count', async () => {
    await writeFile(join(dir, 'x.lock'), '{"pid":');
    expect(await taken(join(dir, 'x.lock'))).toBe(true);
  });
});

describe('PGlite in its thread', () => {
  test('keeps what was committed when a statement is cut off, and undoes what was not', async () => {
    const database = await openPglite(join(dir, 'db'));
    await expect(openPglite(join(dir, 'db'))).rejects.toThrow(FolderInUseError);
    const { db } = database;
    await sql`create table t (n int)`.execute(db);
    await sql`insert into t values (1)`.execute(db);
    const cut = db.transaction().execute(async (trx) => {
      await sql`insert into t values (2)`.execute(trx);
      setTimeout(() => database.cutOff?.(), 200);
      await sql`select count(*) from generate_series(1, 1000000000)`.execute(trx);
    });
    const waiting = sql`insert into t values (3)`.execute(db);
    await expect(cut).rejects.toThrow('the statement was cut off');
    await waiting;
    expect((await sql`select n from t order by n`.execute(db)).rows).toEqual([{ n: 1 }, { n: 3 }]);
    await database.close();
    await database.close();
    const again = await openPglite(join(dir, 'db'));
    expect((await sql`select n from t order by n`.execute(again.db)).rows).toEqual([{ n: 1 }, { n: 3 }]);
    await again.close();
  }, 60_000);

  test('begins anew in a folder that does not open', async () => {
    const first = await openPglite(join(dir, 'db'));
    await sql`create table t (n int)`.execute(first.db);
    await first.close();
    await writeFile(join(dir, 'db', 'global', 'pg_control'), 'torn');
    const again = await openPglite(join(dir, 'db'));
    const tables = sql`select tablename from pg_tables where tablename = 't'`;
    expect((await tables.execute(again.db)).rows).toEqual([]);
    await sql`create table t (n int)`.execute(again.db);
    expect((await tables.execute(again.db)).rows).toHaveLength(1);
    await again.close();
  }, 60_000);
});
