// SPDX-License-Identifier: Apache-2.0
export { identitiesFile, readIdentities, type Identities } from './local/identities.js';
export { startLocal, stopLocal, type LocalNetwork, type LocalOptions } from './local/local.js';
export {
  gatewayPid,
  gatewayUrl,
  GatewayStartError,
  killGateway,
  startGateways,
  stopGateways,
} from './local/processes.js';
export { gatewayDir, gatewayEnv, type LocalSite, type NetworkKind } from './local/settings.js';
