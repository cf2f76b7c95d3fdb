// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CommittedBlock,
  type EmbeddedNetwork,
  type Identity,
  startEmbedded,
} from '@thingledger/network';
import { behaviourPlan, clientOf, newFolder } from '../support/behaviour-network.js';

const writer = fileURLToPath(new URL('../support/embedded-writer.ts', import.meta.url));
const rounds = 4;
const acknowledgedBeforeKill = 150;
const members = ['maker', 'carrier', 'bank', 'inspection', 'customs'];

interface Acknowledged {
  readonly key: string;
  readonly txId: string;
  readonly block: bigint;
}

/** Lets a process write until so many records are acknowledged, then kills it with SIGKILL at once. */
async function writeUntilKilled(dir: string, run: string): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, dir, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The test runner's own flags are not the child's.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = once(child, 'close');
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [key, txId, block] = line.split(' ');
    if (key !== undefined && txId !== undefined && block !== undefined && block !== '') {
      acknowledged.push({ key, txId, block: BigInt(block) });
    }
    if (acknowledged.length === acknowledgedBeforeKill) child.kill('SIGKILL');
  }
  await ended;
  return acknowledged;
}

describe('the embedded network, killed under load', () => {
  const plan = behaviourPlan();
  const acknowledged: Acknowledged[] = [];
  let dir: string;
  let network: EmbeddedNetwork;
  let signer: Identity;
  let blocks: CommittedBlock[];

  const read = async (member: string, fn: string, ...args: string[]): Promise<string> => {
    const call = { channel: 'traceability', chaincode: 'behaviour', fn: `behaviour:${fn}`, args };
    return Buffer.from(await network.peer(member).evaluate(call, signer)).toString();
  };

  beforeAll(async () => {
    dir = await newFolder();
    for (let round = 0; round < rounds; round += 1) {
      acknowledged.push(...(await writeUntilKilled(dir, `round${round}`)));
    }
    network = await startEmbedded(plan, dir);
    signer = clientOf(dir, plan, 'maker');
    blocks = await allBlocks(network);
  }, 110_000);
  afterAll(async () => {
    await network.close();
    await rm(dir, { recursive: true });
  });

  test('was killed while it wrote', () => {
    expect(acknowledged.length).toBeGreaterThanOrEqual(rounds * acknowledgedBeforeKill);
  });

  test('has every acknowledged record on every member’s copy', async () => {
    for (const member of members) {
      const rows = new Map(JSON.parse(await read(member, 'range', 'round', 'round~')) as [string, string][]);
      const missing = acknowledged.filter(({ key }) => rows.get(key) !== `value of ${key}`);
      expect(missing).toEqual([]);
    }
  });

  test('tells the same outcome as before', async () => {
    for (const { txId, block } of acknowledged) {
      expect(await network.peer('customs').commitStatus('traceability', txId)).toEqual({
        code: 'VALID',
        block,
      });
    }
  });

  test('has nothing by halves: state, history and blocks agree', async () => {
    const written = blocks.flatMap(({ transactions }) =>
      transactions
        .filter(({ code }) => code === 'VALID')
        .flatMap(({ writes }) => writes.map(({ key }) => key)),
    );
    expect(new Set(written).size).toBe(written.length);
    for (const member of members) {
      const rows = JSON.parse(await read(member, 'range', 'round', 'round~')) as [string, string][];
      expect(rows.map(([key]) => key).sort()).toEqual([...written].sort());
    }
    for (const key of written.slice(-50))
      expect(JSON.parse(await read('bank', 'history', key))).toHaveLength(1);
  });

  test('has an unbroken chain of blocks', () => {
    expect(blocks.length).toBeGreaterThan(rounds);
    for (const [index, block] of blocks.entries()) {
      expect(block.number).toBe(BigInt(index));
      expect(Buffer.from(block.previousHash)).toEqual(Buffer.from(blocks[index - 1]?.hash ?? []));
    }
  });

  test('goes on', async () => {
    const call = {
      channel: 'traceability',
      chaincode: 'behaviour',
      fn: 'behaviour:create',
      args: ['after', 'all'],
    };
    const { txId, envelope } = await network.peer('maker').endorse(call, signer);
    await network.peer('maker').submit('traceability', envelope);
    expect((await network.peer('maker').commitStatus('traceability', txId)).code).toBe('VALID');
  });
});

async function allBlocks(network: EmbeddedNetwork): Promise<CommittedBlock[]> {
  const peer = network.peer('maker');
  const last = peer.height('traceability') - 1n;
  const blocks: CommittedBlock[] = [];
  for await (const block of peer.blocks('traceability')) {
    blocks.push(block);
    if (block.number === last) break;
  }
  return blocks;
}
