// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** What one stretch of load came to. */
export interface Measured {
  /** Concurrent callers. */
  readonly clients: number;
  /** Records committed while measuring. */
  readonly records: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Latency of one request, from sending to the committed answer, in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly failures: number;
  /** CPU milliseconds spent for one record, by kind of process. */
  readonly cpuMsPerRecord: Readonly<Record<string, number>>;
}

/** One request of the load: how many records it committed. Throws when it failed. */
export type Request = () => Promise<number>;

/** Process ids by kind, whose CPU is counted. */
export type Processes = Readonly<Record<string, readonly number[]>>;

/** For so long a way is used before it is measured. */
export const WARM_UP_MS = 2000;

/** Keeps `clients` requests under way for a time and measures, after a warm-up that does not count. */
export async function measure(
  clients: number,
  seconds: number,
  processes: Processes,
  request: Request,
  warmUpMs = WARM_UP_MS,
): Promise<Measured> {
  const latencies: number[] = [];
  let records = 0;
  let failures = 0;
  let counting = false;
  let running = true;
  const worker = async (): Promise<void> => {
    while (running) {
      const started = performance.now();
      try {
        const committed = await request();
        if (!counting) continue;
        records += committed;
        latencies.push(performance.now() - started);
      } catch (error) {
        if (counting) failures += 1;
        if (failures === 1) process.stderr.write(`first failure: ${String(error)}\n`);
        // A refused or failing system must not be hammered in a tight loop.
        await pause(20);
      }
    }
  };
  const workers = Array.from({ length: clients }, worker);
  await pause(warmUpMs);
  const before = cpuOf(processes);
  const started = performance.now();
  counting = true;
  await pause(seconds * 1000);
  counting = false;
  const elapsed = (performance.now() - started) / 1000;
  const after = cpuOf(processes);
  running = false;
  await Promise.all(workers);
  return {
    clients,
    records,
    seconds: elapsed,
    perSecond: records / elapsed,
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    failures,
    cpuMsPerRecord: Object.fromEntries(
      Object.entries(after).map(([kind, ms]) => [
        kind,
        round((ms - (before[kind] ?? 0)) / Math.max(1, records)),
      ]),
    ),
  };
}

/** The median of several numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / Math.max(1, middle.length);
}

/** Resident memory of a process in MiB; zero when it is gone. */
export function residentMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ')[1]);
    return (pages * 4096) / (1 << 20);
  } catch {
    return 0;
  }
}

// proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms; the command in field 2 may hold spaces.
function cpuOf(processes: Processes): Record<string, number> {
  const ofOne = (pid: number): number => {
    try {
      const fields =
        readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
          .split(') ')[1]
          ?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      return 0;
    }
  };
  return Object.fromEntries(
    Object.entries(processes).map(([kind, pids]) => [kind, pids.reduce((sum, pid) => sum + ofOne(pid), 0)]),
  );
}

/** So much of the values lies at or below it. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
