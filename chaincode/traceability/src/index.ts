// SPDX-License-Identifier: Apache-2.0
import { createChaincode, GovernanceContract } from '@thingledger/kernel';
import { TraceabilityContract } from './contracts/traceability';

export { TraceabilityContract } from './contracts/traceability';

/** The version under which this chaincode is deployed. */
export const version = '0.1.0';

/** The chaincode of the channel `traceability`: governance, traceability, and batches over both. */
export const chaincode = createChaincode([GovernanceContract, TraceabilityContract], {
  title: 'traceability',
  version,
});
