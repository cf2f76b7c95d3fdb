// SPDX-License-Identifier: Apache-2.0
export { ConfigError, loadConfig, type GatewayConfig } from './config/config.js';
export { readEnv, type Env } from './config/env.js';
export { loadSecrets, type Secrets } from './config/secrets.js';
export { renderEpcisCoverage } from './epcis/index.js';
export { createGateway, type Gateway, type GatewayParts } from './gateway.js';
export { connectEmbedded } from './ledger/embedded/index.js';
export { connectFabric, type Deadlines, nativeSigner, type PeerConnection } from './ledger/fabric/index.js';
export * from './ledger/index.js';
export * from './local.js';
export { gatewayDocument, renderOpenApi } from './openapi.js';
export { renderPublishedViews } from './read-model/views-table.js';
export type { Principal } from './principal.js';
export type { PublicTrace } from './resolver/index.js';
export { sampleAccess, sampleRules, seedGovernance, type SeedMember } from './seed.js';
