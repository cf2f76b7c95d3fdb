// SPDX-License-Identifier: Apache-2.0
export * from './access';
export * from './audit';
export * from './bundle';
export * from './canonical';
export * from './catalogue';
export * from './collections';
export * from './compared';
export * from './disclosure';
export * from './document';
export * from './documents';
export * from './events';
export * from './hash';
export * from './identifiers/check-digit';
export { gs1Canonical, parseDigitalLink, PRIMARY_KEYS } from './identifiers/gs1';
export * from './identifiers/identifier';
export * from './metadata';
export * from './operation';
export * from './operations/audit';
export * from './operations/batch';
export * from './operations/captures';
export * from './operations/changes';
export * from './operations/data';
export * from './operations/governance';
export * from './operations/locations';
export * from './operations/receipts';
export * from './operations/traceability';
export * from './pointer';
export * from './problem';
export * from './proof';
export * from './quantity';
export {
  Receipt,
  RECEIPT_BLOCK_BYTES,
  RECEIPT_CONFIGURATIONS,
  type EmbeddedReceipt,
  type FabricReceipt,
} from './receipt';
export * from './refusal';
export * from './registry';
export * from './signature';
export * from './statement';
export * from './table';
export * from './tables';
export * from './values';
