// SPDX-License-Identifier: Apache-2.0
import type { Identity } from './ledger/port.js';

/**
 * Who a request acts for: a participant of this gateway's member whose key the wallet holds. The gateway only says who
 * it is; what it may do, the ledger decides at each call, so that a suspension takes hold at once (requirement X1).
 */
export interface Principal {
  /** Participant id, `farm@maker`. */
  readonly id: string;
  /** The member organisation; the same as its MSP id. */
  readonly member: string;
  /** Whether the certificate says administrator of the member (organisational unit `admin`). */
  readonly administrator: boolean;
  readonly identity: Identity;
}

/** Who wants to see data: a principal, or the public, who names nobody. */
export type Asker = Principal | 'public';
