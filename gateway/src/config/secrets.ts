// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent } from '../files/read-if-present.js';
import { ConfigError, type GatewayConfig } from './config.js';
import type { Env } from './env.js';

/** What must never be logged, kept apart from the rest of the configuration. (The vault keeps its own key.) */
export interface Secrets {
  /** At least 32 bytes that key the digests of API keys: whoever reads the key file alone can not test a guess. */
  readonly apiKeySecret: Buffer;
}

/**
 * The secrets: from their variables, else from files in the data folder, made at the first start with mode 0600.
 * Throws {@link ConfigError} when a variable or a file holds too little.
 */
export async function loadSecrets(env: Env, config: GatewayConfig): Promise<Secrets> {
  const value = env.THINGLEDGER_API_KEY_SECRET;
  const path = join(config.dataDir, 'secrets', 'api-key-secret');
  const bytes = Buffer.from((value ?? (await readOrMake(path))).trim(), 'base64url');
  if (bytes.length >= 32) return { apiKeySecret: bytes };
  const where = value === undefined ? `The file ${path}` : 'THINGLEDGER_API_KEY_SECRET';
  throw new ConfigError(
    `${where} holds ${String(bytes.length)} bytes where at least 32 are needed. Set THINGLEDGER_API_KEY_SECRET to 32 random bytes in base64url.`,
  );
}

async function readOrMake(path: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const present = await readIfPresent(path);
  if (present) return present.toString('utf8');
  // A link, not a rename: of two starts at once only one may decide what the secret is.
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  await handle.writeFile(randomBytes(32).toString('base64url'));
  await handle.sync();
  await handle.close();
  await link(draft, path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await unlink(draft);
  return readFile(path, 'utf8');
}
