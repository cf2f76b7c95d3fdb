// SPDX-License-Identifier: Apache-2.0
import { TopologyError } from '../topology.js';

/** Ports each organisation owns, from `base` on. */
const span = 100;
const chaincodeSlots = 10;

/**
 * The ports of the organisation at this place in the topology. The offsets keep Fabric's habits: with the default
 * base the first peer listens on 7051 and its chaincode port is 7052.
 *
 * @throws TopologyError when they would leave the range of ports
 */
export function organisationPorts(base: number, index: number) {
  const from = base + index * span;
  if (from + span > 65_536)
    throw new TopologyError(
      `base port ${String(base)} is too high for this many organisations; name a lower one`,
    );
  return {
    peer: { port: from + 51, chaincodePort: from + 52, operationsPort: from + 53 },
    orderer: { port: from + 60, adminPort: from + 61, operationsPort: from + 62 },
    gateway: { port: from + 80, informationServerPort: from + 81, metricsPort: from + 82 },
    chaincode: (slot: number): number => {
      if (slot >= chaincodeSlots) throw new TopologyError(`more than ${String(chaincodeSlots)} chaincodes`);
      return from + 90 + slot;
    },
  };
}
