// SPDX-License-Identifier: Apache-2.0
import { createPostgres, type TestPostgres } from '@thingledger/gateway/testing';
import { refusalOf, registered } from '../support/custody.js';
import { startFurtherGateway, type FurtherGateway } from '../support/further-gateway.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 60_000;
const farm = 'farm@maker';

describe('a read model on a PostgreSQL server (X9)', () => {
  let server: TestPostgres;
  let gateway: FurtherGateway;
  beforeAll(async () => {
    server = await createPostgres();
    gateway = await startFurtherGateway('maker', { THINGLEDGER_READ_MODEL: server.url });
  }, 120_000);
  afterAll(async () => {
    await gateway.close();
    await server.remove();
  }, 60_000);

  test('answers, refuses and cuts off as one in the data folder does', async () => {
    const client = await gateway.as(farm);
    const item = await registered(gateway.consortium, farm);
    const { thing } = await client.getThing({ thing: item.thing });
    const found = await until(
      'the thing in the read model',
      async () => {
        const query = `select thing, ledger_tx_id from things where thing = '${thing.thing}'`;
        const { rows } = await client.querySql({ query });
        return rows.length > 0 && rows;
      },
      PATIENCE_MS,
    );
    expect(found).toEqual([{ thing: thing.thing, ledger_tx_id: thing.txId }]);
    const refused = (query: string): Promise<string> => refusalOf(client.querySql({ query }));
    expect(await refused('drop table things')).toBe('TL-SQL-NOT-A-QUERY');
    expect(await refused('select * from pg_shadow')).toBe('TL-SQL-FORBIDDEN');
    const endless = 'with recursive r as (select 1 as n union all select n from r) select count(*) from r';
    expect(await refused(endless)).toBe('TL-SQL-TIMEOUT');
  });

  test('without its server the gateway stays ready, says what is wrong, and goes on when the server is back', async () => {
    const client = await gateway.as(farm);
    await server.stop();
    expect(await refusalOf(client.querySql({ query: 'select 1 as one' }))).toBe('TL-READ-MODEL-UNAVAILABLE');
    const item = await registered(gateway.consortium, farm);
    expect((await client.getThing({ thing: item.thing })).thing.registrant).toBe(farm);
    const faulty = async (): Promise<boolean> => {
      const response = await fetch(`${gateway.url}/ready`);
      const { checks } = (await response.json()) as { checks: { readModel: { detail: string } } };
      expect(response.status).toBe(200);
      return checks.readModel.detail.includes('trying again after a fault');
    };
    expect(await until('word of the fault', faulty, PATIENCE_MS)).toBe(true);
    await server.start();
    const { thing } = (await client.getThing({ thing: item.thing })).thing;
    const there = async (): Promise<boolean> => {
      const query = `select 1 as one from things where thing = '${thing}'`;
      return (await client.querySql({ query }).catch(() => ({ rows: [] }))).rows.length > 0;
    };
    expect(await until('the thing in the read model', there, PATIENCE_MS)).toBe(true);
  });
});
