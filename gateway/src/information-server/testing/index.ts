// SPDX-License-Identifier: Apache-2.0
export * from './people.js';
export * from './raw-server.js';
export * from './records.js';
export * from './scripted-ledger.js';
