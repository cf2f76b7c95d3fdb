// SPDX-License-Identifier: Apache-2.0
import { jest } from '@jest/globals';
/** The root scripts as a person meets them: each teaches with --help, and tells a mistake in two lines. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeOf } from './jest.mjs';
import { thirdPartyLicences } from './licences.mjs';
import { root } from './process.mjs';
import { carryOut } from './verify.mjs';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const files = readdirSync(join(root, 'scripts')).filter((name) => name.endsWith('.mjs'));
const call = (file, ...args) =>
  spawnSync(process.execPath, [join(root, 'scripts', file), ...args], { encoding: 'utf8' });

describe('root scripts', () => {
  test.each(files)('%s --help names itself and what it takes', (file) => {
    const { status, stdout } = call(file, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`npm run ${file.slice(0, -'.mjs'.length)} -- [options]`);
  });

  test.each(files.filter((file) => file !== 'test.mjs'))(
    '%s tells an unknown option in two lines',
    (file) => {
      const { status, stdout, stderr } = call(file, '--no-such-option');
      expect(status).toBe(1);
      expect(stdout).toBe('');
      expect(stderr.trim().split('\n')).toHaveLength(2);
      expect(stderr).toContain('  fix: ');
    },
  );

  test('a value that is not allowed is refused with those that are', () => {
    expect(call('start.mjs', '--network', 'mars').stderr).toContain('embedded, fabric, not mars');
    expect(call('start.mjs', '--base-port', 'mars').stderr).toContain('--base-port takes a port, not mars');
  });

  test('a port that is taken comes with the way out', () => {
    const program = `import { verb } from ${JSON.stringify(join(root, 'scripts/support/verb.mjs'))};
      const taken = Object.assign(new Error('listen EADDRINUSE 127.0.0.1:7080'), { code: 'EADDRINUSE' });
      await verb({ name: 'start', summary: '' }, () => Promise.reject(taken));`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^npm run start: .*127\.0\.0\.1:7080\n {2}fix: .*--base-port 17000\n$/);
  });

  test('package.json runs only scripts that exist', () => {
    const named = Object.values(scripts).flatMap((line) =>
      [...line.matchAll(/scripts\/[\w.-]+/g)].map(([path]) => path),
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test.each(files)('%s stays a short verb', (file) => {
    expect(readFileSync(join(root, 'scripts', file), 'utf8').split('\n').length).toBeLessThanOrEqual(41);
  });
});

describe('carrying out the steps of verify', () => {
  const step = (name, passed, failed, more = {}) => ({
    name,
    act: async () => ({ passed, failed }),
    ...more,
  });

  beforeEach(() => {
    jest.spyOn(console, 'log').mockImplementation(() => {});
    jest.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => jest.restoreAllMocks());

  test('adds up what passed and failed, and goes on after a failure', async () => {
    await expect(carryOut([step('a', 3, 1), step('b', 2, 0)])).resolves.toMatchObject({
      passed: 5,
      failed: 1,
      failures: ['  a'],
    });
  });

  test('a step that throws counts as one failure', async () => {
    const broken = { name: 'broken', act: () => Promise.reject(new Error('no disk')) };
    await expect(carryOut([broken, step('b', 1, 0)])).resolves.toEqual({
      passed: 1,
      failed: 1,
      failures: ['  broken: no disk'],
    });
  });

  test('what needs a failed step is not run', async () => {
    await expect(carryOut([step('build', 0, 1, { needed: true }), step('b', 9, 0)])).resolves.toMatchObject({
      passed: 0,
      failed: 1,
    });
  });

  test('a network can be left out', async () => {
    const steps = [
      step('any', 1, 0),
      step('e', 1, 0, { network: 'embedded' }),
      step('f', 1, 0, { network: 'fabric' }),
    ];
    await expect(carryOut(steps, 'embedded')).resolves.toMatchObject({ passed: 2, failed: 0 });
  });
});

describe('what a report of jest says', () => {
  const dir = mkdtempSync(join(tmpdir(), 'thingledger-report-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const write = (report) => {
    const file = join(dir, 'report.json');
    writeFileSync(file, JSON.stringify(report));
    return file;
  };

  test('is counted, and names each test that failed and each suite that did not load', () => {
    const test = (fullName, status, ...failureMessages) => ({ fullName, status, failureMessages });
    const report = {
      numPassedTests: 1,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 1,
      testResults: [
        {
          name: join(root, 'a.test.ts'),
          status: 'failed',
          assertionResults: [test('adds', 'passed'), test('divides', 'failed', 'by zero')],
        },
        { name: join(root, 'b.test.ts'), status: 'failed', assertionResults: [], message: 'no module c' },
      ],
    };
    expect(outcomeOf(write(report))).toEqual({
      passed: 1,
      failed: 2,
      failures: ['  ./a.test.ts: divides\n    by zero', '  ./b.test.ts\n    no module c'],
    });
  });

  test('is not there when the run was ended before it was written', () => {
    expect(outcomeOf(join(dir, 'none.json'))).toBeUndefined();
    writeFileSync(join(dir, 'half.json'), '{"numPassedTests":');
    expect(outcomeOf(join(dir, 'half.json'))).toBeUndefined();
  });
});

test('the list of licences holds every package once, those that ship apart', () => {
  const text = thirdPartyLicences();
  expect(text.match(/^\| express \| /gm)).toHaveLength(1);
  expect(text.indexOf('| express |')).toBeLessThan(text.indexOf('## What only developers need'));
  expect(text.indexOf('| eslint |')).toBeGreaterThan(text.indexOf('## What only developers need'));
  expect(text).not.toContain('@thingledger/');
});
