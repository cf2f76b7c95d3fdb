// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Env } from '@thingledger/gateway';
import { reserveBasePort, type ReservedBasePort } from '@thingledger/network';
import { newFolder } from './behaviour-network.js';
import { Consortium } from './consortium.js';

const program = fileURLToPath(new URL('./embedded-consortium.ts', import.meta.url));

/** A whole embedded consortium, its gateways too, in one process of its own, which a test may kill and start again. */
export class KillableConsortium {
  #running: ChildProcess | undefined;

  private constructor(
    /** Its data folder. */
    readonly dir: string,
    private readonly ports: ReservedBasePort,
    private readonly variables: Env,
  ) {}

  /**
   * Starts it from nothing, on ports that stay its own while it is killed.
   *
   * @param variables over those that the plan gives the gateways
   */
  static async start(variables: Env = {}): Promise<KillableConsortium> {
    const started = new KillableConsortium(await newFolder(), await reserveBasePort(), variables);
    await started.start();
    return started;
  }

  /** Those who use it; its addresses stay the same after a restart. */
  open(): Consortium {
    return Consortium.open(join(this.dir, 'identities.json'));
  }

  /** Starts it on what it left on disk, and waits until it takes requests. */
  async start(): Promise<void> {
    const told = [this.dir, String(this.ports.base), JSON.stringify(this.variables)];
    const running = spawn(process.execPath, ['--import', 'tsx', program, ...told], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // The test runner's own flags are not the child's.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#running = running;
    for await (const line of createInterface({ input: running.stdout })) if (line === 'ready') return;
    throw new Error('the consortium ended before it was ready; its words are above');
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  /** Kills it and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    this.ports.release();
    await rm(this.dir, { recursive: true, force: true });
  }
}
