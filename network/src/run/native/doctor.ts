// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { memberFolders, msp } from '../../crypto/folders.js';
import type { Plan } from '../../plan/types.js';
import { chaincodesOf } from '../../render/chaincode.js';
import { isTaken } from '../fabric/probes.js';
import { BinariesError, fabricVersion, findBinaries, goVersion } from './binaries.js';
import { type NativeNode, nativeNodes } from './nodes.js';
import { DataFolderError, checkSameNetwork } from '../fabric/prepare.js';
import { logFile, runningPid } from './process.js';

/** One thing the doctor looked at. */
export interface Finding {
  /** `problem`: a start would fail. `warning`: it may later. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** One line. */
  readonly message: string;
  /** What to do about it, one line; with every warning and problem. */
  readonly fix?: string;
}

const oldestNode = [20, 19] as const;
const wantedSpace = 2 * 1024 ** 3;
const expirySoon = 30 * 24 * 3_600_000;

/** Looks at everything a native start needs and at what runs now. Changes nothing. */
export async function doctor(plan: Plan, dir: string): Promise<Finding[]> {
  const folder = resolve(dir);
  const findings = [
    checkNode(),
    await checkBinaries(),
    ...chaincodesOf(plan).map(({ name, entry }) => checkEntry(name, entry)),
    checkFolder(plan, folder),
    checkSpace(folder),
    ...(await checkCertificates(plan, folder)),
    ...(await checkNodes(nativeNodes(plan, folder), folder)),
  ];
  return findings;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return fine
    ? { level: 'ok', message: `Node ${process.versions.node}` }
    : {
        level: 'problem',
        message: `Node ${process.versions.node} is too old`,
        fix: `install Node ${oldestNode.join('.')} or later`,
      };
}

async function checkBinaries(): Promise<Finding> {
  try {
    const found = await findBinaries();
    if (found !== undefined)
      return { level: 'ok', message: `Fabric executables (${found.origin}): ${found.binaries.peer}` };
  } catch (error) {
    if (!(error instanceof BinariesError)) throw error;
    return {
      level: 'problem',
      message: error.message,
      fix: 'name a folder with all of them, or unset FABRIC_BIN',
    };
  }
  const go = await goVersion();
  return go === undefined
    ? {
        level: 'problem',
        message: 'no Fabric executables, and no Go to build them',
        fix: 'install Go 1.26 or later (https://go.dev/dl), or name a folder with Fabric 3.1 in FABRIC_BIN',
      }
    : {
        level: 'warning',
        message: `Fabric ${fabricVersion} is not built yet (${go} is here)`,
        fix: 'nothing to do: the first `npm run up` builds it, about two minutes',
      };
}

function checkEntry(name: string, entry: string): Finding {
  try {
    const file = isAbsolute(entry) ? entry : createRequire(import.meta.url).resolve(entry);
    if (existsSync(file)) return { level: 'ok', message: `chaincode ${name}: ${file}` };
  } catch {
    // Not resolvable is not built, as below.
  }
  return {
    level: 'problem',
    message: `chaincode ${name}: ${entry} cannot be loaded`,
    fix: 'run `npm run build`',
  };
}

function checkFolder(plan: Plan, dir: string): Finding {
  try {
    const fresh = checkSameNetwork(plan, dir, 'loopback');
    return { level: 'ok', message: fresh ? `${dir}: no network yet` : `${dir}: this network's data` };
  } catch (error) {
    if (!(error instanceof DataFolderError)) throw error;
    return { level: 'problem', message: error.message, fix: `npm run down, then remove ${dir}` };
  }
}

function checkSpace(dir: string): Finding {
  mkdirSync(dir, { recursive: true });
  const { bavail, bsize } = statfsSync(dir);
  const gigabytes = ((bavail * bsize) / 1024 ** 3).toFixed(1);
  return bavail * bsize >= wantedSpace
    ? { level: 'ok', message: `${gigabytes} GB free on disk` }
    : { level: 'warning', message: `only ${gigabytes} GB free on disk`, fix: `make room where ${dir} is` };
}

async function checkCertificates(plan: Plan, dir: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name } of plan.organisations) {
    const file = join(memberFolders(dir, name).user('admin'), 'msp', msp.certificate);
    const pem = await readFile(file).catch(() => undefined);
    if (pem === undefined) continue;
    const ends = new Date(new X509Certificate(pem).validTo);
    if (ends.getTime() - Date.now() < expirySoon) {
      findings.push({
        level: 'warning',
        message: `certificates of ${name} end on ${ends.toISOString().slice(0, 10)}`,
        fix: `back up what you need, npm run down, remove ${dir}, npm run up`,
      });
    }
  }
  return findings;
}

async function checkNodes(nodes: readonly NativeNode[], dir: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  let running = 0;
  for (const node of nodes) {
    if (runningPid(dir, node.name) !== undefined) {
      running += 1;
      const failure = await node.probe().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (failure !== undefined) {
        findings.push({
          level: 'problem',
          message: `${node.name} runs but does not serve: ${failure}`,
          fix: `read ${logFile(dir, node.name)}, then npm run down and npm run up`,
        });
      }
      continue;
    }
    for (const port of node.ports) {
      if (await isTaken(port)) {
        findings.push({
          level: 'problem',
          message: `port ${String(port)} of ${node.name} is taken by another program`,
          fix: 'stop that program, or change ports.base in network/topology.yaml',
        });
      }
    }
  }
  const some = running > 0 && running < nodes.length;
  findings.push({
    level: some ? 'warning' : 'ok',
    message: `${String(running)} of ${String(nodes.length)} processes run`,
    ...(some && { fix: '`npm run up` starts the missing ones' }),
  });
  return findings;
}
