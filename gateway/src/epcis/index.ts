// SPDX-License-Identifier: Apache-2.0
export { openEpcis, type Epcis } from './epcis.js';
export type { WebhookOptions } from './subscriptions/index.js';
export { renderEpcisCoverage } from './coverage.js';
export { epcisDescriptions } from './routes/index.js';
