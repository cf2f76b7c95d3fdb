// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, tool } from './process.mjs';

/** Projects of jest.config.mjs that need no network or start embedded ones: two minutes together. */
export const quick = ['chaincode', 'node', 'behaviour', 'scenarios', 'properties', 'conformance'];
/** Whole-system suites that run alike on embedded and on real Fabric. */
export const everywhere = ['behaviour', 'scenarios'];

/**
 * Runs jest projects on a network and counts. A suite that could not even load counts as one failure.
 *
 * @param {{ network: 'embedded' | 'fabric', projects: string[], args?: string[], timeout?: number }} options timeout in
 *   milliseconds, for each run of jest
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function jest({ network, projects, args = [], timeout }) {
  // One real Fabric network at a time is what two cores carry: projects follow one another there.
  const runs = network === 'fabric' ? projects.map((project) => [project]) : [projects];
  const total = { passed: 0, failed: 0 };
  for (const each of runs) {
    const { passed, failed } = await runOnce(network, each, args, timeout);
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

async function runOnce(network, projects, args, timeout) {
  const folder = mkdtempSync(join(tmpdir(), 'thingledger-jest-'));
  const report = join(folder, 'report.json');
  const inBand = network === 'fabric' || projects.includes('faults') ? ['--runInBand'] : [];
  // A word that chooses tests may choose none of this project.
  const chosen = args.length > 0 ? ['--passWithNoTests', ...args] : [];
  const command = ['--selectProjects', ...projects, '--json', `--outputFile=${report}`, ...inBand, ...chosen];
  const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
  const env = { NODE_OPTIONS: options.trim(), THINGLEDGER_NETWORK: network };
  try {
    const code = await run(tool('jest/bin/jest.js', ...command), { env, timeout });
    const counts = count(report);
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(report) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
