// SPDX-License-Identifier: Apache-2.0
import { fail } from './checks.js';
import { lifecycle } from './messages.js';
import type { Read, Transaction } from './transaction.js';

/** Fabric’s own chaincode that keeps the definitions of all others. */
export const LIFECYCLE = '_lifecycle';

/** A chaincode definition as a channel agreed on it. */
export interface Definition {
  readonly version: string;
  readonly sequence: number;
  /** Fabric’s peer.ApplicationPolicy; empty for the channel’s own policy. */
  readonly policy: Uint8Array;
}

/**
 * Where the definition in force was committed. Every endorser reads its sequence number, and so signs the place of the
 * transaction that wrote it: no older definition can be passed off.
 */
export function definitionRead({ chaincode, reads }: Transaction): Read {
  const key = `namespaces/fields/${chaincode}/Sequence`;
  return (
    reads.find((read) => read.namespace === LIFECYCLE && read.key === key) ??
    fail(`the endorsers of the transaction did not read the definition of chaincode ${chaincode}`)
  );
}

/** The definition that a transaction of the lifecycle commits. Fails when it commits none of this chaincode. */
export function committedDefinition(transaction: Transaction, chaincode: string): Definition {
  const [name, bytes] = transaction.args;
  if (
    transaction.chaincode !== LIFECYCLE ||
    !name ||
    !bytes ||
    new TextDecoder().decode(name) !== 'CommitChaincodeDefinition'
  ) {
    fail('the transaction that the endorsers name commits no chaincode definition');
  }
  const args = lifecycle.CommitChaincodeDefinitionArgs.deserializeBinary(bytes);
  if (args.getName() !== chaincode)
    fail(`the definition is of chaincode ${args.getName()}, not ${chaincode}`);
  if (!['', 'vscc'].includes(args.getValidationPlugin())) {
    fail(
      `chaincode ${chaincode} is validated by a plug-in, ${args.getValidationPlugin()}, that receipts do not know`,
    );
  }
  return {
    version: args.getVersion(),
    sequence: args.getSequence(),
    policy: args.getValidationParameter_asU8(),
  };
}
