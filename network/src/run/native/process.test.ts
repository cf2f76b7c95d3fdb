// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockedError, withLock } from './lock.js';
import { killProcess, logTail, processIdentity, runningPid, startProcess, stopProcess } from './process.js';
import { stopNative } from './supervise.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'process-'));
});
afterEach(async () => {
  await killProcess(dir, 'peer.test');
  rmSync(dir, { recursive: true });
});
const node = (script: string) => ({
  name: 'peer.test',
  file: process.execPath,
  args: ['-e', script],
  cwd: dir,
  env: { NODE_OPTIONS: '' },
});
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a detached process', () => {
  it('is known by its pid until it is stopped', async () => {
    const pid = startProcess(dir, node('setInterval(() => {}, 1000)'));
    expect(runningPid(dir, 'peer.test')).toBe(pid);
    await stopProcess(dir, 'peer.test');
    expect(runningPid(dir, 'peer.test')).toBeUndefined();
    expect(processIdentity(pid)).toBeUndefined();
    await stopProcess(dir, 'peer.test');
  });

  it('is killed when it ignores SIGTERM', async () => {
    startProcess(
      dir,
      node("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"),
    );
    await until(() => logTail(dir, 'peer.test').includes('up'));
    await stopProcess(dir, 'peer.test', 200);
    expect(runningPid(dir, 'peer.test')).toBeUndefined();
  });

  it('leaves what it wrote in its log', async () => {
    startProcess(dir, node("console.log('one\\ntwo'); console.error('three')"));
    await until(() => runningPid(dir, 'peer.test') === undefined);
    expect(logTail(dir, 'peer.test', 2)).toBe('two\nthree');
  });

  it('is not mistaken for a stranger that took over its number', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    // Start times are told apart by hundredths of a second.
    await new Promise((resolve) => setTimeout(resolve, 50));
    startProcess(dir, node(''));
    const record = JSON.parse(readFileSync(join(dir, 'run', 'peer.test.pid'), 'utf8')) as object;
    writeFileSync(join(dir, 'run', 'peer.test.pid'), JSON.stringify({ ...record, pid: stranger.pid }));
    await stopNative(dir);
    expect(processIdentity(stranger.pid ?? 0)).toBeDefined();
    stranger.kill('SIGKILL');
  });
});

describe('the lock of a network folder', () => {
  it('keeps a second start out while the first is at work', async () => {
    await withLock(dir, async () => {
      await expect(withLock(dir, () => Promise.resolve())).rejects.toBeInstanceOf(LockedError);
    });
    await expect(withLock(dir, () => Promise.resolve('free again'))).resolves.toBe('free again');
  });

  it('does not outlive its holder', async () => {
    writeFileSync(join(dir, 'lock.json'), JSON.stringify({ pid: process.pid, identity: 'an earlier boot' }));
    await expect(withLock(dir, () => Promise.resolve('taken'))).resolves.toBe('taken');
  });
});
