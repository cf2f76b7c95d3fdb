// SPDX-License-Identifier: Apache-2.0
import { defineCollection, defineShelf } from '@thingledger/protocol';
import { Overlay } from './overlay';
import type { StatePort, StateWrite } from './state-port';

const notes = defineCollection('note', undefined as never);
const shelf = defineShelf('shelf', undefined as never, (id) => [id.slice(0, -1), id.slice(-1)]);

class Peer implements StatePort {
  readonly asked: string[][] = [];
  readonly written: StateWrite[] = [];

  constructor(private readonly committed: Record<string, unknown> = {}) {}

  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    this.asked.push([...keys]);
    return Promise.resolve(
      keys.map((key) =>
        key in this.committed ? Buffer.from(JSON.stringify(this.committed[key])) : undefined,
      ),
    );
  }

  writeAll(writes: readonly StateWrite[]): Promise<void> {
    this.written.push(...writes);
    return Promise.resolve();
  }
}

describe('the overlay over a peer’s state', () => {
  test('reads its own writes, and each key from the peer at most once', async () => {
    const peer = new Peer({ 'note/a': { text: 'old' } });
    const state = new Overlay(peer);
    await state.prefetch(['note/a', 'note/b', 'note/a']);
    expect(await state.get(notes, 'a')).toEqual({ text: 'old' });
    expect(await state.get(notes, 'b')).toBeUndefined();
    state.put(notes, { text: 'new' } as never, 'a');
    expect(await state.get(notes, 'a')).toEqual({ text: 'new' });
    expect(peer.asked).toEqual([['note/a', 'note/b']]);
  });

  test('sends all writes once, ordered by key, as canonical JSON', async () => {
    const peer = new Peer();
    const state = new Overlay(peer);
    state.put(notes, { z: 1, a: 2 } as never, 'b');
    state.put(notes, { n: 1 } as never, 'a');
    state.put(notes, { n: 2 } as never, 'a');
    await state.flush();
    expect(peer.written.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()])).toEqual([
      ['note/a', '{"n":2}'],
      ['note/b', '{"a":2,"z":1}'],
    ]);
  });

  test('a failed savepoint leaves what was there before it', async () => {
    const peer = new Peer({ 'note/c': 'committed' });
    const state = new Overlay(peer);
    state.put(notes, 1 as never, 'a');
    const failing = state.savepoint(() => {
      state.put(notes, 2 as never, 'a');
      state.put(notes, 3 as never, 'b');
      state.put(notes, 4 as never, 'c');
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect(await state.get(notes, 'a')).toBe(1);
    expect(await state.get(notes, 'b')).toBeUndefined();
    expect(await state.get(notes, 'c')).toBe('committed');
    await state.flush();
    expect(peer.written.map(({ key }) => key)).toEqual(['note/a']);
  });

  test('inside a savepoint that fails, nothing stays of one that did not', async () => {
    const state = new Overlay(new Peer());
    const outer = state.savepoint(async () => {
      await state.savepoint(() => Promise.resolve(state.put(notes, 1 as never, 'a')));
      await expect(
        state.savepoint(() => {
          state.put(notes, 2 as never, 'a');
          return Promise.reject(new Error('inner'));
        }),
      ).rejects.toThrow('inner');
      expect(await state.get(notes, 'a')).toBe(1);
      throw new Error('outer');
    });
    await expect(outer).rejects.toThrow('outer');
    expect(await state.get(notes, 'a')).toBeUndefined();
  });

  test('neighbours are read and written in one row, each as an entry of its own', async () => {
    const peer = new Peer({ 'shelf/x': { 1: 'one', 2: 'two' } });
    const state = new Overlay(peer);
    expect(await state.getAll(shelf, [['x1'], ['x2'], ['x3']])).toEqual(['one', 'two', undefined]);
    state.put(shelf, 'three' as never, 'x3');
    const failing = state.savepoint(() => {
      state.put(shelf, 'other' as never, 'x1');
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    expect([state.peek(shelf, 'x1'), state.peek(shelf, 'x3')]).toEqual(['one', 'three']);
    expect(() => state.put(shelf, 'unread' as never, 'y1')).toThrow('read an entry before');
    await state.flush();
    expect(peer.asked).toEqual([['shelf/x']]);
    expect(peer.written.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()])).toEqual([
      ['shelf/x', '{"1":"one","2":"two","3":"three"}'],
    ]);
  });

  test('a row that is written shorter is unpacked once, and packed again when it is sent', async () => {
    let unpacked = 0;
    const packed = defineShelf('short', undefined as never, (id) => [id.slice(0, -1), id.slice(-1)], {
      pack: (row) => Object.entries(row).map(([place, value]) => `${place}=${String(value)}`),
      unpack: (row) => {
        unpacked += 1;
        return Object.fromEntries((row as string[]).map((entry) => entry.split('='))) as never;
      },
    });
    const peer = new Peer({ 'short/x': ['1=one', '2=two'], 'short/y': ['1=why'] });
    const state = new Overlay(peer);
    expect(await state.getAll(packed, [['x1'], ['x2'], ['x3'], ['y1'], ['z1']])).toEqual([
      ...['one', 'two', undefined, 'why'],
      undefined,
    ]);
    expect(unpacked).toBe(2);
    const failing = state.savepoint(() => {
      state.put(packed, 'other' as never, 'x1');
      state.put(packed, 'other' as never, 'y1');
      state.put(packed, 'other' as never, 'z1');
      return Promise.reject(new Error('no'));
    });
    await expect(failing).rejects.toThrow('no');
    state.put(packed, 'three' as never, 'x3');
    expect(['x1', 'x3', 'y1', 'z1'].map((id) => state.peek(packed, id))).toEqual([
      ...['one', 'three', 'why'],
      undefined,
    ]);
    await state.flush();
    expect(unpacked).toBe(2);
    expect(peer.written.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()])).toEqual([
      ['short/x', '["1=one","2=two","3=three"]'],
    ]);
  });
});
