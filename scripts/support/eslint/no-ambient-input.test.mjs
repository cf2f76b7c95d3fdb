// SPDX-License-Identifier: Apache-2.0
import rule from './no-ambient-input.mjs';
import { ruleTester } from './rule-tester.mjs';

const refused = (messageId, ...sources) => sources.map((code) => ({ code, errors: [{ messageId }] }));

ruleTester.run('no-ambient-input', rule, {
  valid: [
    'const at = new Date(transaction.timestamp);',
    'const root = Math.sqrt(Math.abs(x)) + Math.floor(y);',
    'const iso = new Date(seconds).toISOString();',
    'const month = new Date(seconds).getUTCMonth();',
    'function run(process: Step) { return process.next; }',
    'interface Line { process: string } const line: Line = { process: "milling" };',
    'import { createHash } from "node:crypto"; createHash("sha256");',
    'const units = 10n ** scale;',
    'const units = base ** BigInt(scale);',
    'import { crypto } from "./crypto"; crypto.sign();',
  ],
  invalid: [
    ...refused('clock', 'Date.now();', 'new Date();', 'Date();', 'Date["now"]();'),
    ...refused('zone', 'new Date(2026, 10, 21);', 'at.getHours();', 'at.getTimezoneOffset();'),
    ...refused('locale', 'a.localeCompare(b);', 'amount.toLocaleString();'),
    ...refused(
      'random',
      'Math.random();',
      'import { randomUUID } from "node:crypto";',
      'webcrypto.randomUUID();',
    ),
    ...refused('approximate', 'Math.pow(2, x);', 'Math.sin(x);', 'const y = x ** 0.5;', 'x **= 2;'),
    ...refused(
      'global',
      'process.env.MODE;',
      'setTimeout(run, 1);',
      'new Intl.NumberFormat();',
      'fetch(url);',
    ),
    ...refused('global', 'crypto.subtle;', 'globalThis.process;', 'performance.timeOrigin;'),
  ],
});
