// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fabricFix, fabricHere, freeBasePort, network as fabric } from './fabric.mjs';
import { everywhere, jest, Outcome, quick } from './jest.mjs';
import { duration, npm, root, run, tool } from './process.mjs';
import { install } from './workspace.mjs';

const minutes = 60_000;
const command = (name, ...parts) => ({ name, act: () => check(parts, 10) });
const tests = (name, network, projects, limit) => ({
  name: `${name} on ${network}`,
  network,
  act: () => jest({ network, projects, timeout: limit * minutes }),
});

/** One check, counted like one test. */
async function check(parts, limit) {
  const failed = (await run(parts, { timeout: limit * minutes })) === 0 ? 0 : 1;
  return { passed: 1 - failed, failed };
}

/** The demo on a network of its own, from nothing, stopped and removed afterwards. */
const demo = (network) => ({
  name: `demo on ${network}`,
  network,
  act: async () => {
    const dir = mkdtempSync(join(tmpdir(), 'thingledger-demo-'));
    const script = (name, ...args) => [
      process.execPath,
      join(root, 'scripts', `${name}.mjs`),
      '--dir',
      dir,
      ...args,
    ];
    try {
      return await check(script('demo', '--network', network, '--base-port', await freeBasePort()), 10);
    } finally {
      if (network === 'fabric') await run(script('down'), { quiet: true });
      rmSync(dir, { recursive: true, force: true });
    }
  },
});

const fabricPrograms = {
  name: 'Fabric programs',
  network: 'fabric',
  needed: true,
  act: async () => {
    if ((await fabricHere()) === undefined) {
      console.error(`neither Fabric programs nor Go on this machine: ${fabricFix}`);
      return { passed: 0, failed: 1 };
    }
    await (await fabric()).ensureBinaries(console.log);
    return { passed: 1, failed: 0 };
  },
};

/** Everything CI does, in its order. A step that is `needed` ends what depends on it when it fails. */
const steps = [
  { name: 'install', needed: true, act: () => install().then(() => ({ passed: 1, failed: 0 })) },
  { ...command('build', ...tool('typescript/bin/tsc', '-b')), needed: true },
  command('generate:check', process.execPath, join(root, 'scripts/generate.mjs'), '--check'),
  command('typecheck', ...npm('run', '--silent', 'typecheck')),
  command('lint', ...npm('run', '--silent', 'lint')),
  command('boundaries', process.execPath, join(root, 'scripts/boundaries.mjs')),
  tests('tests', 'embedded', quick, 10),
  tests('faults', 'embedded', ['faults'], 15),
  demo('embedded'),
  fabricPrograms,
  tests('behaviour and scenarios', 'fabric', everywhere, 20),
  tests('faults', 'fabric', ['faults'], 20),
  demo('fabric'),
];

/** All steps; `only` leaves out those of the other network. */
export const verify = (only) => carryOut(steps, only);

/**
 * Runs steps one after the other, prints how long each took, and adds up what passed and failed.
 */
export async function carryOut(steps, only) {
  const total = new Outcome();
  const table = [];
  for (const { name, network, needed, act } of steps) {
    if (only && network && network !== only) continue;
    console.log(`\n=== ${name}`);
    const started = Date.now();
    const outcome = await act().catch((error) => {
      const why =
        error instanceof Error ? `${error.message}${error.fix ? `\n  fix: ${error.fix}` : ''}` : error;
      console.error(why);
      return { passed: 0, failed: 1, failures: [`  ${name}: ${why}`] };
    });
    const { passed, failed, failures = failed > 0 ? [`  ${name}`] : [] } = outcome;
    total.add({ passed, failed, failures });
    const counts = `${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`;
    table.push(
      `${failed === 0 ? 'ok    ' : 'FAILED'} ${duration(Date.now() - started).padStart(13)} ${counts}  ${name}`,
    );
    console.log(table.at(-1));
    if (failed > 0 && needed) {
      console.error(`${name} failed, so what follows it was not run`);
      break;
    }
  }
  console.log(`\n${table.join('\n')}`);
  return total;
}
