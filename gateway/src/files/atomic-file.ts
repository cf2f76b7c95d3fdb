// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Makes a change of a folder's entries (a rename, a removal) survive power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that a crash at any moment leaves the old content or the new one, never a part of it: written and
 * synced under another name in `scratch` (same file system; the file's own folder when left out), then renamed. Mode
 * 0600.
 */
export async function writeAtomically(
  file: string,
  content: Uint8Array | string,
  scratch = dirname(file),
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = join(scratch, `${randomBytes(12).toString('hex')}.draft`);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

/**
 * Overwrites a file with random bytes, then removes it. The overwriting helps on file systems that write in place; on
 * others the protection is that the content was encrypted. Does nothing when there is no such file.
 */
export async function destroyFile(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return;
  const handle = await open(file, 'r+');
  try {
    await handle.write(randomBytes(size), 0, size, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rm(file, { force: true });
  await syncFolder(dirname(file));
}
