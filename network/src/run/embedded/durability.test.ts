// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeRow } from './copy.js';
import { statePrefix } from './keys.js';
import { type EmbeddedNetwork, startEmbedded } from './network.js';
import { Store } from './store.js';
import { Client, newFolder, proposal, smallPlan } from './testing/network.js';

describe('what is on disk', () => {
  let dir: string;
  let network: EmbeddedNetwork | undefined;

  const start = async (): Promise<Client> => {
    network = await startEmbedded(smallPlan(), dir);
    return new Client(network, dir, 'maker');
  };
  const stop = async (): Promise<void> => {
    await network?.close();
    network = undefined;
  };

  beforeEach(async () => {
    dir = await newFolder();
  });
  afterEach(async () => {
    await stop();
    await rm(dir, { recursive: true });
  });

  test('a second process is told who has it and what to do', async () => {
    await start();
    await expect(startEmbedded(smallPlan(), dir)).rejects.toThrow(
      `another process uses ${join(dir, 'ledger')}; stop it first: Ctrl+C where npm start runs`,
    );
  });

  test('what was accepted is committed before the network closes', async () => {
    const first = await start();
    const endorsed = await Promise.all(
      Array.from({ length: 20 }, (_, i) => first.endorse(proposal('put', `k${i}`, 'v'))),
    );
    for (const { envelope } of endorsed) await first.peer.submit('goods', envelope);
    await stop();
    const second = await start();
    for (const { txId } of endorsed) {
      expect((await second.peer.commitStatus('goods', txId)).code).toBe('VALID');
    }
  });

  test('closing ends streams and waits', async () => {
    const client = await start();
    const waiting = client.peer.commitStatus('goods', 'e'.repeat(64));
    const following = (async () => {
      for await (const _ of client.peer.blocks('goods', 1n));
    })();
    const ends = Promise.allSettled([waiting, following]);
    await stop();
    expect(await ends).toMatchObject([
      { reason: { code: 'UNAVAILABLE' } },
      { reason: { code: 'UNAVAILABLE' } },
    ]);
    await expect(client.peer.submit('goods', new Uint8Array())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  test('a member whose copy was altered is found out by the others', async () => {
    const first = await start();
    await first.write('put', 'n', '1');
    await stop();

    const store = await Store.open(join(dir, 'ledger'));
    const key = Buffer.concat([statePrefix('customs', 'goods', 'test'), Buffer.from('n')]);
    const version = { block: Number(store.get(key)!.readBigUInt64BE()), tx: 0 };
    await store.write([{ key, value: encodeRow(version, Buffer.from('7')) }]);
    await store.close();

    const second = await start();
    expect(await second.read('get', 'n')).toBe('1');
    expect(await new Client(network!, dir, 'customs').read('get', 'n')).toBe('7');
    await expect(second.endorse(proposal('count', 'n'))).rejects.toMatchObject({
      reason: 'mismatch',
      details: [{ mspId: 'customs' }],
    });
  });

  test('private values of an endorsed transaction wait for it over a restart', async () => {
    const first = await start();
    const call = { ...proposal('hidden', 'secret', 'k'), transient: { value: Buffer.from('v') } };
    const endorsed = await first.endorse(call);
    await stop();
    const second = await start();
    expect((await second.commit(endorsed)).code).toBe('VALID');
    expect(await second.read('reveal', 'secret', 'k')).toBe('v');
  });

  test('a broken disk stops the channel with its reason, and a restart goes on', async () => {
    const client = await start();
    const { envelope, txId } = await client.endorse(proposal('put', 'k', 'v'));
    const write = Store.prototype.write;
    Store.prototype.write = () => Promise.reject(new Error('no space left on device'));
    await client.peer.submit('goods', envelope);
    await expect(client.peer.commitStatus('goods', txId)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    Store.prototype.write = write;
    await expect(client.peer.submit('goods', envelope)).rejects.toThrow(
      'channel has stopped: no space left on device',
    );
    await stop();
    const again = await start();
    expect((await again.commit({ txId, envelope })).code).toBe('VALID');
  });
});
