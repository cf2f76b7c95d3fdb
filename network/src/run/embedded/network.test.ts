// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { common } from '@hyperledger/fabric-protos';
import { readIdentity } from '../../crypto/issue.js';
import { memberFolders, msp, readIssued } from '../../crypto/folders.js';
import type { CommittedBlock } from './channel.js';
import { sealTransaction } from './envelope.js';
import { type EmbeddedNetwork, startEmbedded } from './network.js';
import type { EmbeddedEvent } from './peer.js';
import { signProposal } from './proposal.js';
import { privateKey, signMessage } from './signing.js';
import { Client, newFolder, proposal, smallPlan } from './testing/network.js';

describe('embedded network', () => {
  const plan = smallPlan();
  let dir: string;
  let network: EmbeddedNetwork;
  let maker: Client;
  let carrier: Client;
  let customs: Client;

  beforeAll(async () => {
    dir = await newFolder();
    network = await startEmbedded(plan, dir);
    maker = new Client(network, dir, 'maker');
    carrier = new Client(network, dir, 'carrier');
    customs = new Client(network, dir, 'customs');
  });
  afterAll(async () => {
    await network.close();
    await rm(dir, { recursive: true });
  });

  describe('proposals', () => {
    test('a transaction id is used once', async () => {
      const options = { nonce: randomBytes(24) };
      const first = await maker.endorse(proposal('put', 'once', 'a'), options);
      expect((await maker.commit(first)).code).toBe('VALID');
      await expect(maker.endorse(proposal('put', 'once', 'b'), options)).rejects.toMatchObject({
        code: 'ABORTED',
        reason: 'invalid',
        txId: first.txId,
        details: [
          { mspId: 'maker', message: expect.stringContaining(`duplicate transaction found [${first.txId}]`) },
        ],
      });
    });

    test('of two envelopes with one id the first is committed', async () => {
      const options = { nonce: randomBytes(24) };
      const first = await maker.endorse(proposal('put', 'twice', 'a'), options);
      const second = await maker.endorse(proposal('put', 'twice', 'b'), options);
      expect(second.txId).toBe(first.txId);
      await Promise.all([maker.commit(first), maker.commit(second)]);
      expect(await maker.read('get', 'twice')).toBe('a');
      const codes = (await allBlocks(maker)).flatMap(({ transactions }) =>
        transactions.filter(({ txId }) => txId === first.txId).map(({ code }) => code),
      );
      expect(codes).toEqual(['VALID', 'DUPLICATE_TXID']);
    });

    test.each([-16, 16])('a time %i minutes away is refused', async (minutes) => {
      const timestamp = new Date(Date.now() + minutes * 60_000);
      await expect(maker.endorse(proposal('put', 'k', 'v'), { timestamp })).rejects.toMatchObject({
        reason: 'invalid',
        details: [{ message: expect.stringContaining('incorrect timestamp') }],
      });
    });

    test('the history of a key is refused where the topology keeps none', async () => {
      await expect(maker.read('history', 'k')).rejects.toMatchObject({
        details: [{ message: expect.stringContaining('history database is not enabled') }],
      });
    });

    test('a time within the window is the transaction’s time', async () => {
      const timestamp = new Date(Date.now() - 14 * 60_000);
      const endorsed = await maker.endorse(proposal('put', 'early', 'v'), { timestamp });
      const { block } = await maker.commit(endorsed);
      const found = (await allBlocks(maker))[Number(block)]?.transactions.find(
        ({ txId }) => txId === endorsed.txId,
      );
      expect(found?.timestamp).toEqual(timestamp);
    });

    test('only members’ clients and administrators may propose', async () => {
      const peerOfMaker = { mspId: 'maker', ...readIssued(`${memberFolders(dir, 'maker').peer}/msp`, msp)! };
      await expect(maker.peer.evaluate(proposal('get', 'x'), peerOfMaker)).rejects.toMatchObject({
        reason: 'denied',
      });
      const admin = readIdentity(dir, 'maker', 'admin');
      await expect(maker.peer.evaluate(proposal('get', 'x'), admin)).resolves.toBeDefined();
      const claimed = { ...maker.signer, mspId: 'customs' };
      await expect(maker.peer.evaluate(proposal('get', 'x'), claimed)).rejects.toMatchObject({
        reason: 'denied',
      });
      expect(() => maker.peer.admit('goods', claimed)).toThrow('access denied');
    });

    test('a channel is closed to members of others', async () => {
      const call = { ...proposal('get', 'x'), channel: 'other' };
      await expect(maker.peer.evaluate(call, maker.signer)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(carrier.peer.evaluate(call, maker.signer)).rejects.toMatchObject({ reason: 'denied' });
    });
  });

  describe('endorsement', () => {
    test('a member is free to name the endorsers', async () => {
      const endorsingOrganisations = ['carrier', 'customs'];
      const endorsed = await maker.endorse(proposal('put', 'named', 'v'), { endorsingOrganisations });
      expect((await maker.commit(endorsed)).code).toBe('VALID');
    });

    test('too few endorsers are found out at commit', async () => {
      const endorsed = await maker.endorse(proposal('put', 'few', 'v'), {
        endorsingOrganisations: ['maker'],
      });
      expect((await maker.commit(endorsed)).code).toBe('ENDORSEMENT_POLICY_FAILURE');
      expect(await maker.read('get', 'few')).toBe('');
    });

    test('an endorser that is no member is not found', async () => {
      await expect(
        maker.endorse(proposal('put', 'k', 'v'), { endorsingOrganisations: ['bank'] }),
      ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('bank') });
    });

    test('every member runs an instance of its own, so state kept in a module makes endorsers differ', async () => {
      // Each has run it as often as the other: no difference shows.
      expect((await maker.write('runs')).result).toBe('1');
      expect(await maker.read('runs')).toBe('2');
      await expect(maker.write('runs')).rejects.toMatchObject({
        reason: 'mismatch',
        details: [{ mspId: 'customs', message: 'ProposalResponsePayloads do not match' }],
      });
    });

    test('the endorsing member’s peer answers, not the process', async () => {
      expect(await maker.read('endorser')).toBe('maker');
      expect(await customs.read('endorser')).toBe('customs');
    });

    test('an exception refuses, and the network goes on', async () => {
      await expect(maker.write('crash')).rejects.toMatchObject({
        reason: 'refused',
        details: [{ message: 'chaincode response 500, not thought of' }],
      });
      await expect(maker.write('unheard')).rejects.toMatchObject({
        details: [{ message: 'chaincode response 400, no unheard' }],
      });
    });

    test('what comes after the answer is not written', async () => {
      await maker.write('late');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await maker.read('get', 'late')).toBe('');
    });

    test.each([
      ['pageThenPut', 'Writes are not allowed'],
      ['query', 'not supported for leveldb'],
      ['call', 'does not call chaincode from chaincode'],
      ['policy', 'key-level endorsement'],
    ])('%s is refused with a reason', async (fn, reason) => {
      await expect(maker.write(fn)).rejects.toMatchObject({
        details: [{ message: expect.stringContaining(reason) }],
      });
    });
  });

  describe('state', () => {
    test('many keys are read and written in one call', async () => {
      expect((await maker.write('many', 'm1', 'm2', 'm3')).code).toBe('VALID');
      expect(JSON.parse(await carrier.read('readMany', 'm3', 'm1', 'm2', 'm9'))).toEqual([
        'm3',
        '',
        'm2',
        '',
      ]);
    });

    test('many-key reads conflict as single ones do', async () => {
      const [one, two] = [
        await maker.endorse(proposal('count', 'c')),
        await maker.endorse(proposal('count', 'c')),
      ];
      const commits = await Promise.all([maker.commit(one), maker.commit(two)]);
      expect(commits.map(({ code }) => code)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
      // Both stood in one block, and the second one's event is not delivered.
      expect(commits[0].block).toBe(commits[1].block);
      await maker.write('count', 'c');
      expect((await eventsFrom(maker, commits[0].block, 2)).map(({ name }) => name)).toEqual(['c-1', 'c-2']);
    });

    test('a row of the same block is a phantom', async () => {
      const put = await maker.endorse(proposal('put', 'row-1', 'v'));
      const sum = await maker.endorse(proposal('sum', 'row-', 'row-~', 'sum'));
      const commits = await Promise.all([maker.commit(put), maker.commit(sum)]);
      expect(commits.map(({ code }) => code)).toEqual(['VALID', 'PHANTOM_READ_CONFLICT']);
      expect(commits[0].block).toBe(commits[1].block);
    });
  });

  describe('private data', () => {
    test('a value lives as many blocks as its collection says', async () => {
      const { block } = await maker.hide('short', 'fleeting', 'k');
      expect(await maker.read('reveal', 'fleeting', 'k')).toBe('short');
      for (let n = 0; n < 2; n += 1) await maker.write('put', 'clock', String(n));
      expect(maker.peer.height('goods')).toBe(block + 3n);
      expect(await maker.read('reveal', 'fleeting', 'k')).toBe('short');
      await maker.write('put', 'clock', 'over');
      expect(await maker.read('reveal', 'fleeting', 'k')).toBe('');
      expect(await carrier.read('hash', 'fleeting', 'k')).toBe('');
    });

    test('a value written again lives on', async () => {
      await maker.hide('one', 'fleeting', 'again');
      await maker.write('put', 'clock', '1');
      await maker.hide('two', 'fleeting', 'again');
      await maker.write('put', 'clock', '2');
      await maker.write('put', 'clock', '3');
      expect(await maker.read('reveal', 'fleeting', 'again')).toBe('two');
    });

    test('a member outside the collection holds the hash and no value', async () => {
      await carrier.hide('seen', 'open', 'k');
      expect(await maker.read('reveal', 'open', 'k')).toBe('seen');
      await expect(carrier.read('reveal', 'open', 'k')).rejects.toMatchObject({
        details: [
          { message: expect.stringContaining('private data matching public hash version is not available') },
        ],
      });
    });

    test('transient data goes to no peer outside the collection', async () => {
      await expect(maker.hide('x', 'apart', 'k')).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        message: expect.stringContaining('not in the distribution policy'),
      });
    });
  });

  describe('transactions', () => {
    test('a client can not change what was endorsed, even under its own signature', async () => {
      const { envelope, txId } = await maker.endorse(proposal('put', 'price', 'honest'));
      const altered = common.Envelope.deserializeBinary(envelope);
      const payload = Buffer.from(altered.getPayload_asU8());
      payload.write('crooks', payload.lastIndexOf('honest'));
      altered.setPayload(payload);
      await expect(maker.peer.submit('goods', altered.serializeBinary())).rejects.toMatchObject({
        reason: 'denied',
      });
      altered.setSignature(signMessage(payload, privateKey(maker.signer.privateKeyPem)));
      const commit = await maker.commit({ txId, envelope: altered.serializeBinary() });
      expect(commit.code).toBe('ENDORSEMENT_POLICY_FAILURE');
      expect(await maker.read('get', 'price')).toBe('');
    });

    test('endorsements fit their proposal only', async () => {
      const signed = signProposal(proposal('put', 'mine', 'v'), maker.signer);
      const other = await maker.endorse(proposal('put', 'other', 'v'));
      const { readTransaction } = await import('./envelope.js');
      const { endorsed, endorsements } = readTransaction(other.envelope).action!;
      const envelope = sealTransaction(signed, endorsed, endorsements, maker.signer);
      expect((await maker.commit({ txId: signed.txId, envelope })).code).toBe('INVALID_ENDORSER_TRANSACTION');
    });

    test('rubbish, the wrong channel and too much are refused', async () => {
      await expect(maker.peer.submit('goods', randomBytes(200))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
      const { envelope } = await maker.endorse(proposal('put', 'k', 'v'));
      await expect(maker.peer.submit('other', envelope)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(maker.peer.submit('goods', Buffer.alloc(11_000_000))).rejects.toMatchObject({
        message: expect.stringContaining('exceeds maximum allowed'),
      });
    });

    test('the same envelope again is not ordered again', async () => {
      const endorsed = await maker.endorse(proposal('put', 'again', 'v'));
      const commit = await maker.commit(endorsed);
      expect(await maker.commit(endorsed)).toEqual(commit);
      expect(maker.peer.height('goods')).toBe(commit.block + 1n);
    });

    test('a wait ends with its signal', async () => {
      const unknown = 'f'.repeat(64);
      await expect(
        maker.peer.commitStatus('goods', unknown, { signal: AbortSignal.timeout(20) }),
      ).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', txId: unknown });
      await expect(
        maker.peer.commitStatus('goods', unknown, { signal: AbortSignal.abort() }),
      ).rejects.toMatchObject({ code: 'CANCELLED' });
    });
  });

  test('blocks form one chain, and a follower gets each of them', async () => {
    const stop = new AbortController();
    const followed: bigint[] = [];
    const following = (async () => {
      for await (const { number } of maker.peer.blocks('goods', 0n, stop.signal)) followed.push(number);
    })();
    for (let n = 0; n < 3; n += 1) await maker.write('put', 'chain', String(n));
    const blocks = await allBlocks(maker);
    expect(blocks.map(({ number }) => Number(number))).toEqual(blocks.map((_, index) => index));
    for (const [index, { previousHash }] of blocks.entries()) {
      expect(Buffer.from(previousHash)).toEqual(Buffer.from(blocks[index - 1]?.hash ?? []));
    }
    stop.abort();
    await following;
    expect(followed).toEqual(blocks.map(({ number }) => number));
  });
});

async function allBlocks(client: Client): Promise<CommittedBlock[]> {
  const height = client.peer.height('goods');
  const blocks: CommittedBlock[] = [];
  for await (const block of client.peer.blocks('goods')) {
    blocks.push(block);
    if (block.number === height - 1n) break;
  }
  return blocks;
}

async function eventsFrom(client: Client, block: bigint, count: number): Promise<EmbeddedEvent[]> {
  const events: EmbeddedEvent[] = [];
  for await (const event of client.peer.chaincodeEvents(
    'goods',
    'test',
    { block },
    AbortSignal.timeout(5_000),
  )) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}
