// SPDX-License-Identifier: Apache-2.0
export * from './change';
export * from './condition';
export { renderEventFields, renderHandingOver, renderQueryParameters } from './coverage';
export * from './document';
export * from './effects';
export * from './event';
export { Time } from './fields';
export * from './handover';
export { declarationHash, eventHash, preHash } from './prehash';
export * from './match';
export { EpcisMasterData, MASTER_DATA_LIMITS, type MasterDataElement } from './master-data';
export { MasterDataIndex, NO_MASTER_DATA, type MasterData, type Steps } from './master-data-index';
export { namespacesOf, type Namespaces } from './namespaces';
export { QUERY_PARAMETERS, type QueryParameter } from './parameters';
export * from './problem';
export * from './query';
export { utcTimeOf } from './time';
export * from './vocabulary';
