// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
    expect(out).toContain('Exit status: 0 the receipt holds');
  });

  test('does not let a file steer the terminal', async () => {
    const forged = await file('esc.json', JSON.stringify({ ...realReceipt(), channel: '\u001b[2J' }));
    expect((await cli('verify', forged)).out).not.toContain('\u001b');
  });

  test('runs as a program', async () => {
    const bin = new URL('../bin/thingledger.mjs', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [bin, 'verify', real, '--json']);
    expect((JSON.parse(stdout) as { ok: boolean }).ok).toBe(true);
  });
});
