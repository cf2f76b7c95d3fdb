// SPDX-License-Identifier: Apache-2.0
export { openEpcis, type Epcis } from './epcis.js';
export type { WebhookOptions } from './subscriptions/index.js';
