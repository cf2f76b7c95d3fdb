// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { organisationOf, planNetwork } from '../../plan/plan.js';
import { parseTopology } from '../../topology.js';
import { readOperations } from '../fabric/operations.js';
import { DataFolderError } from '../fabric/prepare.js';
import type { NativeNetwork } from './network.js';
import { startNative } from './start.js';
import { NodeStartError, stopNative } from './supervise.js';

/** Two channels with different members and no chaincode: what the runner does, without what runs on it. */
const topology = parseTopology({
  name: 'native-test',
  organisations: [
    { name: 'maker', orderer: true },
    { name: 'bank', orderer: true },
    { name: 'inspection', orderer: true },
    { name: 'customs', orderer: true },
  ],
  consortia: [
    { channel: 'goods', members: ['maker', 'customs'], orderers: ['maker', 'bank', 'inspection', 'customs'] },
    { channel: 'money', members: ['maker', 'bank'], orderers: ['maker', 'bank', 'inspection', 'customs'] },
  ],
});
const plan = planNetwork(topology, { basePort: 26_000 });
const limit = 180_000;

describe('native network', () => {
  let dir: string;
  let network: NativeNetwork;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'native-'));
    network = await startNative(plan, dir);
  }, limit);
  afterAll(async () => {
    await stopNative(dir);
    rmSync(dir, { recursive: true });
  }, limit);
  const running = () => network.nodes().flatMap(({ name, pid }) => (pid === undefined ? [] : [name]));

  it('runs every node, and every channel has a leader', async () => {
    expect(running()).toHaveLength(8);
    expect(await network.leader('goods')).toMatch(/^orderer\./);
    expect(await network.leader('money')).toMatch(/^orderer\./);
  });

  it('tells how to reach a member', () => {
    expect(network.connection('bank')).toMatchObject({
      mspId: 'bank',
      endpoint: '127.0.0.1:26151',
      channels: ['money'],
    });
  });

  it('does nothing the second time', async () => {
    const before = network.nodes();
    await startNative(plan, dir);
    expect(network.nodes()).toEqual(before);
  }, 60_000);

  it('restarts only what is missing', async () => {
    const before = network.nodes();
    await network.kill('orderer.customs');
    await network.kill('peer.bank');
    expect(running()).toHaveLength(6);
    await startNative(plan, dir);
    const moved = network.nodes().filter(({ pid }, i) => pid !== before[i]?.pid);
    expect(moved.map(({ name }) => name)).toEqual(['orderer.customs', 'peer.bank']);
  }, 60_000);

  it('elects another leader when the leader is killed', async () => {
    const leader = (await network.leader('goods')) ?? '';
    await network.kill(leader);
    for (let now: string | undefined = leader; now === leader || now === undefined;) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      now = await network.leader('goods');
    }
    await network.restart(leader);
    expect(running()).toHaveLength(8);
  }, 90_000);

  it('keeps its state over a stop', async () => {
    const height = async () => {
      const metrics = await readOperations('loopback', organisationOf(plan, 'maker').peer!, '/metrics');
      return /ledger_blockchain_height\{channel="goods"\} (\d+)/.exec(metrics)?.[1];
    };
    const before = await height();
    expect(before).toBeDefined();
    await network.stop();
    expect(running()).toEqual([]);
    await startNative(plan, dir);
    expect(await height()).toBe(before);
  }, 90_000);

  it('refuses a folder of another network, and ports that are taken', async () => {
    const moved = planNetwork(topology, { basePort: 26_500 });
    await expect(startNative(moved, dir)).rejects.toBeInstanceOf(DataFolderError);
    const other = mkdtempSync(join(tmpdir(), 'native-'));
    await expect(startNative(plan, other)).rejects.toBeInstanceOf(NodeStartError);
    rmSync(other, { recursive: true });
  }, 60_000);
});
