// SPDX-License-Identifier: Apache-2.0
import type { Contract } from 'fabric-contract-api';
import type { ChaincodeInterface } from 'fabric-shim';

/** The shim's class that runs contracts; the shim's types do not name it, its start-up command uses it. */
export const ContractRunner = require('fabric-shim/lib/contract-spi/chaincodefromcontract') as new (
  contracts: (new () => Contract)[],
  serializers: { transaction: string; serializers: Record<string, string> },
  metadata: Record<string, unknown>,
  title: string,
  version: string,
) => ChaincodeInterface;
