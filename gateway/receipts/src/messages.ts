// SPDX-License-Identifier: Apache-2.0
/**
 * Fabric’s protocol messages that receipts are made of. The package’s own entry would bring its gRPC services along,
 * which no browser can run, so each file of messages is named here and nowhere else.
 */
import common from '@hyperledger/fabric-protos/lib/common/common_pb.js';
import configtx from '@hyperledger/fabric-protos/lib/common/configtx_pb.js';
import configuration from '@hyperledger/fabric-protos/lib/common/configuration_pb.js';
import policies from '@hyperledger/fabric-protos/lib/common/policies_pb.js';
import rwset from '@hyperledger/fabric-protos/lib/ledger/rwset/rwset_pb.js';
import kvrwset from '@hyperledger/fabric-protos/lib/ledger/rwset/kvrwset/kv_rwset_pb.js';
import identities from '@hyperledger/fabric-protos/lib/msp/identities_pb.js';
import mspConfig from '@hyperledger/fabric-protos/lib/msp/msp_config_pb.js';
import principals from '@hyperledger/fabric-protos/lib/msp/msp_principal_pb.js';
import ordererConfiguration from '@hyperledger/fabric-protos/lib/orderer/configuration_pb.js';
import chaincode from '@hyperledger/fabric-protos/lib/peer/chaincode_pb.js';
import lifecycle from '@hyperledger/fabric-protos/lib/peer/lifecycle/lifecycle_pb.js';
import policy from '@hyperledger/fabric-protos/lib/peer/policy_pb.js';
import proposal from '@hyperledger/fabric-protos/lib/peer/proposal_pb.js';
import proposalResponse from '@hyperledger/fabric-protos/lib/peer/proposal_response_pb.js';
import transaction from '@hyperledger/fabric-protos/lib/peer/transaction_pb.js';

export {
  chaincode,
  common,
  configtx,
  configuration,
  identities,
  kvrwset,
  lifecycle,
  mspConfig,
  ordererConfiguration,
  policies,
  policy,
  principals,
  proposal,
  proposalResponse,
  rwset,
  transaction,
};
