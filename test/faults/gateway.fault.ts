// SPDX-License-Identifier: Apache-2.0
import { isDisconnection, notExactlyOnce, unhelpful } from '../support/exactly-once.js';
import { Load } from '../support/load.js';
import { report, seconds, type Network } from './under-test.js';

const writers = ['farm@maker', 'processor@maker'];
const elsewhere = 'trucker@carrier';
const KILLS = 2;

/** A member's gateway dies in the middle of writes. */
export function describeGateway(network: Network): void {
  test('a gateway, killed in the middle of writes and started again: every write is done once', async () => {
    const { consortium, killGateway, startGateway } = network();
    const load = Load.start(consortium, writers, 8);
    const others = Load.start(consortium, [elsewhere], 2);
    try {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await load.goesOn(50);
        const at = Date.now();
        await killGateway('maker');
        await startGateway('maker');
        await load.goesOn(1, undefined, at);
        const cut = load.cutOff(at).length;
        report(
          `gateway of maker killed, ${String(cut)} writes cut off: it takes writes again after ${seconds(Date.now() - at)}`,
        );
        expect(cut).toBeGreaterThan(0);
      }
      await load.goesOn(20);
      await Promise.all([load.stop(), others.stop()]);
      const lost = load.unacknowledged();
      report(`${String(load.acknowledged().length)} writes acknowledged, ${String(lost.length)} not`);
      expect(unhelpful(lost.filter(({ error }) => !isDisconnection(error)))).toEqual([]);
      expect(others.unacknowledged()).toEqual([]);
      expect(await notExactlyOnce(consortium, [...load.writes, ...others.writes], 'shop@bank')).toEqual([]);
    } finally {
      await Promise.all([load.stop(), others.stop()]);
    }
  });
}
