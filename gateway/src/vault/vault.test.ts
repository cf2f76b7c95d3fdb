// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, documentHash, sha256, type DeletionCertificate } from '@thingledger/protocol';
import { MasterKeyError, saltedBytes, Vault } from './index.js';
import { certificateOf, codeOf, facts } from './testing/objects.js';

const bytes = Buffer.from('{"secret":"the name of the farmer"}');
const hash = sha256(bytes);

let dir: string;
let vault: Vault;
const open = (): Promise<Vault> => Vault.open({ dir, maxBytes: 1024 });
const file = (): string => join(dir, 'objects', hash.slice(0, 2), hash);
const certificate = (): DeletionCertificate => certificateOf(hash);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thingledger-vault-'));
  vault = await open();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a vault', () => {
  test('gives back what was put, by its hash, with its owner and thing', async () => {
    expect(await vault.put(bytes, facts)).toBe(hash);
    const { bytes: found, facts: kept } = await vault.get(hash);
    expect(found.equals(bytes)).toBe(true);
    expect(kept).toMatchObject({ ...facts, hash });
  });

  test('T7: names a document by its members, and refuses one that could not be shown in part', async () => {
    const document = { a: { b: 1 }, salt: 'A'.repeat(22) };
    const put = (of: object): Promise<string> =>
      vault.put(Buffer.from(JSON.stringify(of)), { ...facts, kind: 'document' });
    expect(await put(document)).toBe(documentHash(document));
    expect((await vault.get(documentHash(document))).facts.kind).toBe('document');
    expect(await codeOf(put({ ...document, ['x'.repeat(300)]: 1 }))).toBe('TL-DATA-MEMBERS');
  });

  test('has nothing readable on disk, and files for the owner only', async () => {
    await vault.put(bytes, facts);
    expect((await readFile(file())).includes('farmer')).toBe(false);
    expect((await stat(file())).mode & 0o077).toBe(0);
    expect((await stat(join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
  });

  test('is probed by writing and reading, which leaves nothing behind', async () => {
    const before = await readdir(dir, { recursive: true });
    await vault.probe();
    expect(await readdir(dir, { recursive: true })).toEqual(before);
  });

  test.each(['scratch', 'objects', 'packs', 'deleted'])(
    'fails its probe while %s is not there',
    async (folder) => {
      await rename(join(dir, folder), join(dir, 'away'));
      await expect(vault.probe()).rejects.toMatchObject({ code: 'ENOENT' });
      await rename(join(dir, 'away'), join(dir, folder));
      await expect(vault.probe()).resolves.toBeUndefined();
    },
  );

  test('fails its probe where a file lies in the place of its folder', async () => {
    await rm(join(dir, 'scratch'), { recursive: true });
    await writeFile(join(dir, 'scratch'), '');
    await expect(vault.probe()).rejects.toThrow(/EACCES|ENOTDIR/);
  });

  test('encrypts the same bytes with another key each time', async () => {
    await vault.put(bytes, facts);
    const before = await readFile(file());
    await rm(file());
    await vault.put(bytes, facts);
    expect((await readFile(file())).equals(before)).toBe(false);
  });

  test('takes the same bytes again, changing nothing', async () => {
    await vault.put(bytes, facts);
    const before = await readFile(file());
    await Promise.all([vault.put(bytes, facts), vault.put(bytes, { ...facts, owner: 'processor@maker' })]);
    expect((await readFile(file())).equals(before)).toBe(true);
  });

  test('survives a restart', async () => {
    await vault.put(bytes, facts);
    expect((await (await open()).get(hash)).bytes.equals(bytes)).toBe(true);
  });

  test('refuses what is too large, unknown, or no hash', async () => {
    expect(await codeOf(vault.put(Buffer.alloc(1025), facts))).toBe('TL-INPUT-TOO-LARGE');
    expect(await codeOf(vault.get('0'.repeat(64)))).toBe('TL-DATA-UNKNOWN');
    expect(await codeOf(vault.get('../../master.key'))).toBe('TL-INPUT-INVALID');
  });

  test.each([
    [
      'a bit of the content',
      (content: Buffer) => content.fill(content[content.length - 1]! ^ 1, content.length - 1),
    ],
    [
      'the owner in the header',
      (content: Buffer) => Buffer.from(content.toString('latin1').replace('farm@', 'frmm@'), 'latin1'),
    ],
    ['everything', () => Buffer.from('rubbish')],
    ['the file, cut short', (content: Buffer) => content.subarray(0, content.length - 5)],
    ['the file, emptied', () => Buffer.alloc(0)],
  ])('notices when somebody alters %s', async (_what, alter) => {
    await vault.put(bytes, facts);
    await writeFile(file(), alter(await readFile(file())));
    expect(await codeOf(vault.get(hash))).toBe('TL-DATA-ALTERED');
    await vault.put(bytes, facts);
    expect((await vault.get(hash)).bytes.equals(bytes)).toBe(true);
  });

  test('notices one true object in the place of another', async () => {
    const other = Buffer.from('{"other":1}');
    await vault.put(bytes, facts);
    await vault.put(other, facts);
    await writeFile(file(), await readFile(join(dir, 'objects', sha256(other).slice(0, 2), sha256(other))));
    expect(await codeOf(vault.get(hash))).toBe('TL-DATA-ALTERED');
  });

  test('throws half-written files of a killed process away; they never answer', async () => {
    await writeFile(join(dir, 'scratch', 'half'), 'half an object');
    vault = await open();
    expect(await readdir(join(dir, 'scratch'))).toEqual([]);
    expect(await codeOf(vault.get(hash))).toBe('TL-DATA-UNKNOWN');
  });
});

test('a process killed while it stores loses nothing it has acknowledged, and leaves nothing half', async () => {
  const program = join(import.meta.dirname, 'testing', 'put-forever.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  let said = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split('\n').length > 40) child.kill('SIGKILL');
    });
    child.on('close', () => resolve());
  });
  vault = await open();
  const acknowledged = said.split('\n').slice(0, -1);
  for (const stored of acknowledged) await vault.get(stored);
  expect(acknowledged.length).toBeGreaterThanOrEqual(40);
  expect(await readdir(join(dir, 'packs'))).not.toEqual([]);
  const names = await readdir(join(dir, 'objects'), { recursive: true });
  const present = names.filter((name) => name.includes('/')).map((name) => name.slice(3));
  for (const name of present) expect((await vault.get(name)).facts.hash).toBe(name);
});

