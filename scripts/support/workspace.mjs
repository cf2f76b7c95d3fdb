// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { duration, npm, root, run, tool } from './process.mjs';
import { Trouble } from './verb.mjs';

const packagesOf = (file) => {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return {};
  }
};

/** Whether npm put into node_modules what package-lock.json says (what is optional depends on the machine). */
export function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(
    ([path, { version, optional, devOptional }]) =>
      !path.includes('node_modules/') ||
      optional ||
      devOptional ||
      (installed[path] !== undefined && installed[path].version === version),
  );
}

/** Installs the dependencies where they are missing or other than the lock file says; says so in one line. */
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
