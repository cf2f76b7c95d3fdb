// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { disclose, documentHash } from '@thingledger/protocol';
import { run } from './cli.js';
import { realReceipt } from './testing/edit.js';

const real = new URL('testing/receipt.fabric.json', import.meta.url).pathname;

async function cli(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const status = await run(args, { out: (text) => (out += text), err: (text) => (err += text) });
  return { status, out, err };
}

describe('X2: thingledger verify', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'receipts-'));
  });
  afterAll(() => rm(dir, { recursive: true }));
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };

  test('says what a receipt proves, and ends with 0', async () => {
    const { status, out, err } = await cli('verify', real);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain('by           farm@maker');
    expect(out).toContain('traceability:registerThing');
    expect(out).toContain('--anchor makes that a check');
  });

  test('names the check that failed, and ends with 1', async () => {
    const forged = await file('forged.json', JSON.stringify({ ...realReceipt(), txId: '0'.repeat(64) }));
    const { status, out } = await cli('verify', forged);
    expect(status).toBe(1);
    expect(out).toContain('✘ transaction   the block does not hold the transaction of this id');
    expect(out).toContain('proves nothing');
    expect((await cli('verify', real, '--anchor', 'f'.repeat(64))).status).toBe(1);
  });

  test('gives the report as JSON', async () => {
    const { status, out } = await cli('verify', real, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, anchored: false, proved: { block: 15 } });
  });

  test.each<[string, () => Promise<string[]>, string]>([
    ['no such file', async () => [join(dir, 'none.json')], 'can not be opened'],
    [
      'a file cut short',
      async () => [await file('cut.json', (await readFile(real, 'utf8')).slice(0, 5000))],
      'is no JSON',
    ],
    ['a folder', async () => [dir], 'EISDIR'],
    ['a wrong anchor', async () => [real, '--anchor', 'abc'], '64 hexadecimal digits'],
    ['an unknown option', async () => [real, '--nope'], "unknown option '--nope'"],
    ['no file', async () => [], "missing required argument 'file'"],
  ])('%s: one line, and ends with 2', async (_, args, reason) => {
    const { status, out, err } = await cli('verify', ...(await args()));
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain(reason);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  test('teaches with --help', async () => {
    const { status, out } = await cli('verify', '--help');
    expect(status).toBe(0);
    expect(out).toContain('Exit status: 0 the receipt or copy holds');
  });

  test('does not let a file steer the terminal', async () => {
    const forged = await file('esc.json', JSON.stringify({ ...realReceipt(), channel: '\u001b[2J' }));
    expect((await cli('verify', forged)).out).not.toContain('\u001b');
  });

  describe('T7: of a copy of traceability data', () => {
    const document = { thing: 'urn:x:1', price: '3.20', note: '\u001b[2J', salt: 'A'.repeat(22) };
    const hash = documentHash(document);
    const copy = disclose(document, ['/thing', '/note']);
    const copyFile = (of: object = copy): Promise<string> => file('copy.json', JSON.stringify(of));

    test('says what it shows and how much it hides, and compares the hash', async () => {
      const unknown = await cli('verify', await copyFile());
      expect([unknown.status, unknown.err]).toEqual([0, '']);
      expect(unknown.out).toContain(hash);
      expect(unknown.out).toContain('--hash makes that a check');
      const known = await cli('verify', await copyFile(), '--hash', hash.toUpperCase());
      expect(known.status).toBe(0);
      expect(known.out).toContain('"thing": "urn:x:1"');
      expect(known.out).toContain('1 members');
      expect(known.out).not.toMatch(/3\.20|\u001b/);
      const json = await cli('verify', await copyFile(), '--hash', hash, '--json');
      expect(JSON.parse(json.out)).toMatchObject({ ok: true, compared: true, hash, hidden: 1 });
    });

    test('finds a change, and another hash', async () => {
      const altered = JSON.parse(JSON.stringify(copy).replace('urn:x:1', 'urn:x:2')) as object;
      expect((await cli('verify', await copyFile(altered), '--hash', hash)).status).toBe(1);
      expect((await cli('verify', await copyFile(), '--hash', 'f'.repeat(64))).status).toBe(1);
      const torn = await cli('verify', await copyFile({ ...copy, hidden: 1 }));
      expect([torn.status, torn.out]).toEqual([1, expect.stringContaining('hidden')]);
      expect(torn.out.split('\n')[0]).toMatch(/^✘ hash +This is no disclosure of a document: hidden/);
    });

    test('takes no option that is for the other kind of file', async () => {
      const anchored = await cli('verify', await copyFile(), '--anchor', hash);
      expect([anchored.status, anchored.out]).toEqual([1, expect.stringContaining('has no anchor')]);
      const hashed = await cli('verify', real, '--hash', hash);
      expect([hashed.status, hashed.out]).toEqual([1, expect.stringContaining('only a copy')]);
    });
  });

  test('runs as a program', async () => {
    const bin = new URL('../bin/thingledger.mjs', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [bin, 'verify', real, '--json']);
    expect((JSON.parse(stdout) as { ok: boolean }).ok).toBe(true);
  });
});
