// SPDX-License-Identifier: Apache-2.0
export * from './deletion.js';
export * from './master-key.js';
export * from './salt.js';
export type { ObjectFacts, ObjectKind } from './seal.js';
export * from './vault.js';
