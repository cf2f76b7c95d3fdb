// SPDX-License-Identifier: Apache-2.0
import { ProblemError } from '@thingledger/client';
import { notExactlyOnce, unhelpful } from '../support/exactly-once.js';
import { Load } from '../support/load.js';
import { until } from '../support/until.js';
import { report, seconds, type Network } from './under-test.js';

const elsewhere = 'farm@maker';

/** What a member needs to take part in the ledger dies: its peer, or the process that runs its chaincode. */
export function describeMember(network: Network): void {
  describe.each([
    ['peer.bank', 'shop@bank', { writes: true, refuses: true }],
    // Others endorse what the policy lets them endorse: writing may go on without chaincode of one's own.
    ['chaincode.bank', 'shop@bank', { writes: true, refuses: false }],
    // One of the two regulators whose endorsement the policy asks for: the other one must do.
    ['peer.customs', 'officer@customs', { writes: false, refuses: false }],
    ['chaincode.customs', 'officer@customs', { writes: false, refuses: false }],
  ])('%s killed under load', (node, victim, { writes, refuses }) => {
    test(`the gateway of ${victim} says so with a code, the others go on, and it catches up`, async () => {
      const { consortium, native, catchesUp } = network();
      const load = Load.start(consortium, [elsewhere], 4);
      const own = Load.start(consortium, writes ? [victim] : [], 4);
      const running = [load, own];
      try {
        await Promise.all([load.goesOn(20), ...(writes ? [own.goesOn(20)] : [])]);
        const at = Date.now();
        await native.kill(node);
        const refusal = await until('a refused read', () => refusedRead(network, victim), 20_000);
        expect([refusal.code, refusal.status, refusal.retryAfter]).toEqual(['TL-LEDGER-UNAVAILABLE', 503, 1]);
        // Somebody else of the member: what its first caller has under way may be pursued for long.
        const late = Load.start(consortium, refuses ? ['retailer@bank'] : [], 1);
        running.push(late);
        if (refuses) await until('a refused write', () => late.unacknowledged().length > 0, 20_000);
        await load.goesOn(30, elsewhere, at);
        const outage = load.recovery(elsewhere, at) ?? Number.NaN;

        const back = Date.now();
        await native.restart(node);
        await until('an answer to a read', () => consortium.as(victim).getRules({}), 60_000);
        const reads = Date.now() - back;
        await catchesUp(`peer.${victim.split('@')[1] ?? ''}`, 'peer.maker');
        if (writes) await own.goesOn(10, victim, back);
        await Promise.all(running.map((each) => each.stop()));
        const lost = [...own.unacknowledged(), ...late.unacknowledged()];
        report(
          `${node} killed: ${elsewhere} went on after ${seconds(outage)}; restarted, ${victim} reads after ${seconds(reads)}` +
            (writes
              ? `, writes after ${seconds(own.recovery(victim, back) ?? Number.NaN)}; ${String(lost.length)} writes not acknowledged`
              : ''),
        );
        expect(unhelpful(lost)).toEqual([]);
        expect(load.unacknowledged().map(({ error }) => String(error))).toEqual([]);
        const all = running.flatMap((each) => each.writes);
        expect(await notExactlyOnce(consortium, all, victim)).toEqual([]);
      } finally {
        await Promise.all(running.map((each) => each.stop()));
      }
    });
  });
}

/** The gateway's no to a read of the ledger; undefined while it still answers. */
async function refusedRead(network: Network, as: string): Promise<ProblemError | undefined> {
  try {
    await network().consortium.as(as).getRules({});
    return undefined;
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}
