// SPDX-License-Identifier: Apache-2.0
export type { Database } from './engine/database.js';
export { openPglite } from './engine/pglite.js';
export { startReadModel, type Lag, type ReadModel } from './read-model.js';
