// SPDX-License-Identifier: Apache-2.0
export * from './own-vault.js';
export * from './trace.js';
export * from './verdict.js';
