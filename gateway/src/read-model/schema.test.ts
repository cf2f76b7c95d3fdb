// SPDX-License-Identifier: Apache-2.0
import { sql } from 'kysely';
import { createPostgres, type TestPostgres } from '../testing/postgres.js';
import { openPostgres } from './engine/postgres.js';
import { isPrepared, readCheckpoint, rebuild, schemaNames } from './schema.js';

describe('the schemas of a read model', () => {
  test.each([
    ['maker', 'traceability'],
    ['maker', 'c'.repeat(249)],
    ['m'.repeat(31), `${'c'.repeat(248)}d`],
  ])('have names that PostgreSQL takes whole: %s, %s', (member, channel) => {
    const names = Object.values(schemaNames(member, channel)) as string[];
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThan(64);
    expect(new Set(names).size).toBe(3);
    expect(schemaNames(member, `${channel}x`)).not.toEqual(schemaNames(member, channel));
  });

  describe('on a server', () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await createPostgres();
    }, 60_000);
    afterAll(() => server.remove(), 60_000);

    test('are made, and made anew, by an account that may create schemas and roles and nothing else', async () => {
      const faults: Error[] = [];
      const note = (error: Error): void => void faults.push(error);
      const administrator = openPostgres(server.url, note);
      await sql`create role gateway login createrole password 'secret'`.execute(administrator.db);
      await sql`grant create on database postgres to gateway`.execute(administrator.db);
      const url = server.url.replace('postgres:postgres@', 'gateway:secret@');
      const { db, name, close } = openPostgres(url, note);
      const names = schemaNames('maker', 'traceability');
      expect(name).not.toContain('secret');
      expect(await isPrepared(db, names, 'traceability')).toBe(false);
      for (let round = 0; round < 2; round += 1) await rebuild(db, names, 'traceability');
      expect(await isPrepared(db, names, 'traceability')).toBe(true);
      expect(await isPrepared(db, names, 'another')).toBe(false);
      expect(await readCheckpoint(db, names)).toBeUndefined();
      const seen = await db.transaction().execute(async (trx) => {
        await sql`set local role ${sql.id(names.reader)}`.execute(trx);
        return sql`select count(*) as n from ${sql.id(names.views, 'things')}`.execute(trx);
      });
      expect(seen.rows).toEqual([{ n: 0 }]);
      // Once it is closed, a server that stops may still say so on a connection that is on its way out.
      expect(faults).toEqual([]);
      await close();
      await administrator.close();
    });
  });
});
