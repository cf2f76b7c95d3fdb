// SPDX-License-Identifier: Apache-2.0
export { type Block, headerBytes, readBlock } from './block.js';
export type { AuditEntry, AuditVerification } from './audit.js';
export type { BundleEntry, BundleReport } from './bundle.js';
export { toBase64 } from './bytes.js';
export { keptTexts, type Said, type Written } from './content.js';
export type { Check, CheckName } from './checks.js';
export { Configuration } from './configuration.js';
export { verifyDisclosure, type DisclosureReport } from './disclosure.js';
export { definitionRead, LIFECYCLE } from './definition.js';
export { serialisedIdentity } from './msp.js';
export type { OrdererSeal } from './orderers.js';
export type { Claims } from './claims.js';
export type { ProofReport } from './proof.js';
export type { Person, Proved, Report } from './report.js';
export { Parts } from './pieces.js';
export {
  argumentsOf,
  type Read,
  readTransaction,
  type Transaction,
  transactionIn,
  withoutSignature,
} from './transaction.js';
export { textOf } from './text.js';
export {
  type FileOptions,
  type FileReport,
  verifyFile,
  verifyReceipt,
  type VerifyOptions,
} from './verify.js';