describe('deletion', () => {
  test('destroys the object and leaves the certificate', async () => {
    await vault.put(bytes, facts);
    const given = await vault.delete(hash, certificate);
    expect(given).toEqual(certificate());
    await expect(stat(file())).rejects.toThrow('ENOENT');
    expect(await codeOf(vault.get(hash))).toBe('TL-DATA-DELETED');
    expect(await codeOf(vault.delete(hash, certificate))).toBe('TL-DATA-DELETED');
    expect(await codeOf(vault.put(bytes, facts))).toBe('TL-DATA-DELETED');
    expect(await vault.certificateOf(hash)).toEqual(certificate());
  });

  test('refuses a hash that it does not have', async () => {
    expect(await codeOf(vault.delete(hash, certificate))).toBe('TL-DATA-UNKNOWN');
  });

  test('is finished at the next start when a crash came between certificate and destruction', async () => {
    await vault.put(bytes, facts);
    await writeFile(join(dir, 'deleted', `${hash}.json`), canonicalJson(certificate()));
    const next = await open();
    expect(await codeOf(next.get(hash))).toBe('TL-DATA-DELETED');
    expect(await codeOf(next.put(bytes, facts))).toBe('TL-DATA-DELETED');
    await expect(stat(file())).rejects.toThrow('ENOENT');
  });
});

describe('the master key', () => {
  test('must not be readable by others', async () => {
    await chmod(join(dir, 'master.key'), 0o644);
    await expect(open()).rejects.toThrow(MasterKeyError);
  });

  test('that is lost or exchanged is found at start', async () => {
    await writeFile(join(dir, 'master.key'), Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
    await expect(open()).rejects.toThrow('not the key of this vault');
    await rm(join(dir, 'master.key'));
    await expect(open()).rejects.toThrow('restore it from a copy');
  });
});

describe('salt', () => {
  const document = {
    thing: 'urn:x:1',
    quantity: { value: '1', unit: 'C62' },
    eventTime: '2026-01-01T00:00:00Z',
    to: 'farm@maker',
    place: { latitude: 0, longitude: 0 },
  };
  const stored = (salt: () => string): { salt?: string } =>
    JSON.parse(saltedBytes(document, salt).toString()) as { salt?: string };

  test('is random, 128 bits, and left alone where the document has one', () => {
    const first = stored(() => vault.salts.salt('farm@maker')).salt;
    expect(first).toMatch(/^[\w-]{22}$/);
    expect(stored(() => vault.salts.salt('farm@maker')).salt).not.toBe(first);
    expect(saltedBytes({ ...document, salt: 'mine' }, () => 'another').toString()).toContain('"salt":"mine"');
  });

  test('is the same for a repeated request of the same caller only', () => {
    const first = vault.salts.salt('farm@maker', 'key-1');
    expect(vault.salts.salt('farm@maker', 'key-1')).toBe(first);
    expect(vault.salts.salt('farm@maker', 'key-2')).not.toBe(first);
    expect(vault.salts.salt('processor@maker', 'key-1')).not.toBe(first);
  });
});
