// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Another process has the database folder open. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/** Lock files that this process holds: its own number in a file of an earlier life must not count. */
const held = new Set<string>();

/**
 * Takes a lock file for this process: PGlite does not notice a second process on its folder, and both would ruin it. A
 * lock whose holder is gone does not count. Gives what frees it again.
 *
 * @throws FolderInUseError when another process, or this one, holds it
 */
export async function lockFolder(file: string): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  if (held.has(file)) throw new FolderInUseError(`${file} is held by this very process`);
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  for (let attempt = 0; ; attempt += 1) {
    try {
      await writeFile(file, own, { flag: 'wx', mode: 0o600 });
      held.add(file);
      return async () => {
        held.delete(file);
        await rm(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(file);
    if (holder !== undefined || attempt > 0) {
      throw new FolderInUseError(
        `Process ${String(holder ?? '(unknown)')} uses the database of ${file}. Stop it, or give each gateway a data folder of its own.`,
      );
    }
    await rm(file, { force: true });
  }
}

async function holderOf(file: string): Promise<number | undefined> {
  try {
    const { pid, started } = JSON.parse(await readFile(file, 'utf8')) as { pid: number; started: string };
    process.kill(pid, 0);
    // Numbers are given anew: another process may have that of a holder long gone.
    return pid !== process.pid && startOf(pid) === started ? pid : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? NaN : undefined;
  }
}

/** When a process started, where the system tells it (Linux); empty elsewhere. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
