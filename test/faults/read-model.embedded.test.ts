// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Consortium } from '../support/consortium.js';
import { KillableConsortium } from '../support/killable-consortium.js';
import { Load } from '../support/load.js';
import { until } from '../support/until.js';
import { report } from './under-test.js';

const KILLS = 3;
const PATIENCE_MS = 60_000;
const writers = ['farm@maker', 'trucker@carrier'];
const readers = ['farm@maker', 'trucker@carrier', 'retailer@bank', 'officer@customs', 'inspector@inspection'];

/** Views whose rows never change once they are there, with the column of their block. */
const views = {
  blocks: 'block',
  transactions: 'block',
  events: 'block',
  writes: 'block',
  things_history: 'ledger_block',
  mapping_records_history: 'ledger_block',
  votes_history: 'ledger_block',
  participants_history: 'ledger_block',
};

/** Count and digest of every view's rows up to a block, as a member's gateway answers them. */
async function digests(
  consortium: Consortium,
  reader: string,
  block: number,
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [view, column] of Object.entries(views)) {
    const { rows } = await consortium.as(reader).querySql({
      query: `select count(*) as n, encode(sha256(convert_to(string_agg(line, ',' order by line), 'UTF8')), 'hex') as digest
        from (select to_json(v.*)::text as line from ${view} as v where ${column} <= ${String(block)}) as lines`,
    });
    found[view] = rows[0];
  }
  return found;
}

/** The last block that a member's read model has. */
async function reached(consortium: Consortium, reader: string): Promise<number> {
  return (await consortium.as(reader).querySql({ query: 'select 1 as one' })).block;
}

function caughtUp(consortium: Consortium, reader: string, block: number): Promise<boolean> {
  const there = async (): Promise<boolean> => (await reached(consortium, reader)) >= block;
  return until(`block ${String(block)} in the read model of ${reader}`, there, PATIENCE_MS);
}

describe('read models, killed under load (X9)', () => {
  let host: KillableConsortium;
  beforeAll(async () => {
    host = await KillableConsortium.start();
  });
  afterAll(() => host.remove());

  test('hold every block once, the same at every member, and the same when built anew', async () => {
    const consortium = host.open();
    const load = Load.start(consortium, writers, 6);
    try {
      for (let round = 1; round <= KILLS; round += 1) {
        await load.goesOn(100);
        await host.kill();
        await host.start();
      }
      await load.goesOn(50);
    } finally {
      await load.stop();
    }
    const block = Math.max(...(await Promise.all(readers.map((reader) => reached(consortium, reader)))));
    for (const reader of readers) await caughtUp(consortium, reader, block);
    const before = await digests(consortium, 'farm@maker', block);
    report(`${String(block + 1)} blocks in the read models after ${String(KILLS)} kills`);
    expect(before).toMatchObject({ blocks: { n: block + 1 } });
    for (const reader of readers) expect(await digests(consortium, reader, block)).toEqual(before);

    const things = load.acknowledged().filter(({ announcement }) => announcement === undefined);
    const { rows } = await consortium
      .as('farm@maker')
      .querySql({ query: 'select count(*) as n from things' });
    expect(rows[0]?.['n']).toBeGreaterThanOrEqual(things.length);

    await host.kill();
    await rm(join(host.dir, 'embedded', 'read-model'), { recursive: true });
    await host.start();
    for (const reader of readers) {
      await caughtUp(consortium, reader, block);
      expect(await digests(consortium, reader, block)).toEqual(before);
    }
  });
});
