// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, tool } from './process.mjs';

/** Projects of jest.config.mjs that need no network or start embedded ones: two minutes together. */
export const quick = ['chaincode', 'node', 'behaviour', 'scenarios', 'properties', 'conformance'];
/** Whole-system suites that run alike on embedded and on real Fabric. */
export const everywhere = ['behaviour', 'scenarios'];

/**
 * Runs jest projects on a network and counts. A suite that could not even load counts as one failure.
 *
 * @param {{ network: 'embedded' | 'fabric', projects: string[], args?: string[], timeout?: number }} options timeout in
 *   milliseconds, for each run of jest
 * @returns {Promise<Outcome>}
 */
export async function jest({ network, projects, args = [], timeout }) {
  // One real Fabric network at a time is what two cores carry: projects follow one another there.
  const runs = network === 'fabric' ? projects.map((project) => [project]) : [projects];
  const total = new Outcome();
  for (const each of runs) total.add(await runOnce(network, each, args, timeout));
  return total;
}

/** How many tests or checks passed and failed, and which failed, each with its reason. */
export class Outcome {
  passed = 0;
  failed = 0;
  /** @type {string[]} */
  failures = [];

  add({ passed, failed, failures = [] }) {
    this.passed += passed;
    this.failed += failed;
    this.failures.push(...failures);
  }

  /** What failed, again, where a long output ends; last the line `N passed, N failed`. */
  print() {
    if (this.failures.length > 0) console.log(`\nfailed:\n${this.failures.join('\n')}`);
    console.log(`\n${this.passed} passed, ${this.failed} failed`);
  }
}

async function runOnce(network, projects, args, timeout) {
  const folder = mkdtempSync(join(tmpdir(), 'thingledger-jest-'));
  const report = join(folder, 'report.json');
  const inBand = network === 'fabric' || projects.includes('faults') ? ['--runInBand'] : [];
  // A word that chooses tests may choose none of this project.
  const chosen = args.length > 0 ? ['--passWithNoTests', ...args] : [];
  const reporting = ['--verbose=false', '--json', `--outputFile=${report}`];
  const command = ['--selectProjects', ...projects, ...reporting, ...inBand, ...chosen];
  const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
  const env = { NODE_OPTIONS: options.trim(), THINGLEDGER_NETWORK: network };
  try {
    const code = await run(tool('jest/bin/jest.js', ...command), { env, timeout });
    const outcome = outcomeOf(report);
    if (outcome && (code === 0 || outcome.failed > 0)) return outcome;
    const why =
      code === 124
        ? 'ran out of time'
        : `jest ended with code ${code}${outcome ? '' : ' and without a report'}`;
    return { passed: 0, ...outcome, failed: 1, failures: [`  ${projects.join(', ')} on ${network}: ${why}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What a report of jest says; undefined where there is none, or not all of it.
 *
 * @param {string} file written with `--json --outputFile`; a run that was ended leaves none
 */
export function outcomeOf(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  const failures = report.testResults.flatMap((suite) => {
    const failed = suite.assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0 && suite.status === 'failed') return [failure(suite.name, suite.message)];
    return failed.map((test) => failure(`${suite.name}: ${test.fullName}`, test.failureMessages.join('\n')));
  });
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    failures,
  };
}

const failure = (name, why) =>
  `  ${name.replace(root, '.')}\n${why.split('\n').slice(0, 12).join('\n').replace(/^/gm, '    ')}`;
