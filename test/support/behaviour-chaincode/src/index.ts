// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { JSONSerializer } from 'fabric-contract-api';
import type { ChaincodeInterface } from 'fabric-shim';
import { BehaviourContract } from './contract';
import ChaincodeFromContract = require('fabric-shim/lib/contract-spi/chaincodefromcontract');

/** What a chaincode host or the embedded network loads. */
export const chaincode: ChaincodeInterface = new ChaincodeFromContract(
  [BehaviourContract],
  { transaction: 'jsonSerializer', serializers: { jsonSerializer: JSONSerializer } },
  {},
  'behaviour',
  '0.1.0',
);
