// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Binaries, runCommand } from '../fabric/tools.js';

/** The Fabric release that `network/fabric/go.mod` pins. */
export const fabricVersion = 'v3.1.1';
const names = ['peer', 'orderer', 'configtxgen', 'osnadmin'] as const;

/** Go module with Fabric's commands as tools; its `bin` folder keeps what was built. */
const fabricModule = fileURLToPath(new URL('../../../fabric', import.meta.url));

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
  return built && { binaries: built, origin: 'built' };
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
      `no Fabric executables and no Go to build them: install Go 1.26 or later (https://go.dev/dl), ` +
        `or name a folder with Fabric 3.1 executables in FABRIC_BIN`,
    );
  }
  const bin = join(fabricModule, 'bin');
  mkdirSync(bin, { recursive: true });
  const flags = `-s -w -X github.com/hyperledger/fabric/common/metadata.Version=${fabricVersion}`;
  const output: string[] = [];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('go', ['install', '-trimpath', '-ldflags', flags, 'tool'], {
      cwd: fabricModule,
      env: { ...process.env, GOBIN: bin, GOFLAGS: '-mod=readonly' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) {
    const complaint = output.join('').trimEnd().split('\n').slice(-3).join(' | ');
    throw new BinariesError(`go install tool in ${fabricModule} failed: ${complaint}`);
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
