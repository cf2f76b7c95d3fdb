// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process.js';

/** Another process starts or stops the same network at this moment. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/** Runs an action while no other process starts or stops this network. A lock whose holder is gone does not count. */
export async function withLock<T>(dir: string, action: () => Promise<T>): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'lock.json');
  const own = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  if (!take(file, own)) {
    const holder = readHolder(file);
    if (holder !== undefined)
      throw new LockedError(`process ${String(holder)} is working on ${dir}: wait for it`);
    rmSync(file, { force: true });
    if (!take(file, own))
      throw new LockedError(`another process has just begun to work on ${dir}: wait for it`);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(file: string): number | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; identity: string };
    return processIdentity(pid) === identity ? pid : undefined;
  } catch {
    return undefined;
  }
}
