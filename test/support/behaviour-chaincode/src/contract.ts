// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';

/**
 * Plain Fabric operations, one by one, for the behaviour suite. `create` doubles as the plain way of writing records
 * that benchmarks compare with: one record a transaction, one read and one write.
 */
@Info({ title: 'BehaviourContract', description: 'What a ledger has to do, operation by operation' })
export class BehaviourContract extends Contract {
  constructor() {
    super('behaviour');
  }

  /** Writes a value under a key nobody has used. @throws when the key exists */
  @Transaction()
  async create(ctx: Context, key: string, value: string): Promise<void> {
    const found = await ctx.stub.getState(key);
    if (found.length > 0) throw new Error(`${key} exists`);
    await ctx.stub.putState(key, Buffer.from(value));
  }

  @Transaction()
  async put(ctx: Context, key: string, value: string): Promise<void> {
    await ctx.stub.putState(key, Buffer.from(value));
  }

  /** The value, or an empty string. */
  @Transaction(false)
  @Returns('string')
  async get(ctx: Context, key: string): Promise<string> {
    return text(await ctx.stub.getState(key));
  }

  @Transaction()
  async del(ctx: Context, key: string): Promise<void> {
    await ctx.stub.deleteState(key);
  }

  /** Puts, then reads the same key: Fabric answers with the value from before the transaction. */
  @Transaction()
  @Returns('string')
  async putThenGet(ctx: Context, key: string, value: string): Promise<string> {
    await ctx.stub.putState(key, Buffer.from(value));
    return text(await ctx.stub.getState(key));
  }

  /** JSON list of [key, value] from start (included) to end (excluded), in key order. */
  @Transaction(false)
  @Returns('string')
  async range(ctx: Context, start: string, end: string): Promise<string> {
    return JSON.stringify(await rows(ctx, start, end));
  }

  /** One page of a range: {rows, bookmark}. */
  @Transaction(false)
  @Returns('string')
  async page(ctx: Context, start: string, end: string, size: string, bookmark: string): Promise<string> {
    const found: [string, string][] = [];
    const { iterator, metadata } = await ctx.stub.getStateByRangeWithPagination(
      start,
      end,
      Number(size),
      bookmark,
    );
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      found.push([next.value.key, text(next.value.value)]);
    }
    await iterator.close();
    return JSON.stringify({ rows: found, bookmark: metadata.bookmark });
  }

  /** Reads a range and writes a key: a row that appears in between is a phantom. Answers how many rows it saw. */
  @Transaction()
  @Returns('string')
  async rangePut(ctx: Context, start: string, end: string, key: string, value: string): Promise<string> {
    const seen = await rows(ctx, start, end);
    await ctx.stub.putState(key, Buffer.from(value));
    return String(seen.length);
  }

  /** Writes under a composite key of the type and the attributes (a JSON list of strings). */
  @Transaction()
  async putComposite(ctx: Context, type: string, attributes: string, value: string): Promise<void> {
    const key = ctx.stub.createCompositeKey(type, JSON.parse(attributes) as string[]);
    await ctx.stub.putState(key, Buffer.from(value));
  }

  /** JSON list of [attributes, value] below a partial composite key. */
  @Transaction(false)
  @Returns('string')
  async rangeComposite(ctx: Context, type: string, attributes: string): Promise<string> {
    const found: [string[], string][] = [];
    const prefix = JSON.parse(attributes) as string[];
    for await (const { key, value } of ctx.stub.getStateByPartialCompositeKey(type, prefix)) {
      found.push([ctx.stub.splitCompositeKey(key).attributes, text(value)]);
    }
    return JSON.stringify(found);
  }

  /** Adds one to a number and answers the new value: two at once conflict. */
  @Transaction()
  @Returns('string')
  async increment(ctx: Context, key: string): Promise<string> {
    const next = String(Number(text(await ctx.stub.getState(key)) || '0') + 1);
    await ctx.stub.putState(key, Buffer.from(next));
    return next;
  }

  /** JSON list of {txId, value, deleted}, newest first. */
  @Transaction(false)
  @Returns('string')
  async history(ctx: Context, key: string): Promise<string> {
    const found: { txId: string; value: string; deleted: boolean }[] = [];
    for await (const change of ctx.stub.getHistoryForKey(key)) {
      found.push({ txId: change.txId, value: text(change.value), deleted: change.isDelete });
    }
    return JSON.stringify(found);
  }

  /** Keeps the transient field `value` in a private collection. @throws when the field is missing */
  @Transaction()
  async putPrivate(ctx: Context, collection: string, key: string): Promise<void> {
    const value = ctx.stub.getTransient().get('value');
    if (value === undefined) throw new Error('transient field value is missing');
    await ctx.stub.putPrivateData(collection, key, value);
  }

  @Transaction(false)
  @Returns('string')
  async getPrivate(ctx: Context, collection: string, key: string): Promise<string> {
    return text(await ctx.stub.getPrivateData(collection, key));
  }

  @Transaction()
  async delPrivate(ctx: Context, collection: string, key: string): Promise<void> {
    await ctx.stub.deletePrivateData(collection, key);
  }

  /** SHA-256 of a private value in hexadecimal, which every member of the channel can read. */
  @Transaction(false)
  @Returns('string')
  async privateHash(ctx: Context, collection: string, key: string): Promise<string> {
    return Buffer.from(await ctx.stub.getPrivateDataHash(collection, key)).toString('hex');
  }

  @Transaction()
  async emit(ctx: Context, name: string, payload: string): Promise<void> {
    await ctx.stub.putState(`emitted:${name}`, Buffer.from(payload));
    ctx.stub.setEvent(name, Buffer.from(payload));
  }

  /** Sets two events; Fabric keeps the last. */
  @Transaction()
  async emitTwice(ctx: Context, first: string, second: string): Promise<void> {
    await ctx.stub.putState(`emitted:${second}`, Buffer.from(''));
    ctx.stub.setEvent(first, Buffer.from('1'));
    ctx.stub.setEvent(second, Buffer.from('2'));
  }

  /** Writes, then refuses: nothing may remain. */
  @Transaction()
  async refuse(ctx: Context, message: string): Promise<void> {
    await ctx.stub.putState('refused', Buffer.from(message));
    throw new Error(message);
  }

  /** Writes a random value, as no contract may: endorsers disagree. */
  @Transaction()
  @Returns('string')
  async differ(ctx: Context): Promise<string> {
    const value = randomUUID();
    await ctx.stub.putState('differ', Buffer.from(value));
    return value;
  }

  /** The transaction's time, ISO 8601 in UTC. */
  @Transaction(false)
  @Returns('string')
  time(ctx: Context): Promise<string> {
    return Promise.resolve(ctx.stub.getDateTimestamp().toISOString());
  }

  /** {mspId, id} of the caller, id as Fabric's client identity library forms it. */
  @Transaction(false)
  @Returns('string')
  whoAmI(ctx: Context): Promise<string> {
    const { clientIdentity } = ctx;
    return Promise.resolve(JSON.stringify({ mspId: clientIdentity.getMSPID(), id: clientIdentity.getID() }));
  }

  /** That many characters. */
  @Transaction(false)
  @Returns('string')
  big(_ctx: Context, size: string): Promise<string> {
    return Promise.resolve('x'.repeat(Number(size)));
  }
}

async function rows(ctx: Context, start: string, end: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { key, value } of ctx.stub.getStateByRange(start, end)) found.push([key, text(value)]);
  return found;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
