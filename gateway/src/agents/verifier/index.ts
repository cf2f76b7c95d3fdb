// SPDX-License-Identifier: Apache-2.0
export * from './agent.js';
export * from './list.js';
export { defaultPatience, type Patience } from './patience.js';
