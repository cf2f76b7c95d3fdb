// SPDX-License-Identifier: Apache-2.0

/** The complete network: everything the runners need, nothing left to derive but folders. */
export interface Plan {
  readonly name: string;
  readonly organisations: readonly OrganisationPlan[];
  readonly consortia: readonly ConsortiumPlan[];
  readonly consensus: ConsensusPlan;
  readonly limits: LimitsPlan;
  readonly peers: PeersPlan;
}

/** One member: what it runs and who it has enrolled. */
export interface OrganisationPlan {
  readonly name: string;
  /** Equal to the name. */
  readonly mspId: string;
  readonly regulator: boolean;
  readonly peer?: PeerPlan;
  readonly orderer?: OrdererPlan;
  /** The process that serves all chaincode of this member; absent without any. */
  readonly chaincodeHost?: ChaincodeHostPlan;
  readonly gateway: GatewayPlan;
  /** The sample participants; the member's administrator `admin` is not among them. */
  readonly participants: readonly ParticipantPlan[];
}

/** A Fabric process of a member. */
export interface NodePlan {
  /** `peer.maker`: process, container and host name, and the certificate's common name. */
  readonly name: string;
  readonly port: number;
  /** Health and metrics; never published outside the machine. */
  readonly operationsPort: number;
}

export interface PeerPlan extends NodePlan {
  /** Where the peer would listen for chaincode that dials in; unused, but it must be free. */
  readonly chaincodePort: number;
}

export interface OrdererPlan extends NodePlan {
  /** The channel participation API, mutual TLS. */
  readonly adminPort: number;
  /** SmartBFT consenter number, from 1, the same in every channel. */
  readonly consenterId: number;
}

export interface ChaincodeHostPlan {
  /** `chaincode.maker` */
  readonly name: string;
  /** Port of each chaincode's server, by chaincode name. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface GatewayPlan {
  /** `gateway.maker` */
  readonly name: string;
  readonly port: number;
  readonly informationServerPort: number;
  readonly metricsPort: number;
}

export interface ParticipantPlan {
  readonly name: string;
  /** Roles the member's administrator gives on the ledger. */
  readonly roles: readonly string[];
}

/** One channel. */
export interface ConsortiumPlan {
  readonly channel: string;
  readonly members: readonly string[];
  /** Members whose orderers carry the channel, in consenter order. */
  readonly orderers: readonly string[];
  readonly chaincodes: readonly ChaincodePlan[];
  /** As of all peers. */
  readonly keyHistory: boolean;
}

export interface ChaincodePlan {
  readonly name: string;
  readonly version: string;
  /** Module the host imports: package name or absolute file. It exports `chaincode`. */
  readonly entry: string;
  readonly policy: PolicyNode;
  readonly collections: readonly CollectionPlan[];
}

/** Endorsement policy: a peer of one member, or at least `threshold` of several policies. */
export type PolicyNode =
  { readonly member: string } | { readonly threshold: number; readonly of: readonly PolicyNode[] };

export interface CollectionPlan {
  readonly name: string;
  readonly members: readonly string[];
  readonly requiredPeerCount: number;
  readonly maxPeerCount: number;
  /** Blocks; 0 keeps for ever. */
  readonly blockToLive: number;
  readonly memberOnlyRead: boolean;
  readonly memberOnlyWrite: boolean;
}

/** Times in milliseconds, sizes in bytes. */
export interface ConsensusPlan {
  readonly batchInterval: number;
  readonly batchMessages: number;
  readonly batchBytes: number;
  readonly forwardTimeout: number;
  readonly complainTimeout: number;
  readonly autoRemoveTimeout: number;
  readonly viewChangeResend: number;
  readonly viewChangeTimeout: number;
  readonly leaderHeartbeat: number;
  readonly reconnectBackoff: number;
}

/** What all peers do alike. */
export interface PeersPlan {
  /** Whether chaincode can ask for the history of a key. */
  readonly keyHistory: boolean;
}

export interface LimitsPlan {
  readonly gatewayConcurrency: number;
  /** Seconds a transaction's time may differ from a peer's clock. */
  readonly transactionWindow: number;
}
