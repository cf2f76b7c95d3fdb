// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'eslint/config';
import jest from 'eslint-plugin-jest';
import node from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';
import thingledger from './scripts/support/eslint/index.mjs';

const tests = ['**/*.test.ts', '**/testing/**/*.ts', 'test/**/*.ts'];
/** What runs inside a transaction. `testing` is the test kit of a package, not part of a transaction. */
const chaincode = { files: ['chaincode/*/src/**/*.ts'], ignores: [...tests] };
const outside = [
  'fs',
  'fs/promises',
  'net',
  'tls',
  'http',
  'https',
  'http2',
  'dgram',
  'dns',
  'os',
  'child_process',
];
const runtime = [
  'worker_threads',
  'cluster',
  'timers',
  'timers/promises',
  'perf_hooks',
  'process',
  'vm',
  'v8',
];
const forbidden = [...outside, ...runtime].flatMap((name) => [name, `node:${name}`]);
const io = forbidden.map((name) => ({ name, message: 'A transaction may reach nothing outside its state.' }));
const impure = 'A domain function takes state and returns changes: no Fabric and no Node built-ins here.';

export default defineConfig(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '.thingledger/',
      'coverage/',
      'network/fabric/bin/',
      'test/bench/results/',
    ],
  },
  {
    files: ['**/*.{ts,mjs,cjs,js}'],
    plugins: { thingledger, n: node },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'thingledger/spdx-head': 'error',
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
      'prefer-const': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'AbortSignal',
          property: 'any',
          message:
            'A time-out among its sources may never come (gateway/src/signals.ts says why and has what does).',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: node.configs['flat/recommended-module'].languageOptions,
    rules: { 'no-undef': 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: node.configs['flat/recommended-script'].languageOptions,
    rules: { 'no-undef': 'error', 'no-unused-vars': 'error' },
  },
  {
    files: ['scripts/**/*.test.mjs'],
    languageOptions: { globals: jest.environments.globals.globals },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: 'tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The shim's server and contract runner are not among its exports' types; only require reaches them.
      '@typescript-eslint/no-require-imports': [
        'error',
        { allow: ['^fabric-shim/lib/'], allowAsImport: true },
      ],
      // A port's method returns a promise even where one adapter needs none.
      '@typescript-eslint/require-await': 'off',
      // An import must be declared by the package it stands in: npm hoists, so an undeclared one would still resolve.
      'n/no-extraneous-import': 'error',
    },
  },
  {
    ...chaincode,
    rules: {
      'thingledger/no-ambient-input': 'error',
      'no-restricted-imports': ['error', ...io],
    },
  },
  {
    // kernel/src/fabric names the stub, and remembers what each connection's peer offers.
    ...chaincode,
    ignores: [...tests, 'chaincode/kernel/src/fabric/**'],
    rules: { 'thingledger/no-state-scan': 'error', 'thingledger/no-module-state': 'error' },
  },
  {
    files: ['chaincode/*/src/domain/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*', 'fabric-*', '@hyperledger/*'], message: impure }] },
      ],
    },
  },
  {
    files: tests,
    extends: [jest.configs['flat/recommended']],
    rules: {
      'n/no-extraneous-import': ['error', { allowModules: ['@jest/globals', 'fast-check', 'supertest'] }],
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Checks are shared between cases as functions named for what they expect.
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'fc.assert', '**.expect'] }],
      'jest/no-standalone-expect': [
        'error',
        { additionalTestBlockFunctions: ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] },
      ],
      // Suites shared by several networks are exported from test/.
      'jest/no-export': 'off',
      'jest/no-disabled-tests': 'error',
      'jest/no-focused-tests': 'error',
    },
  },
  {
    // Programs that talk to a person at a terminal.
    files: ['scripts/**', 'test/stories/**', 'test/bench/**', 'gateway/client/examples/**'],
    rules: { 'no-console': 'off' },
  },
);
