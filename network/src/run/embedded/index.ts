// SPDX-License-Identifier: Apache-2.0
export type { CommittedBlock, CommittedTransaction, CommittedWrite } from './channel.js';
export { EmbeddedError, type EmbeddedCode, type EmbeddedReason, type PeerDetail } from './errors.js';
export { type EmbeddedNetwork, type EmbeddedOptions, startEmbedded } from './network.js';
export type { EmbeddedEvent, EmbeddedPeer, EndorsedTransaction, EndorseOptions } from './peer.js';
export type { Proposal, ProposalOptions, Signer } from './proposal.js';
