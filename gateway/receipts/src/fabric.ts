// SPDX-License-Identifier: Apache-2.0
import type { FabricReceipt } from '@thingledger/protocol/receipt';
import { VALID, verifyAttestation } from './attestation.js';
import { type Block, readBlock } from './block.js';
import { fromBase64 } from './bytes.js';
import { fail } from './checks.js';
import { Configuration } from './configuration.js';
import { committedDefinition, definitionRead, LIFECYCLE } from './definition.js';
import { signedBy, verifyCaller, verifyEndorsements } from './endorsements.js';
import { type OrdererSeal, verifyOrderers } from './orderers.js';
import type { Signer } from './msp.js';
import { inWords, isSatisfied, type Policy } from './policy.js';
import { type Draft, personOf, provedOf } from './report.js';
import { readTransaction, type Transaction } from './transaction.js';

/** Checks a receipt of Fabric, step by step, into a draft report. Ends with the first check that fails. */
export async function verifyFabric(receipt: FabricReceipt, draft: Draft, anchor?: string): Promise<void> {
  const { checks } = draft;
  const blocks = await checks.make(
    'form',
    () => receipt.configuration.map((block) => readBlock(fromBase64(block))),
    (all) => `${String(all.length)} configuration blocks`,
  );
  await checks.make(
    'anchor',
    () => anchorOf(blocks, draft, anchor),
    (found) => found,
  );
  const history = await checks.make(
    'configuration',
    () => followConfigurations(blocks, receipt.channel),
    (all) => `followed to block ${String(all.at(-1)?.block)}, each change signed by the orderers before it`,
  );
  const block = await checks.make(
    'block',
    () => readBlock(fromBase64(receipt.block)),
    ({ number, envelopes }) =>
      `block ${String(number)} with ${String(envelopes.length)} transactions has the hash of its data`,
  );
  const { transaction, index } = await checks.make(
    'transaction',
    () => findTransaction(block, receipt),
    (found) => `number ${String(found.index)} in the block; its id and its proposal’s hash fit`,
  );
  const { inForce, seals } = await checks.make(
    'orderers',
    async () => {
      const now = configurationOf(block, history, true);
      return { inForce: now, seals: await verifyOrderers(block, now, transaction.time) };
    },
    (found) => sealed(found.inForce, found.seals),
  );
  const identify = (identity: Uint8Array) => inForce.identify(identity, transaction.time);
  const caller = await checks.make(
    'caller',
    () => verifyCaller(transaction, identify),
    (found) => signedBy([found]),
  );
  const policy = await checks.make(
    'definition',
    () => policyInForce(transaction, readBlock(fromBase64(receipt.definition)), history, inForce),
    (found) => `the policy in force: ${inWords(found)}`,
  );
  const endorsers = await checks.make(
    'endorsements',
    () => verifyEndorsements(transaction, policy, identify),
    signedBy,
  );
  const attesters = await checks.make(
    'validity',
    () => validityOf(receipt, block, index, inForce),
    (signers) =>
      signers.length > 0
        ? `VALID, ${signedBy(signers)}`
        : 'VALID, as noted by the peer that gave the receipt; nobody signed that',
  );
  draft.proved = await provedOf(transaction, caller, endorsers, inWords(policy), {
    block: block.number,
    index,
    orderers: seals,
    effect: { attestedBy: attesters.map(personOf), enough: isSatisfied(policy, attesters) },
  });
}

/** Who attests that the transaction took effect; nobody, where the receipt has only the note of the peer that gave it. */
async function validityOf(
  { channel, txId, attestation }: FabricReceipt,
  block: Block,
  index: number,
  inForce: Configuration,
): Promise<Signer[]> {
  if (block.codes[index] !== VALID) fail('the peers turned the transaction down: it changed nothing');
  if (attestation === undefined) return [];
  const envelope = block.envelopes[index] ?? new Uint8Array();
  return verifyAttestation(
    fromBase64(attestation),
    { channel, txId, envelope },
    (time) => (identity) => inForce.identify(identity, time),
  );
}

