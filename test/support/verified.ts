// SPDX-License-Identifier: Apache-2.0
import { verifyFile, type BundleEntry, type Check, type FileReport } from '@thingledger/receipts';

type Kind = NonNullable<FileReport['kind']>;

/** Verifies a file as it is when somebody saved it and read it again. Fails when its form is not that of the kind. */
export async function verified<K extends Kind>(
  kind: K,
  file: unknown,
  anchor?: string,
): Promise<Extract<FileReport, { kind: K }>> {
  const read: unknown = JSON.parse(JSON.stringify(file));
  const report = await verifyFile(read, anchor === undefined ? {} : { anchor });
  if (report.kind !== kind) throw new Error(`no ${kind}: ${JSON.stringify(report.checks)}`);
  return report as Extract<FileReport, { kind: K }>;
}

/** Every check that failed, of a file and of the transactions in it, with its reason. */
export function failuresOf(report: {
  readonly checks: readonly Check[];
  readonly transactions: readonly BundleEntry[];
}): string[] {
  const checks = [...report.checks, ...report.transactions.flatMap((entry) => entry.checks)];
  return checks.flatMap(({ ok, check, detail }) => (ok ? [] : [`${check}: ${detail}`]));
}
