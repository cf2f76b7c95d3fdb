// SPDX-License-Identifier: Apache-2.0
import type { Readiness } from '../ledger/port.js';

/** A named part whose readiness makes up the gateway's. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<Readiness>>>;

/** What came of every check. */
export type ReadinessReport = Readonly<Record<string, Readiness>>;

/** Longer, and a part counts as not ready. */
const PATIENCE_MS = 5000;
/** How long a report answers everybody: whoever may ask, and how often, must not keep the disk busy. */
const FRESH_MS = 250;

/** A check out of a probe that rejects when something is wrong. Of the error only the code is told: the route is open to all. */
export function probed(what: string, probe: () => Promise<void>): () => Promise<Readiness> {
  return () =>
    probe().then(
      () => ({ ready: true, detail: `${what} can be written and read` }),
      (error: unknown) => ({ ready: false, detail: `${what} can not be written and read${codeOf(error)}` }),
    );
}

/** Makes all checks at once; those who ask at about the same time share one report. It never rejects. */
export function reporter(checks: ReadinessChecks): () => Promise<ReadinessReport> {
  let last: { readonly begunAt: number; readonly report: Promise<ReadinessReport> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.begunAt > FRESH_MS) last = { begunAt: now, report: report(checks) };
    return last.report;
  };
}

async function report(checks: ReadinessChecks): Promise<ReadinessReport> {
  const results = Object.entries(checks).map(async ([name, check]) => [name, await inTime(check)] as const);
  return Object.fromEntries(await Promise.all(results));
}

async function inTime(check: () => Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => {
      resolve({ ready: false, detail: `no answer within ${String(PATIENCE_MS / 1000)} s` });
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return { ready: false, detail: `the check failed${codeOf(error)}` };
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}