function anchorOf([first]: readonly Block[], draft: Draft, given: string | undefined): string {
  if (first?.number !== 0) return fail('the first configuration block is not the first block of the channel');
  draft.anchor = first.hash;
  if (given === undefined) return `none given; compare ${first.hash} with what you know of the channel`;
  if (given !== first.hash) fail(`the receipt is of the channel ${first.hash}, not of ${given}`);
  return 'the first block is the one you know';
}

/** Each configuration must be the next change of the one before, in a block signed by that one’s orderers. */
async function followConfigurations(blocks: readonly Block[], channel: string): Promise<Configuration[]> {
  const history: Configuration[] = [];
  for (const block of blocks) {
    const next = Configuration.of(block);
    const last = history.at(-1);
    if (next.channel !== channel)
      fail(`configuration block ${String(block.number)} is of channel ${next.channel}`);
    if (block.lastConfiguration !== block.number) {
      fail(`the orderers did not sign block ${String(block.number)} as a configuration block`);
    }
    if (next.sequence !== history.length || (last && next.block <= last.block)) {
      fail(`configuration ${String(next.sequence)} in block ${String(block.number)} is out of order`);
    }
    if (last) await verifyOrderers(block, last, next.time);
    history.push(next);
  }
  return history;
}

/** The configuration that the orderers signed as the one in force. */
function configurationOf(block: Block, history: readonly Configuration[], newest: boolean): Configuration {
  const { lastConfiguration } = block;
  const found =
    history.find((configuration) => configuration.block === lastConfiguration) ??
    fail(
      `block ${String(block.number)} was made under the configuration in block ${String(lastConfiguration)}, ` +
        'which the receipt lacks',
    );
  if (newest && found !== history.at(-1)) fail('the receipt holds configurations later than its transaction');
  return found;
}

function findTransaction(
  block: Block,
  { channel, txId }: FabricReceipt,
): { transaction: Transaction; index: number } {
  // The first with this id: a second one in the block would be turned down as its duplicate.
  for (const [index, envelope] of block.envelopes.entries()) {
    const transaction = attempt(() => readTransaction(envelope));
    if (transaction instanceof Error) {
      if (block.envelopes.length === 1) fail(transaction.message);
      continue;
    }
    if (transaction.txId !== txId) continue;
    if (transaction.channel !== channel) fail(`the transaction is of channel ${transaction.channel}`);
    if (transaction.written.some((namespace) => namespace !== transaction.chaincode)) {
      fail('the transaction changes what other chaincode keeps, whose policies the receipt does not show');
    }
    return { transaction, index };
  }
  return fail('the block does not hold the transaction of this id');
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * The endorsement policy in force: that of the definition which the endorsers say they read, in a block of its own, signed
 * by a quorum of orderers and endorsed as the channel’s lifecycle policy asks.
 */
async function policyInForce(
  transaction: Transaction,
  block: Block,
  history: readonly Configuration[],
  inForce: Configuration,
): Promise<Policy> {
  const place = definitionRead(transaction);
  const where = `block ${String(place.block)}`;
  if (block.number !== place.block)
    fail(`the endorsers read the definition of ${where}, which the receipt lacks`);
  const envelope = block.envelopes[place.index] ?? fail(`${where} does not hold the definition`);
  const commit = readTransaction(envelope);
  if (commit.channel !== inForce.channel) fail(`the definition is of channel ${commit.channel}`);
  const definition = committedDefinition(commit, transaction.chaincode);
  const then = configurationOf(block, history, false);
  const identify = (identity: Uint8Array) => then.identify(identity, commit.time);
  await verifyOrderers(block, then, commit.time);
  await verifyCaller(commit, identify);
  await verifyEndorsements(commit, then.policy(`/Channel/Application/LifecycleEndorsement`), identify);
  if (commit.written.some((namespace) => namespace !== LIFECYCLE))
    fail('the definition changes other chaincode');
  return inForce.applicationPolicy(definition.policy);
}

function sealed({ quorum, consenters }: Configuration, seals: readonly OrdererSeal[]): string {
  const members = seals.map(({ member }) => member).join(', ');
  return `signed by ${String(seals.length)} of ${String(consenters.length)} orderers (${members}); ${String(quorum)} are needed`;
}
