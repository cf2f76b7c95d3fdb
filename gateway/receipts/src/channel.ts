// SPDX-License-Identifier: Apache-2.0
import { VALID, validityOf } from './attestation.js';
import type { Block } from './block.js';
import { type Checks, fail } from './checks.js';
import { Configuration } from './configuration.js';
import { committedDefinition, definitionRead, LIFECYCLE } from './definition.js';
import { type Identify, signedBy, verifyCaller, verifyEndorsements } from './endorsements.js';
import type { Signer } from './msp.js';
import { type OrdererSeal, verifyOrderers } from './orderers.js';
import { inWords, isSatisfied, type Policy } from './policy.js';
import { type Draft, personOf, type Proved, provedOf } from './report.js';
import { readTransaction, type Transaction } from './transaction.js';

/** What a file holds of one transaction on Fabric; blocks are read when a check first needs them. */
export interface Evidence {
  readonly txId: string;
  readonly block: () => Block;
  /** The block with the chaincode definition that the endorsers read. */
  readonly definition: (number: number) => Block;
  readonly attestation?: () => Uint8Array;
  /** Whether the block must have been made under the last configuration in the file. */
  readonly newest: boolean;
  /** Whether a transaction that the peers turned down is proved as such; else it fails. */
  readonly turnedDown: boolean;
}

/** A proved transaction, taken apart. */
export interface ProvedTransaction {
  readonly proved: Proved;
  readonly transaction: Transaction;
}

/** A transaction in its block, with who sent it, by the configuration that the orderers signed. */
interface Ordered {
  readonly block: Block;
  readonly index: number;
  readonly transaction: Transaction;
  readonly inForce: Configuration;
  readonly seals: OrdererSeal[];
  readonly identify: Identify;
  readonly caller: Signer;
}

/**
 * A channel as the configuration blocks of a file show it. What is verified of blocks and definitions is kept, so that
 * many transactions share it.
 */
export class Channel {
  readonly #seals = new Map<number, OrdererSeal[]>();
  readonly #policies = new Map<string, Promise<Policy>>();

  private constructor(
    readonly name: string,
    readonly history: readonly Configuration[],
  ) {}

  /** Makes the checks `anchor` and `configuration`. */
  static async open(
    name: string,
    blocks: readonly Block[],
    draft: Draft,
    anchor: string | undefined,
  ): Promise<Channel> {
    const { checks } = draft;
    await checks.make(
      'anchor',
      () => anchorOf(blocks, draft, anchor),
      (found) => found,
    );
    const history = await checks.make(
      'configuration',
      () => followConfigurations(blocks, name),
      (all) => `followed to block ${String(all.at(-1)?.block)}, each change signed by the orderers before it`,
    );
    return new Channel(name, history);
  }

  /** Verifies a transaction, check by check; the first that fails ends the run. */
  async verify(evidence: Evidence, checks: Checks): Promise<ProvedTransaction> {
    const ordered = await this.#ordered(evidence, checks);
    const { block, index, transaction, inForce, seals, identify, caller } = ordered;
    const place = { block: block.number, index, orderers: seals };
    if (evidence.turnedDown && block.codes[index] !== VALID) {
      const { code, signers } = await this.#validity(evidence, ordered, checks);
      const effect = { attestedBy: signers.map(personOf), enough: signers.length > 0 };
      const noPolicy = 'none: it changed nothing';
      const outcome = { ...place, effect, validation: code };
      return { proved: await provedOf(transaction, caller, [], noPolicy, outcome), transaction };
    }
    const policy = await checks.make(
      'definition',
      () => this.policyOf(transaction, evidence.definition, inForce),
      (found) => `the policy in force: ${inWords(found)}`,
    );
    const endorsers = await checks.make(
      'endorsements',
      () => verifyEndorsements(transaction, policy, identify),
      signedBy,
    );
    const { code, signers } = await this.#validity(evidence, ordered, checks);
    const effect = { attestedBy: signers.map(personOf), enough: isSatisfied(policy, signers) };
    const outcome = { ...place, effect, validation: code };
    return { proved: await provedOf(transaction, caller, endorsers, inWords(policy), outcome), transaction };
  }

  /** Makes the checks `block`, `transaction`, `orderers` and `caller`. */
  async #ordered(evidence: Evidence, checks: Checks): Promise<Ordered> {
    const block = await checks.make(
      'block',
      evidence.block,
      ({ number, envelopes }) =>
        `block ${String(number)} with ${String(envelopes.length)} transactions has the hash of its data`,
    );
    const { transaction, index } = await checks.make(
      'transaction',
      () => findTransaction(block, this.name, evidence.txId),
      (found) => `number ${String(found.index)} in the block; its id and its proposal’s hash fit`,
    );
    const { inForce, seals } = await checks.make(
      'orderers',
      () => this.sealed(block, transaction.time, evidence.newest),
      (found) => sealed(found.inForce, found.seals),
    );
    const identify: Identify = (identity) => inForce.identify(identity, transaction.time);
    const caller = await checks.make(
      'caller',
      () => verifyCaller(transaction, identify),
      (found) => signedBy([found]),
    );
    return { block, index, transaction, inForce, seals, identify, caller };
  }

  #validity(
    { txId, attestation, turnedDown }: Evidence,
    { block, index, inForce }: Ordered,
    checks: Checks,
  ): ReturnType<typeof validityOf> {
    return checks.make(
      'validity',
      () =>
        validityOf(
          { channel: this.name, txId, attestation: attestation?.() },
          block,
          index,
          inForce,
          turnedDown,
        ),
      ({ code, signers }) =>
        signers.length > 0
          ? `${code}, ${signedBy(signers)}`
          : `${code}, as noted by the peer that gave the receipt; nobody signed that`,
    );
  }

  /** The configuration that the orderers of a block signed as the one in force. */
  inForce(block: Block): Configuration {
    return configurationOf(block, this.history, false);
  }

  /** The orderers’ signatures under a block, and the configuration that they signed as the one in force. */
  async sealed(
    block: Block,
    at: number,
    newest: boolean,
  ): Promise<{ readonly inForce: Configuration; readonly seals: OrdererSeal[] }> {
    const inForce = configurationOf(block, this.history, newest);
    const known = this.#seals.get(block.number);
    if (known) return { inForce, seals: known };
    const seals = await verifyOrderers(block, inForce, at);
    this.#seals.set(block.number, seals);
    return { inForce, seals };
  }

  /** The endorsement policy of a transaction’s chaincode, by the definition that its endorsers read. */
  policyOf(
    transaction: Transaction,
    definition: (number: number) => Block,
    inForce: Configuration,
  ): Promise<Policy> {
    const { block, index } = definitionRead(transaction);
    const name = [transaction.chaincode, block, index, inForce.block].join('/');
    const known =
      this.#policies.get(name) ?? policyInForce(transaction, definition(block), this.history, inForce);
    this.#policies.set(name, known);
    return known;
  }
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
  channel: string,
  txId: string,
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
