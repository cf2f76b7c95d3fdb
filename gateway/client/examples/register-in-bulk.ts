// SPDX-License-Identifier: Apache-2.0
/** Registers 500 things in one request and says which were refused, and why. */
import { randomUUID } from 'node:crypto';
import { connect } from './connect.js';

const things = Array.from({ length: 500 }, () => ({
  thing: `urn:uuid:${randomUUID()}`,
  kind: 'product' as const,
  quantity: { value: '1', unit: 'C62' },
}));

const outcomes = await connect('framer@maker').bulk.registerThing(things, { idempotencyKey: randomUUID() });
const refused = outcomes.filter((outcome) => !outcome.ok);
console.log(`${outcomes.length - refused.length} registered, ${refused.length} refused`);
for (const { problem } of refused) console.log(`${problem.code}: ${problem.detail}`);
