// SPDX-License-Identifier: Apache-2.0
import { notExactlyOnce, unhelpful } from '../support/exactly-once.js';
import { Load } from '../support/load.js';
import { until } from '../support/until.js';
import { report, seconds, type Network } from './under-test.js';

const writers = ['farm@maker', 'trucker@carrier', 'shop@bank'];
/** Longest time without new commits after a leader's death, milliseconds. */
const LONGEST_OUTAGE = 10_000;
/** The same while a follower hangs: peers turn to another orderer, and if one more is still catching up, views change. */
const LONGEST_HANG = 20_000;
/** Writes of a load until an orderer that was away votes again. */
const TAKES_PART_AFTER = 400;

/** The leader of the orderers dies while records are written. */
export function describeOrderer(network: Network): void {
  describe('the leader orderer, killed under load', () => {
    let killed: string;

    test('new commits within ten seconds; nothing acknowledged is lost, nothing doubled', async () => {
      const { consortium, native, channel } = network();
      const load = Load.start(consortium, writers, 5);
      try {
        await load.goesOn(60);
        killed = await until('a leader', () => native.leader(channel), 10_000);
        const at = Date.now();
        await native.kill(killed);
        const outages = await Promise.all(
          writers.map((by) => until(`a commit of ${by} after the kill`, () => load.recovery(by, at), 60_000)),
        );
        await load.goesOn(60);
        await load.stop();
        const leader = await native.leader(channel);
        report(
          `${killed} killed: first commits after ${outages.map(seconds).join(', ')}, ${String(leader)} leads; ` +
            `${String(load.acknowledged().length)} writes acknowledged, ${String(load.unacknowledged().length)} not`,
        );
        expect(leader).not.toBe(killed);
        expect(unhelpful(load.unacknowledged())).toEqual([]);
        expect(await notExactlyOnce(consortium, load.writes, 'shop@bank')).toEqual([]);
        expect(Math.max(...outages)).toBeLessThan(LONGEST_OUTAGE);
      } finally {
        await load.stop();
      }
    });

    test('started again it catches up and takes part: with another one down no block comes without it', async () => {
      const { consortium, native, channel, catchesUp } = network();
      await native.restart(killed);
      const leader = await until('a leader', () => native.leader(channel), 10_000);
      await catchesUp(killed, leader);
      const other = native
        .nodes()
        .find(({ kind, name }) => kind === 'orderer' && name !== killed && name !== leader);
      const down = other?.name ?? '';
      const load = Load.start(consortium, writers, 2);
      try {
        await load.goesOn(20);
        const at = Date.now();
        await native.kill(down);
        await load.goesOn(30, undefined, at);
        await native.restart(down);
        await load.stop();
        const outage = writers.map((by) => seconds(load.recovery(by, at) ?? Number.NaN));
        report(`${down} killed, ${killed} back: first commits after ${outage.join(', ')}`);
        await catchesUp(down, killed);
        expect(unhelpful(load.unacknowledged())).toEqual([]);
        expect(await notExactlyOnce(consortium, load.writes, 'trucker@carrier')).toEqual([]);
      } finally {
        await load.stop();
      }
    });
  });

  describe('an orderer that hangs: it answers nobody and closes no connection', () => {
    test('holds no member up for long, whoever takes blocks from it; nothing is lost or doubled', async () => {
      const { consortium, native, channel, catchesUp } = network();
      const leader = await until('a leader', () => native.leader(channel), 10_000);
      const followers = native.nodes().filter(({ kind, name }) => kind === 'orderer' && name !== leader);
      const load = Load.start(consortium, writers, 5);
      try {
        // One of four may fail: one that was away before must not only have the blocks again, but vote on new ones.
        await load.goesOn(TAKES_PART_AFTER);
        // Which orderer a peer takes its blocks from is the peer's choice: one of them is met sooner or later.
        for (const { name, pid } of followers) {
          const at = Date.now();
          process.kill(Number(pid), 'SIGSTOP');
          const outages = await Promise.all(
            writers.map((by) => until(`a commit of ${by}`, () => load.recovery(by, at), 60_000)),
          ).finally(() => process.kill(Number(pid), 'SIGCONT'));
          report(`${name} hung: first commits after ${outages.map(seconds).join(', ')}`);
          expect(Math.max(...outages)).toBeLessThan(LONGEST_HANG);
          await catchesUp(name, leader);
          await load.goesOn(TAKES_PART_AFTER);
        }
        await load.stop();
        expect(unhelpful(load.unacknowledged())).toEqual([]);
        expect(await notExactlyOnce(consortium, load.writes, 'shop@bank')).toEqual([]);
      } finally {
        await load.stop();
      }
    });
  });
}
