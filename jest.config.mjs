// SPDX-License-Identifier: Apache-2.0
/**
 * Test projects. `chaincode` runs as CommonJS, as chaincode does; everything else as native ES modules
 * (NODE_OPTIONS=--experimental-vm-modules, set by scripts/support/jest.mjs). swc does not check types: `npm run typecheck` does.
 *
 * THINGLEDGER_NETWORK chooses where whole-system suites run: `embedded` (default) or `fabric`.
 * `x.fabric.test.ts` needs real Fabric and `x.embedded.test.ts` only makes sense on embedded; the other kind is not collected.
 */
if (![...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').includes('--experimental-vm-modules'))
  throw new Error('Run npm test, or set NODE_OPTIONS=--experimental-vm-modules: the tests are ES modules');

const network = process.env.THINGLEDGER_NETWORK ?? 'embedded';
const elsewhere = network === 'fabric' ? '\\.embedded\\.test\\.ts$' : '\\.fabric\\.test\\.ts$';

/** @param {'commonjs' | 'es6'} type */
const swc = (type) => ({
  '^.+\\.ts$': [
    '@swc/jest',
    {
      swcrc: false,
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type },
      sourceMaps: 'inline',
    },
  ],
});

const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  // TypeScript names the emitted file in imports ('./x.js'); the tests run the source itself.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/\\.thingledger/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', elsewhere],
};

const commonjs = { ...common, transform: swc('commonjs') };
const esm = { ...common, transform: swc('es6'), extensionsToTreatAsEsm: ['.ts'] };

/**
 * Time-out of one test of a project, in milliseconds. Jest heeds `testTimeout` only for all projects together, so each
 * gets its own from a setup file.
 */
const limit = (milliseconds) => ({
  globals: { TEST_TIMEOUT_MS: milliseconds },
  setupFilesAfterEnv: ['<rootDir>/scripts/support/jest-timeout.mjs'],
});

/** One project a folder of test/; real Fabric gets four times the time. */
const suite = (name, timeout) => ({
  ...esm,
  ...limit(network === 'fabric' ? 4 * timeout : timeout),
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
});

export default {
  maxWorkers: 2,
  projects: [
    { ...commonjs, displayName: 'chaincode', testMatch: ['<rootDir>/chaincode/*/src/**/*.test.ts'] },
    {
      ...esm,
      ...limit(20_000),
      displayName: 'node',
      testMatch: [
        '<rootDir>/{network,gateway,gateway/receipts}/src/**/*.test.ts',
        '<rootDir>/gateway/client/{src,examples}/**/*.test.ts',
        '<rootDir>/test/{support,stories}/**/*.test.ts',
        '<rootDir>/scripts/**/*.test.mjs',
      ],
    },
    suite('behaviour', 30_000),
    {
      ...suite('scenarios', 60_000),
      globalSetup: '<rootDir>/scripts/support/jest-consortium.mjs',
      globalTeardown: '<rootDir>/scripts/support/jest-consortium-stop.mjs',
    },
    suite('properties', 60_000),
    suite('conformance', 30_000),
    suite('faults', 120_000),
  ],
};
