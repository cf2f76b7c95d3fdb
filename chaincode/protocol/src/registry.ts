// SPDX-License-Identifier: Apache-2.0
import { operationId, type Operation } from './operation';
import * as audits from './operations/audit';
import * as batch from './operations/batch';
import * as captures from './operations/captures';
import * as changes from './operations/changes';
import * as data from './operations/data';
import * as governance from './operations/governance';
import * as locations from './operations/locations';
import * as receipts from './operations/receipts';
import * as traceability from './operations/traceability';

/** Every operation by name. Routes, client, documents and contracts are made from this one list. */
export const operations = {
  initialiseGovernance: governance.initialiseGovernance,
  registerParticipant: governance.registerParticipant,
  changeRoles: governance.changeRoles,
  suspendParticipant: governance.suspendParticipant,
  reinstateParticipant: governance.reinstateParticipant,
  proposeRuleChange: governance.proposeRuleChange,
  castBallot: governance.castBallot,
  enactProposal: governance.enactProposal,
  getRules: governance.getRules,
  getAccessMatrix: governance.getAccessMatrix,
  getParticipant: governance.getParticipant,
  getProposal: governance.getProposal,
  registerInformationServer: traceability.registerInformationServer,
  registerLocation: locations.registerLocation,
  registerThing: traceability.registerThing,
  announceMappingRecord: traceability.announceMappingRecord,
  voteOnRecord: traceability.voteOnRecord,
  voteOnRecords: traceability.voteOnRecords,
  reportChange: changes.reportChange,
  captureEvent: captures.captureEvent,
  getCapturedEvent: captures.getCapturedEvent,
  getChange: changes.getChange,
  getContents: changes.getContents,
  getThing: traceability.getThing,
  getMappingRecord: traceability.getMappingRecord,
  getStatement: traceability.getStatement,
  getInformationServer: traceability.getInformationServer,
  getLocation: locations.getLocation,
  getLineage: changes.getLineage,
  getProvenance: changes.getProvenance,
  getCustodyChain: changes.getCustodyChain,
  storeTraceabilityData: data.storeTraceabilityData,
  getTraceabilityData: data.getTraceabilityData,
  getDisclosure: data.getDisclosure,
  deleteTraceabilityData: data.deleteTraceabilityData,
  traceThing: data.traceThing,
  listVerificationQueue: data.listVerificationQueue,
  querySql: data.querySql,
  enrolParticipant: data.enrolParticipant,
  getCaller: data.getCaller,
  getReceipt: receipts.getReceipt,
  getBundle: receipts.getBundle,
  audit: audits.audit,
  getAuditReport: audits.getAuditReport,
  runBatch: batch.runBatch,
} as const satisfies Record<string, Operation>;

/** The name of an operation. */
export type OperationName = keyof typeof operations;

/** All operations, in a fixed order. */
export const allOperations: readonly Operation[] = Object.values(operations);

const byId = new Map(allOperations.map((operation) => [operationId(operation), operation]));

/** The operation with an id like `traceability:registerThing`; undefined when there is none. */
export function registeredOperation(id: string): Operation | undefined {
  return byId.get(id);
}
