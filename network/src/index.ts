// SPDX-License-Identifier: Apache-2.0
export {
  type ChaincodeTopology,
  defaultTopologyFile,
  loadTopology,
  parseTopology,
  type PolicyExpression,
  type Topology,
  TopologyError,
} from './topology.js';
export {
  consortiumOf,
  type ExtraChaincode,
  organisationOf,
  planNetwork,
  type PlanOptions,
} from './plan/plan.js';
export { freeBasePort, isFree, reserveBasePort, type ReservedBasePort } from './plan/free-ports.js';
export { fewestEndorsers, policyMembers, policyString, satisfiesPolicy } from './plan/policy.js';
export type * from './plan/types.js';
export {
  CryptoError,
  enrol,
  type Identity,
  issueCrypto,
  readIdentity,
  readServerTls,
  type ServerTls,
  type Unit,
} from './crypto/issue.js';
export { renderCompose } from './render/compose.js';
export { renderAll } from './render/files.js';
export { nodeFlags } from './render/flags.js';
export type { Site } from './render/site.js';
export { BinariesError, ensureBinaries, fabricVersion, findBinaries } from './run/native/binaries.js';
export { type NativeOptions, startNative } from './run/native/start.js';
export { NodeStartError, stopNative } from './run/native/supervise.js';
export {
  type NativeNetwork,
  type NodeStatus,
  type PeerConnection,
  peerConnection,
} from './run/native/network.js';
export { doctor, type Finding } from './run/native/doctor.js';
export { DataFolderError } from './run/fabric/prepare.js';
export { FabricCommandError } from './run/fabric/tools.js';
export {
  type CommittedBlock,
  type CommittedTransaction,
  type CommittedWrite,
  type EmbeddedCode,
  EmbeddedError,
  type EmbeddedEvent,
  type EmbeddedNetwork,
  type EmbeddedOptions,
  type EmbeddedPeer,
  type EmbeddedReason,
  type EndorsedTransaction,
  type EndorseOptions,
  type PeerDetail,
  type Proposal,
  type ProposalOptions,
  type Signer,
  startEmbedded,
} from './run/embedded/index.js';
export {
  killProcess,
  logFile,
  logTail,
  type NodeCommand,
  runningPid,
  startProcess,
  stopProcess,
} from './run/native/process.js';
