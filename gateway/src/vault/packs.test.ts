// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, Refusal, sha256, type DeletionCertificate } from '@thingledger/protocol';
import { Vault } from './index.js';
import { certificateOf, codeOf, facts } from './testing/objects.js';

const some = ['the first secret', 'the second secret', 'the third secret'].map((text) => Buffer.from(text));
const [first = '', second = '', third = ''] = some.map(sha256);

let dir: string;
let vault: Vault;
const open = async (): Promise<Vault> => (vault = await Vault.open({ dir, maxBytes: 1024 }));
const store = (list = some): Promise<(string | Refusal)[]> =>
  vault.putAll(list.map((bytes) => ({ bytes, facts })));
const packs = async (): Promise<string[]> => (await readdir(join(dir, 'packs'))).sort();
const pack = async (at = 0): Promise<string> => join(dir, 'packs', (await packs())[at] ?? '');
const textOf = async (hash: string): Promise<string> => (await vault.get(hash)).bytes.toString();
const remove = (hash: string): Promise<DeletionCertificate> => vault.delete(hash, () => certificateOf(hash));

/** Changes the last byte of the one object in a pack that stands last. */
async function alter(file: string): Promise<void> {
  const content = await readFile(file);
  content[content.length - 1]! ^= 1;
  await writeFile(file, content);
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thingledger-packs-'));
  await open();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('many objects at once', () => {
  test('are one file, encrypted, for the owner only, and each is found by its hash, also after a restart', async () => {
    expect(await store()).toEqual([first, second, third]);
    expect(await packs()).toEqual(['000000000001.pack']);
    expect((await readFile(await pack())).includes('secret')).toBe(false);
    expect((await stat(await pack())).mode & 0o077).toBe(0);
    expect(await textOf(second)).toBe('the second secret');
    await open();
    expect(await textOf(third)).toBe('the third secret');
    expect((await vault.get(first)).facts).toMatchObject({ ...facts, hash: first });
  });

  test('are refused one by one', async () => {
    await store([some[0]!]);
    await remove(first);
    const outcomes = await store([some[0]!, Buffer.alloc(1025), some[1]!]);
    expect(outcomes.map((outcome) => (outcome instanceof Refusal ? outcome.code : outcome))).toEqual([
      'TL-DATA-DELETED',
      'TL-INPUT-TOO-LARGE',
      second,
    ]);
    expect(await store([])).toEqual([]);
  });

  test('that are there already, in a pack or in a file, are not stored again', async () => {
    await vault.put(some[0]!, facts);
    await store([some[1]!]);
    await Promise.all([store(), store([...some, ...some])]);
    expect(await packs()).toHaveLength(2);
    await store();
    expect(await packs()).toHaveLength(2);
    await open();
    for (const [at, hash] of [first, second, third].entries())
      expect(await textOf(hash)).toBe(String(some[at]));
  });

  test('fill several packs when they are large', async () => {
    await rm(dir, { recursive: true });
    vault = await Vault.open({ dir, maxBytes: 4 * 1024 * 1024 });
    const large = Array.from({ length: 5 }, (_, at) => Buffer.alloc(3 * 1024 * 1024, at));
    await store(large);
    expect(await packs()).toHaveLength(2);
    for (const bytes of large) expect((await vault.get(sha256(bytes))).bytes.equals(bytes)).toBe(true);
  });

  test('a pack that can not be read stops nothing, and is not written over', async () => {
    await writeFile(join(dir, 'packs', '000000000007.pack'), 'rubbish');
    await writeFile(
      join(dir, 'packs', '000000000008.pack'),
      '{"format":"thingledger-pack-1","objects":"x"}\n',
    );
    await symlink(join(dir, 'nowhere'), join(dir, 'packs', '000000000009.pack'));
    await mkdir(join(dir, 'packs', '000000000010.pack'));
    await open();
    await store();
    expect(await packs()).toHaveLength(5);
    expect(await textOf(first)).toBe('the first secret');
  });
});

describe('an altered object of a pack', () => {
  beforeEach(async () => {
    await store();
    await alter(await pack());
  });

  test('is noticed, and its neighbours are not touched by it', async () => {
    expect(await codeOf(vault.get(third))).toBe('TL-DATA-ALTERED');
    expect(await textOf(second)).toBe('the second secret');
  });

  test.each([
    ['with others', () => store()],
    ['by itself', () => vault.put(some[2]!, facts)],
  ])('is mended when it is stored again %s, also for the next start', async (_how, again) => {
    await again();
    expect(await textOf(third)).toBe('the third secret');
    await open();
    expect(await textOf(third)).toBe('the third secret');
    await remove(third);
    await open();
    expect(await codeOf(vault.get(third))).toBe('TL-DATA-DELETED');
  });

  test('of a pack that was taken away is not known, and is taken again', async () => {
    await rm(await pack());
    expect(await codeOf(vault.get(first))).toBe('TL-DATA-UNKNOWN');
    await store();
    expect(await textOf(first)).toBe('the first secret');
  });
});

describe('a pack whose directory lies of lengths', () => {
  test.each([
    ['beyond the file', 1],
    ['beyond all memory', 2 ** 52],
  ])('%s reads and overwrites nothing beyond it', async (_where, more) => {
    await store();
    const content = await readFile(await pack());
    const [head = ''] = content.toString('latin1').split('\n');
    const lying = head.replace(/\d+(?=\]\]\}$)/, (length) => String(Number(length) + more));
    const altered = Buffer.concat([Buffer.from(lying), content.subarray(head.length)]);
    await writeFile(await pack(), altered);
    await open();
    expect(await textOf(first)).toBe('the first secret');
    expect(await textOf(third)).toBe('the third secret');
    await remove(third);
    expect((await stat(await pack())).size).toBe(altered.length);
    await open();
    expect(await codeOf(vault.get(third))).toBe('TL-DATA-DELETED');
  });
});

describe('deletion from a pack', () => {
  test('destroys the object where it lay, and the pack with the last of them', async () => {
    await store();
    const before = await readFile(await pack());
    await remove(second);
    const after = await readFile(await pack());
    expect(after).toHaveLength(before.length);
    const header = (content: Buffer): number => content.toString('latin1').split('{"format"').length - 1;
    expect([header(before), header(after)]).toEqual([4, 3]);
    expect(await codeOf(vault.get(second))).toBe('TL-DATA-DELETED');
    expect(await textOf(first)).toBe('the first secret');
    await open();
    await remove(first);
    expect(await packs()).toHaveLength(1);
    await remove(third);
    expect(await packs()).toEqual([]);
  });

  test('destroys an altered object too: whoever altered it could put it right again', async () => {
    await store();
    const content = await readFile(await pack());
    const at = content.lastIndexOf('{"format"');
    content[at] = 0;
    await writeFile(await pack(), content);
    expect(await codeOf(vault.get(third))).toBe('TL-DATA-ALTERED');
    await remove(third);
    const after = (await readFile(await pack())).subarray(at);
    expect(after.includes('wrappedKey')).toBe(false);
    expect(after.equals(content.subarray(at))).toBe(false);
  });

  test('is finished at the next start when a crash came in between', async () => {
    await store();
    await writeFile(join(dir, 'deleted', `${first}.json`), canonicalJson(certificateOf(first)));
    await open();
    expect(await codeOf(vault.get(first))).toBe('TL-DATA-DELETED');
    const content = await readFile(await pack());
    await open();
    expect((await readFile(await pack())).equals(content)).toBe(true);
    expect(await textOf(second)).toBe('the second secret');
  });
});
