// SPDX-License-Identifier: Apache-2.0
export type { Caller } from './caller';
export { LedgerContract, type Follow, type LedgerContext } from './fabric/contract';
export { createChaincode } from './fabric/chaincode';
export { serveChaincode, type ServeOptions } from './fabric/serve';
export { GovernanceContract } from './governance/contract';
export type { OpenStatement, Statement } from './statements';
export type { StatePort, StateWrite } from './state-port';
export type { Transaction } from './transaction';
