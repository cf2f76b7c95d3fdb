// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CommittedBlock, CommittedTransaction } from '@thingledger/gateway';
import { Actor, failureOf, type LedgerUnderTest, text } from './under-test.js';

/** Committed blocks: whole, chained, from any number on, and what their transactions say. */
export function describeBlocks(network: () => LedgerUnderTest): void {
  describe('blocks', () => {
    const as = (member: string): Actor => new Actor(network(), member);
    const fresh = (): string => `b-${randomUUID()}`;

    test('the chain comes from the first block on, every block once, each with the hash of the one before', async () => {
      const maker = as('maker');
      const { block } = await maker.write('put', fresh(), 'x');
      const { channel } = network();
      expect(await maker.ledger.height(channel, maker.identity)).toBeGreaterThan(block);
      const chain = await until(maker, 0n, block);
      expect(chain.map(({ number }) => number)).toEqual(chain.map((_, index) => BigInt(index)));
      for (const [index, { previousHash }] of chain.entries()) {
        const before = chain[index - 1]?.hash ?? new Uint8Array();
        expect(Buffer.from(previousHash).toString('hex')).toBe(Buffer.from(before).toString('hex'));
      }
    });

    test('a transaction carries its writer, time, operation and writes, the same for every member', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const before = Date.now();
      const put = await maker.write('put', key, 'timber');
      const del = await maker.write('del', key);
      for (const member of ['maker', 'customs']) {
        const wrote = find(await until(as(member), put.block, del.block), put.txId);
        expect(wrote).toMatchObject({ code: 'VALID', operations: ['behaviour:put'] });
        expect(wrote.creator?.member).toBe('maker');
        expect(wrote.creator?.name).toMatch(/^[a-z]+$/);
        expect(wrote.timestamp?.getTime()).toBeGreaterThanOrEqual(before - 1);
        expect(wrote.timestamp?.getTime()).toBeLessThanOrEqual(Date.now() + 1);
        expect(ownWrites(wrote)).toEqual([[key, 'timber']]);
      }
      const deleted = find(await until(maker, del.block, del.block), del.txId);
      expect(ownWrites(deleted)).toEqual([[key, undefined]]);
    });

    test('a transaction carries its event', async () => {
      const [maker, name] = [as('maker'), fresh()];
      const { block, txId } = await maker.write('emit', name, '{"n":1}');
      const { event } = find(await until(maker, block, block), txId);
      expect([event?.name, text(event?.payload ?? new Uint8Array())]).toEqual([name, '{"n":1}']);
    });

    test('what was turned down is there too, with its code', async () => {
      const [maker, key] = [as('maker'), fresh()];
      await maker.write('put', key, '0');
      const rivals = await Promise.all([1, 2].map((n) => maker.endorse('putThenGet', key, String(n))));
      const commits = [];
      for (const rival of rivals) commits.push({ ...(await maker.commit(rival)), txId: rival.txId });
      for (const { block, txId, code } of commits) {
        expect(find(await until(maker, block, block), txId).code).toBe(code);
      }
      expect(commits.map(({ code }) => code)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
    });

    test('a reader that is ahead waits for its block', async () => {
      const [maker, key] = [as('maker'), fresh()];
      const { block } = await maker.write('put', key, '1');
      const waiting = until(maker, block + 1n, block + 1n);
      const next = await maker.write('put', key, '2');
      expect((await waiting).map(({ number }) => number)).toEqual([next.block]);
    });

    test('a stream ends when its signal says so, and is closed to strangers', async () => {
      const maker = as('maker');
      const { block } = await maker.write('put', fresh(), 'x');
      const stop = new AbortController();
      const ended = collect(maker.blocks(block + 1000n, stop.signal), Infinity);
      setTimeout(() => stop.abort(), 200);
      await expect(ended).resolves.toEqual([]);
      const { channel, impostor } = network();
      const foreign = maker.ledger.blocks(channel, 0n, impostor(), AbortSignal.timeout(20_000));
      expect((await failureOf(collect(foreign, 1))).kind).toBe('denied');
    });
  });
}

/** The blocks of a member from one number to another. */
function until(actor: Actor, from: bigint, last: bigint): Promise<CommittedBlock[]> {
  return collect(actor.blocks(from, AbortSignal.timeout(20_000)), Number(last - from) + 1);
}

async function collect(blocks: AsyncIterable<CommittedBlock>, count: number): Promise<CommittedBlock[]> {
  const found: CommittedBlock[] = [];
  for await (const block of blocks) if (found.push(block) === count) break;
  return found;
}

function find(blocks: readonly CommittedBlock[], txId: string): CommittedTransaction {
  const found = blocks.flatMap(({ transactions }) => transactions).find((one) => one.txId === txId);
  if (!found) throw new Error(`transaction ${txId} is in none of the blocks`);
  return found;
}

function ownWrites({ writes }: CommittedTransaction): [string, string | undefined][] {
  return writes
    .filter(({ namespace }) => namespace === 'behaviour')
    .map(({ key, value }) => [key, value && text(value)]);
}
