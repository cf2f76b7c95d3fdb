// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Binaries, runCommand } from '../fabric/tools.js';

/** The Fabric release that `network/fabric/go.mod` pins, with the corrections of `network/fabric/smartbft.patch`. */
export const fabricVersion = 'v3.1.1-corrected.2';
const names = ['peer', 'orderer', 'configtxgen', 'osnadmin'] as const;

/** Go module with Fabric's commands as tools; its `bin` folder keeps what was built. */
const fabricModule = fileURLToPath(new URL('../../../fabric', import.meta.url));

/** The orderers' consensus library. */
const smartBft = 'github.com/hyperledger-labs/SmartBFT';

const execute = promisify(execFile);

/** No usable Fabric executables. The message says how to get them. */
export class BinariesError extends Error {
  override readonly name = 'BinariesError';
}

/** Where Fabric's executables were found. */
export interface FoundBinaries {
  readonly binaries: Binaries;
  readonly origin: 'FABRIC_BIN' | 'PATH' | 'built';
}

/**
 * Looks for Fabric 3.1 executables: in the folder FABRIC_BIN, else on PATH, else those built here before.
 *
 * @throws BinariesError when FABRIC_BIN is set but incomplete: a folder somebody named is never silently passed over
 */
export async function findBinaries(env: NodeJS.ProcessEnv = process.env): Promise<FoundBinaries | undefined> {
  const named = env['FABRIC_BIN'];
  if (named !== undefined && named !== '') {
    const binaries = inFolder(named);
    if (binaries === undefined)
      throw new BinariesError(`FABRIC_BIN=${named} lacks one of ${names.join(', ')}`);
    const version = await releaseOf(binaries);
    if (version === undefined) throw new BinariesError(`FABRIC_BIN=${named} holds no Fabric 3.1 or later`);
    return { binaries, origin: 'FABRIC_BIN' };
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const binaries = folder === '' ? undefined : inFolder(folder);
    if (binaries !== undefined && (await releaseOf(binaries)) !== undefined)
      return { binaries, origin: 'PATH' };
  }
  const built = inFolder(join(fabricModule, 'bin'));
  // Another version is from before a change of what is built here.
  if (built === undefined || (await releaseOf(built)) !== fabricVersion) return undefined;
  return { binaries: built, origin: 'built' };
}

/**
 * Fabric's executables, built by Go when none are found: about two minutes the first time.
 *
 * @throws BinariesError when nothing is found and Go is missing or fails
 */
export async function ensureBinaries(
  onProgress: (message: string) => void = () => undefined,
): Promise<Binaries> {
  const found = await findBinaries();
  if (found !== undefined) return found.binaries;
  onProgress(`building Fabric ${fabricVersion} with Go, once (about two minutes)`);
  await build();
  const built = inFolder(join(fabricModule, 'bin'));
  if (built === undefined) throw new BinariesError(`go install tool in ${fabricModule} left no executables`);
  return built;
}

/** Go's version, such as `go1.26.0`; undefined when there is no Go. */
export async function goVersion(): Promise<string | undefined> {
  const text = await runCommand('go', ['version']).catch(() => '');
  return /go\d[\w.]*/.exec(text)?.[0];
}

async function build(): Promise<void> {
  if ((await goVersion()) === undefined) {
    throw new BinariesError(
      `no Fabric executables and no Go to build them: install Go 1.26 or later (https://go.dev/dl) and Git, ` +
        `or name a folder with Fabric 3.1 executables in FABRIC_BIN`,
    );
  }
  const bin = join(fabricModule, 'bin');
  await mkdir(bin, { recursive: true });
  const flags = `-s -w -X github.com/hyperledger/fabric/common/metadata.Version=${fabricVersion}`;
  const folder = await mkdtemp(join(tmpdir(), 'thingledger-fabric-'));
  try {
    const modfile = `-modfile=${await correctedModule(folder)}`;
    await inModule('go', ['install', modfile, '-trimpath', '-ldflags', flags, 'tool'], { GOBIN: bin });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the corrected SmartBFT and a `go.mod` that takes it into an empty folder. @returns that `go.mod` */
async function correctedModule(folder: string): Promise<string> {
  const { Dir: original } = JSON.parse(await inModule('go', ['mod', 'download', '-json', smartBft])) as {
    Dir: string;
  };
  const copy = join(folder, 'smartbft');
  // Go's module cache may be read only, and so would a plain copy of its folders be.
  for (const entry of await readdir(original, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('_test.go')) continue;
    const file = join(entry.parentPath, entry.name);
    const target = join(copy, relative(original, file));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await readFile(file));
  }
  const patch = join(fabricModule, 'smartbft.patch');
  // Outside a working tree of its own Git would look for one above.
  await inModule('git', ['apply', patch], { GIT_CEILING_DIRECTORIES: folder }, copy);
  const modfile = join(folder, 'go.mod');
  const pinned = await readFile(join(fabricModule, 'go.mod'), 'utf8');
  await writeFile(modfile, `${pinned}\nreplace ${smartBft} => ${copy}\n`);
  await copyFile(join(fabricModule, 'go.sum'), join(folder, 'go.sum'));
  return modfile;
}

/** Runs a command in a folder, Fabric's module unless another is named. @returns what it prints. @throws BinariesError */
async function inModule(
  command: 'go' | 'git',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = fabricModule,
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      cwd,
      env: { ...process.env, GOFLAGS: '-mod=readonly', ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const complaint = (stderr.trimEnd() || message).split('\n').slice(-3).join(' | ');
    throw new BinariesError(`${command} ${args[0] ?? ''} in ${cwd} failed: ${complaint}`);
  }
}

function inFolder(folder: string): Binaries | undefined {
  const executable = (file: string): boolean => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  if (!names.every((name) => executable(join(folder, name)))) return undefined;
  return {
    peer: join(folder, 'peer'),
    orderer: join(folder, 'orderer'),
    configtxgen: join(folder, 'configtxgen'),
    osnadmin: join(folder, 'osnadmin'),
  };
}

/** SmartBFT came with 3.0 and the multi-key messages with 3.1. */
async function releaseOf({ peer }: Binaries): Promise<string | undefined> {
  const text = await runCommand(peer, ['version']).catch(() => '');
  const [, release, major, minor] = /Version:\s*(v?(\d+)\.(\d+)\S*)/.exec(text) ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 1) ? release : undefined;
}
