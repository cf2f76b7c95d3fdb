// SPDX-License-Identifier: Apache-2.0
export * from './descriptions.js';
export * from './public-trace.js';
export * from './routes.js';
export * from './traces.js';
