// SPDX-License-Identifier: Apache-2.0
import { fabricMetadata } from '@thingledger/protocol';
import type { ChaincodeInterface } from 'fabric-shim';
import { ContractRunner } from './contract-runner';
import { batchContractOver, type LedgerContract } from './contract';

/**
 * One chaincode of several contracts, with the batch contract over them and metadata made from the operation
 * definitions. The same object runs in a chaincode process on Fabric and in the embedded network.
 */
export function createChaincode(
  contracts: readonly (new () => LedgerContract)[],
  info: { readonly title: string; readonly version: string },
): ChaincodeInterface {
  const all = [...contracts, batchContractOver(contracts)];
  const metadata = fabricMetadata(
    all.map((ContractClass) => new ContractClass().getName()),
    info.version,
  );
  return new ContractRunner(all, TEXT_SERIALIZER, metadata, info.title, info.version);
}

/** Fabric's own JSON serializer; our contracts hand it finished texts. */
const TEXT_SERIALIZER = {
  transaction: 'jsonSerializer',
  serializers: { jsonSerializer: 'fabric-contract-api/lib/jsontransactionserializer' },
};
