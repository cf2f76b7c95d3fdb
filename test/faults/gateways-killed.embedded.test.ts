// SPDX-License-Identifier: Apache-2.0
import { isDisconnection, notExactlyOnce, unhelpful } from '../support/exactly-once.js';
import { KillableConsortium } from '../support/killable-consortium.js';
import { Load } from '../support/load.js';
import { report, seconds } from './under-test.js';

const KILLS = 3;
const writers = ['farm@maker', 'trucker@carrier', 'shop@bank'];

describe('a whole embedded consortium, killed under load', () => {
  let host: KillableConsortium;

  beforeAll(async () => {
    host = await KillableConsortium.start();
  });
  afterAll(() => host.remove());

  test('every acknowledged write is there after the restart, every other one once when it is repeated', async () => {
    const consortium = host.open();
    const load = Load.start(consortium, writers, 8);
    try {
      for (let round = 1; round <= KILLS; round += 1) {
        await load.goesOn(150);
        const at = Date.now();
        await host.kill();
        await host.start();
        await load.goesOn(1, undefined, at);
        const cut = load.cutOff(at).length;
        report(
          `embedded killed, ${String(cut)} writes cut off: it takes writes again after ${seconds(Date.now() - at)}`,
        );
        expect(cut).toBeGreaterThan(0);
      }
      await load.stop();
      const lost = load.unacknowledged();
      report(`${String(load.acknowledged().length)} writes acknowledged, ${String(lost.length)} not`);
      expect(unhelpful(lost.filter(({ error }) => !isDisconnection(error)))).toEqual([]);
      expect(await notExactlyOnce(consortium, load.writes, 'officer@customs')).toEqual([]);
    } finally {
      await load.stop();
    }
  });
});
