// SPDX-License-Identifier: Apache-2.0
import rule from './no-module-state.mjs';
import { ruleTester } from './rule-tester.mjs';

const refused = (messageId, ...sources) => sources.map((code) => ({ code, errors: [{ messageId }] }));

ruleTester.run('no-module-state', rule, {
  valid: [
    'const table = new Map(); table.set("a", 1); export const look = (key: string) => table.get(key);',
    'const list = [3, 1]; list.sort(); export const first = () => list[0];',
    'export function sum(rows: number[]) { let total = 0; for (const row of rows) total += row; return total; }',
    'export function collect() { const seen = new Set<string>(); seen.add("a"); return seen; }',
    'class Settings { static readonly names = ["a"]; total = 0; add() { this.total += 1; } }',
    'declare let ambient: string;',
    'import { registry } from "./registry"; registry.set("a", 1);',
    'const keys = keyspace("vote"); export const key = (id: string) => keys.add(id);',
    'const codes = { a: 1 }; export const code = () => ({ ...codes, b: 2 });',
  ],
  invalid: [
    ...refused('variable', 'let calls = 0;', 'export let last: string | undefined;', 'var cache = {};'),
    ...refused(
      'mutated',
      'const cache = new Map(); export function put(k: string) { cache.set(k, 1); }',
      'const seen: string[] = []; export const see = (s: string) => seen.push(s);',
      'const totals: Record<string, number> = {}; function add() { totals["a"] = 1; }',
      'const counters = { calls: 0 }; function call() { counters.calls++; }',
      'const books = { open: new Map() } as Books; const file = (id: string) => books.open.set(id, 1);',
      'const cache: Record<string, number> = {}; function drop() { delete cache.a; }',
    ),
    ...refused('field', 'class Counter { static calls = 0; }'),
  ],
});
