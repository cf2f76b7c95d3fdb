// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { writeAtomically } from '../files/atomic-file.js';
import { readIfPresent } from '../files/read-if-present.js';

/** The member's master key can not be used. The operator must act before the gateway starts. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const KEY_BYTES = 32;
const fingerprint = (key: Uint8Array): Buffer =>
  createHmac('sha256', key).update('ThingLedger vault master key').digest();

/**
 * The key that wraps every data key of the member's vault: 32 bytes, base64, in a file of mode 0600, made at the first
 * start. `checkFile` holds a keyed fingerprint, so that a lost or exchanged key is found at start and not as thousands
 * of seemingly altered documents.
 * @throws MasterKeyError when the file is readable by others, malformed, lost, or not the key of this vault
 */
export async function loadMasterKey(keyFile: string, checkFile: string, scratch: string): Promise<Buffer> {
  const check = (await readIfPresent(checkFile))?.toString('utf8');
  const text = (await readIfPresent(keyFile))?.toString('utf8');
  if (text === undefined) {
    if (check !== undefined) {
      throw new MasterKeyError(
        `${keyFile} is gone, but the vault holds data wrapped by it: restore it from a copy`,
      );
    }
    const key = randomBytes(KEY_BYTES);
    await writeAtomically(keyFile, Buffer.from(`${key.toString('base64')}\n`), scratch);
    await writeAtomically(checkFile, Buffer.from(fingerprint(key).toString('base64')), scratch);
    return key;
  }
  if (((await stat(keyFile)).mode & 0o077) !== 0) {
    throw new MasterKeyError(`${keyFile} can be read by others: chmod 600 it`);
  }
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) throw new MasterKeyError(`${keyFile} must hold ${KEY_BYTES} bytes in base64`);
  if (check === undefined) {
    await writeAtomically(checkFile, Buffer.from(fingerprint(key).toString('base64')), scratch);
  } else {
    const expected = Buffer.from(check, 'base64');
    if (expected.length !== 32 || !timingSafeEqual(expected, fingerprint(key))) {
      throw new MasterKeyError(`${keyFile} is not the key of this vault: restore the right one`);
    }
  }
  return key;
}
