// SPDX-License-Identifier: Apache-2.0
import type { Identity } from './port.js';

/** On whose behalf the ledger is asked; every principal of the gateway is one. */
export interface Caller {
  /** Participant id, `farm@maker`. */
  readonly id: string;
  readonly identity: Identity;
}

/** Where an operation runs. */
export interface Target {
  readonly channel: string;
  readonly chaincode: string;
}
