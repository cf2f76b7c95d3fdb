// SPDX-License-Identifier: Apache-2.0
export {
  controlsIn,
  controlsOf,
  requireSubscribable,
  SOCKET_PARAMETERS,
  SubscriptionRequest,
} from './controls.js';
export { Sockets, type SocketParts } from './sockets.js';
export { Subscriptions } from './subscriptions.js';
export { viewOf, type Subscription } from './subscription.js';
export { Webhooks, type WebhookOptions } from './webhook.js';
