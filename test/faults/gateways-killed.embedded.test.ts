// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newFolder } from '../support/behaviour-network.js';
import { Consortium } from '../support/consortium.js';
import { isDisconnection, notExactlyOnce, unhelpful } from '../support/exactly-once.js';
import { Load } from '../support/load.js';
import { report, seconds } from './under-test.js';

const program = fileURLToPath(new URL('../support/embedded-consortium.ts', import.meta.url));
/** Ports of its own, so that a network of `npm start` can stay. */
const BASE_PORT = 31_500;
const KILLS = 3;
const writers = ['farm@maker', 'trucker@carrier', 'shop@bank'];

describe('a whole embedded consortium, killed under load', () => {
  let dir: string;
  let running: ChildProcess;

  const start = async (): Promise<void> => {
    running = spawn(process.execPath, ['--import', 'tsx', program, dir, String(BASE_PORT)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // The test runner's own flags are not the child's.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    for await (const line of createInterface({ input: running.stdout ?? process.stdin }))
      if (line === 'ready') return;
    throw new Error('the consortium ended before it was ready; its words are above');
  };
  const kill = async (): Promise<void> => {
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };

  beforeAll(async () => {
    dir = await newFolder();
    await start();
  });
  afterAll(async () => {
    await kill();
    await rm(dir, { recursive: true, force: true });
  });

  test('every acknowledged write is there after the restart, every other one once when it is repeated', async () => {
    const consortium = Consortium.open(join(dir, 'identities.json'));
    const load = Load.start(consortium, writers, 8);
    try {
      for (let round = 1; round <= KILLS; round += 1) {
        await load.goesOn(150);
        const at = Date.now();
        await kill();
        await start();
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
