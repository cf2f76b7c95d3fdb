// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createClient } from '@thingledger/client';
import { Consortium } from '../support/consortium.js';
import { accepted, announce, refusalOf, registered } from '../support/custody.js';
import { until } from '../support/until.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const PATIENCE_MS = 60_000;

type Rows = readonly Readonly<Record<string, unknown>>[];

async function ask(query: string, as = farm): Promise<Rows> {
  return (await consortium.as(as).querySql({ query })).rows;
}

/** Asks until there are so many rows: the read model is a moment behind the ledger. */
function rowsOf(query: string, count: number, as = farm): Promise<Rows> {
  const rows = async (): Promise<Rows | false> => {
    const found = await ask(query, as);
    return found.length >= count && found;
  };
  return until(`${String(count)} rows of ${query}`, rows, PATIENCE_MS);
}

describe('asking in SQL (X9)', () => {
  test('what is registered, announced and voted on is answered with its place on the ledger', async () => {
    const item = await registered(consortium, farm);
    const recordId = await announce(consortium, item, undefined, farm);
    await accepted(consortium, farm, recordId);
    const { thing, record } = await whole(item.thing, recordId);
    const known = await consortium.as(farm).getThing({ thing: item.thing });
    expect(thing).toMatchObject({
      thing: known.thing.thing,
      registrant: farm,
      quantity_value: '10',
      quantity_unit: 'C62',
      ledger_tx_id: known.thing.txId,
      ledger_value_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(Date.parse(String(thing['registered_at']))).toBe(Date.parse(known.thing.registeredAt));
    const decided = await consortium.as(farm).getMappingRecord({ recordId });
    expect(record).toMatchObject({
      thing: known.thing.thing,
      to: farm,
      from: null,
      announced_by: farm,
      data_hash: decided.record.dataHash,
      ledger_tx_id: decided.record.txId,
    });
    const votes = await rowsOf(`select * from votes where record_id = '${recordId}'`, 2);
    expect(votes.map(({ regulator, decision }) => [regulator, decision]).sort()).toEqual([
      ['customs', 'accept'],
      ['inspection', 'accept'],
    ]);
    const [transaction] = await ask(
      `select t.*, b.hash from transactions t join blocks b using (block)
        where block = ${String(record['ledger_block'])} and tx = ${String(record['ledger_tx'])}`,
    );
    expect(transaction).toMatchObject({
      tx_id: decided.record.txId,
      code: 'VALID',
      member: 'maker',
      creator: 'farm',
      operations: ['traceability:announceMappingRecord'],
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    const events = await ask(`select type from events where tx_id = '${decided.record.txId}'`);
    expect(events).toContainEqual({ type: 'MappingRecordsAnnounced' });
  });

  test('every member’s read model answers the same, down to block, transaction and hash', async () => {
    const item = await registered(consortium, farm);
    const { thing } = await consortium.as(farm).getThing({ thing: item.thing });
    const query = `select t.*, b.hash from things t join blocks b on block = ledger_block where thing = '${thing.thing}'`;
    const [own] = await rowsOf(query, 1);
    for (const other of ['trucker@carrier', 'retailer@bank', 'agent@customs', 'agent@inspection']) {
      expect(await rowsOf(query, 1, other)).toEqual([own]);
    }
  });

  test('custody is followed back as the guide says, also of a thing that came back', async () => {
    const item = await registered(consortium, farm);
    const other = 'processor@maker';
    const transfers: [string | undefined, string][] = [
      [undefined, farm],
      [farm, other],
      [other, farm],
      [farm, other],
    ];
    for (const [from, to] of transfers)
      await accepted(consortium, farm, await announce(consortium, item, from, to));
    const { thing } = await consortium.as(farm).getThing({ thing: item.thing });
    const guide = readFileSync(new URL('../../docs/guides/sql.md', import.meta.url), 'utf8');
    const [, query = ''] = /```sql\n([^]+?)\n```/.exec(guide) ?? [];
    const back = await rowsOf(query.replace(/'https:[^']+'/, `'${thing.thing}'`), transfers.length);
    expect(back.map(({ hop, from, to }) => [hop, from, to])).toEqual(
      transfers.map(([from = null, to], place) => [transfers.length - place, from, to]).reverse(),
    );
  });

  test.each([
    ['delete from things', 'TL-SQL-NOT-A-QUERY'],
    ['select 1; drop table things', 'TL-SQL-NOT-A-QUERY'],
    [`copy things to program 'id'`, 'TL-SQL-NOT-A-QUERY'],
    ['with x as (delete from things returning *) select * from x', 'TL-SQL-NOT-A-QUERY'],
    ['select * from pg_catalog.pg_authid', 'TL-SQL-FORBIDDEN'],
    [`select pg_read_file('/etc/passwd')`, 'TL-SQL-FORBIDDEN'],
    ['select pg_sleep(60)', 'TL-SQL-FORBIDDEN'],
    ['selec 1', 'TL-SQL-MALFORMED'],
    ['select nothing from things', 'TL-SQL-FAILED'],
  ])('%s is refused with %s', async (query, code) => {
    expect(await refusalOf(ask(query))).toBe(code);
  });

  test('what would never end is cut off, and the next query is answered', async () => {
    const endless =
      'with recursive r as (select 1::bigint as n union all select (n + 1) % 7 from r) select count(*) from r';
    expect(await refusalOf(ask(endless))).toBe('TL-SQL-TIMEOUT');
    const still = (): Promise<Rows> => ask('select count(*) as n from things');
    expect(await until('an answer', still, PATIENCE_MS)).toHaveLength(1);
  });

  test('strangers and the suspended are not answered', async () => {
    const response = await fetch(`${consortium.gatewayOf(farm)}/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'select 1' }),
    });
    expect(response.status).toBe(401);
    const [admin, name, reason] = [
      consortium.as('admin@carrier'),
      `clerk_${Date.now().toString(36)}`,
      'scenario',
    ];
    const { participant, apiKey } = await admin.enrolParticipant({ name, roles: ['consumer'], reason });
    const clerk = createClient({ baseUrl: consortium.gatewayOf('admin@carrier'), apiKey });
    expect((await clerk.querySql({ query: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    await admin.suspendParticipant({ participant, reason });
    expect(await refusalOf(clerk.querySql({ query: 'select 1 as one' }))).toBe('TL-CALLER-SUSPENDED');
  });

  test('readiness and metrics tell how far the read model is', async () => {
    const gateway = consortium.gatewayOf(farm);
    const ready = (await (await fetch(`${gateway}/ready`)).json()) as {
      checks: { readModel: { ready: boolean; detail: string } };
    };
    expect(ready.checks.readModel).toEqual({
      ready: true,
      detail: expect.stringMatching(/at block \d+, \d+ behind$/) as unknown,
    });
    const caughtUp = async (): Promise<boolean> => {
      const text = await (await fetch(`${gateway}/metrics`)).text();
      expect(text).toMatch(/^thingledger_read_model_lag_seconds\{[^}]*\} \S+$/m);
      return /^thingledger_read_model_lag_blocks\{[^}]*\} 0$/m.test(text);
    };
    expect(await until('a lag of no blocks', caughtUp, PATIENCE_MS)).toBe(true);
  });

  async function whole(id: string, recordId: string): Promise<{ thing: Rows[number]; record: Rows[number] }> {
    const canonical = (await consortium.as(farm).getThing({ thing: id })).thing.thing;
    const [thing = {}] = await rowsOf(`select * from things where thing = '${canonical}'`, 1);
    const [record = {}] = await rowsOf(`select * from mapping_records where record_id = '${recordId}'`, 1);
    return { thing, record };
  }
});
