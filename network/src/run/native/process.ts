// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** How to start one node. */
export interface NodeCommand {
  /** `peer.maker`, `orderer.maker`, `chaincode.maker` */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A log larger than this is set aside at the next start, in bytes. */
const logLimit = 64 * 1024 * 1024;

/** Starts a node that outlives this process. Its pid is recorded with what tells it from a later process of that number. */
export function startProcess(dir: string, command: NodeCommand): number {
  mkdirSync(join(dir, 'run'), { recursive: true });
  const log = openLog(dir, command.name);
  try {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    // A missing file is reported by the exit check of whoever waits for the node.
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new Error(`${command.file} cannot be started`);
    const record: PidRecord = { pid: child.pid, identity: processIdentity(child.pid) ?? '' };
    writeFileSync(pidFile(dir, command.name), JSON.stringify(record));
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/** The pid of a node that runs, or undefined. A foreign process that took over the number does not count. */
export function runningPid(dir: string, name: string): number | undefined {
  const record = readRecord(dir, name);
  if (record === undefined || record.identity === '') return undefined;
  return processIdentity(record.pid) === record.identity ? record.pid : undefined;
}

/**
 * Ends a node: SIGTERM, and SIGKILL when it has not gone in time. Harmless when it does not run.
 *
 * @param patience milliseconds between the two
 */
export async function stopProcess(dir: string, name: string, patience = 10_000): Promise<void> {
  await signalAndWait(dir, name, 'SIGTERM', patience);
  if (runningPid(dir, name) !== undefined) await signalAndWait(dir, name, 'SIGKILL', 5_000);
  if (runningPid(dir, name) === undefined) rmSync(pidFile(dir, name), { force: true });
}

/** Kills a node at once, as a power cut would, and waits until it is gone. */
export async function killProcess(dir: string, name: string): Promise<void> {
  await signalAndWait(dir, name, 'SIGKILL', 5_000);
}

/** The last lines of a node's log, for error messages. */
export function logTail(dir: string, name: string, lines = 5): string {
  const file = logFile(dir, name);
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Where a node writes its log. */
export function logFile(dir: string, name: string): string {
  return join(dir, 'logs', `${name}.log`);
}

/**
 * What tells a process from another one that later has its number: its start time. undefined when it does not run,
 * or has ended and only waits to be collected.
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // The command name in parentheses may hold spaces; the fields that matter follow it.
      const fields =
        readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
          .split(') ')
          .at(-1)
          ?.split(' ') ?? [];
      if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot}:${String(fields[19])}`;
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

interface PidRecord {
  readonly pid: number;
  readonly identity: string;
}

async function signalAndWait(
  dir: string,
  name: string,
  signal: NodeJS.Signals,
  patience: number,
): Promise<void> {
  const pid = runningPid(dir, name);
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadline = Date.now() + patience;
  while (runningPid(dir, name) !== undefined && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function readRecord(dir: string, name: string): PidRecord | undefined {
  try {
    return JSON.parse(readFileSync(pidFile(dir, name), 'utf8')) as PidRecord;
  } catch {
    return undefined;
  }
}

function pidFile(dir: string, name: string): string {
  return join(dir, 'run', `${name}.pid`);
}

function openLog(dir: string, name: string): number {
  mkdirSync(join(dir, 'logs'), { recursive: true });
  const file = logFile(dir, name);
  if (existsSync(file) && statSync(file).size > logLimit) renameSync(file, `${file}.old`);
  return openSync(file, 'a');
}
