// SPDX-License-Identifier: Apache-2.0
export * from './caller.js';
export * from './comparer.js';
export * from './port.js';
export * from './prover.js';
export * from './reader.js';
export * from './refusal-of.js';
export * from './writer.js';
export type { RequestItem, WriteOutcome } from './submit/job.js';
export * from './submit/journal.js';
export { defaultLimits, type WriterLimits } from './submit/limits.js';
export { isFinal, refusedOutcome } from './submit/outcomes.js';
