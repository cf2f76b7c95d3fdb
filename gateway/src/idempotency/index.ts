// SPDX-License-Identifier: Apache-2.0
export * from './key.js';
export * from './store.js';
