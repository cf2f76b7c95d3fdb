// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { duration, npm, root, run, tool } from './process.mjs';
import { Trouble } from './verb.mjs';

const lock = join(root, 'package-lock.json');
const installed = join(root, 'node_modules/.package-lock.json');

/** Whether node_modules is what package-lock.json says, as far as dates tell. */
export const isInstalled = () =>
  existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;

/** Installs the dependencies where they are missing or older than the lock file; says so in one line. */
export async function install() {
  if (isInstalled()) return false;
  const started = Date.now();
  console.log('installing dependencies (npm ci) …');
  if ((await run(npm('ci', '--no-audit', '--no-fund'), { quiet: true })) !== 0)
    throw new Trouble(
      'npm ci failed, see above',
      'check that npm reaches its registry (npm ping), then npm run setup',
    );
  console.log(`installed dependencies in ${duration(Date.now() - started)}`);
  return true;
}

/** Compiles every package that changed since the last build; says nothing when it works. */
export async function build() {
  const code = await run(tool('typescript/bin/tsc', '-b'));
  if (code !== 0)
    throw new Trouble('the build failed, see above', 'correct the lines named above, then npm run build');
}

/** Installs and builds what is missing. */
export async function prepare() {
  await install();
  await build();
}

/** Imports a built module by its path from the root. */
export async function built(path) {
  const file = join(root, path);
  if (!existsSync(file)) throw new Trouble(`${path} is not there`, 'npm run build');
  return import(pathToFileURL(file).href);
}
