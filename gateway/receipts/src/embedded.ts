// SPDX-License-Identifier: Apache-2.0
import type { EmbeddedReceipt } from '@thingledger/protocol/receipt';
import { fromBase64, hash, toHex } from './bytes.js';
import type { ProvedTransaction } from './channel.js';
import { type Checks, fail } from './checks.js';
import { signedBy, verifyCaller, verifyEndorsements } from './endorsements.js';
import { Msp, serialisedIdentity, type Signer } from './msp.js';
import { inWords, type Policy, signaturePolicy } from './policy.js';
import { type Draft, provedOf } from './report.js';
import { readTransaction, type Transaction } from './transaction.js';

/** What a file of the embedded network states of the whole network. */
type Stated = Pick<EmbeddedReceipt, 'channel' | 'chaincode' | 'policy' | 'authorities'>;

/**
 * A channel of the embedded network, as a file states it. It proves who called, and who endorsed. Its anchor is over
 * channel, chaincode, policy and authorities.
 */
export class EmbeddedChannel {
  private constructor(
    private readonly stated: Stated,
    private readonly msps: ReadonlyMap<string, Msp>,
    readonly policy: Policy,
  ) {}

  /** Makes the checks `form` and `anchor`. */
  static async open(stated: Stated, draft: Draft, given: string | undefined): Promise<EmbeddedChannel> {
    const { checks } = draft;
    const { msps, policy } = await checks.make(
      'form',
      () => ({
        msps: new Map(Object.entries(stated.authorities).map(([name, pems]) => [name, new Msp(name, pems)])),
        policy: signaturePolicy(fromBase64(stated.policy)),
      }),
      (found) => `${String(found.msps.size)} members`,
    );
    await checks.make(
      'anchor',
      () => anchorOf(stated, draft, given),
      (found) => found,
    );
    return new EmbeddedChannel(stated, msps, policy);
  }

  /** Verifies a transaction, check by check; the first that fails ends the run. */
  async verify(
    { txId, envelope }: { readonly txId: string; readonly envelope: () => Uint8Array },
    checks: Checks,
  ): Promise<ProvedTransaction> {
    const transaction = await checks.make(
      'transaction',
      () => this.#read(txId, envelope()),
      () => 'its id and its proposal’s hash fit',
    );
    const identify = this.identifyAt(transaction.time);
    const caller = await checks.make(
      'caller',
      () => verifyCaller(transaction, identify),
      (found) => signedBy([found]),
    );
    const endorsers = await checks.make(
      'endorsements',
      () => verifyEndorsements(transaction, this.policy, identify),
      signedBy,
    );
    const proved = await provedOf(transaction, caller, endorsers, inWords(this.policy), { orderers: [] });
    return { proved, transaction };
  }

  /** Finds out whom an identity stood for at a time. */
  identifyAt(time: number): (identity: Uint8Array) => Promise<Signer> {
    return async (identity) => {
      const { member, certificate } = serialisedIdentity(identity);
      const msp = this.msps.get(member) ?? fail(`${member} is no member of channel ${this.stated.channel}`);
      return msp.identify(certificate, time);
    };
  }

  #read(txId: string, envelope: Uint8Array): Transaction {
    const { channel, chaincode } = this.stated;
    const read = readTransaction(envelope);
    if (read.txId !== txId) fail('the envelope holds another transaction');
    if (read.channel !== channel) fail(`the transaction is of channel ${read.channel}`);
    if (read.chaincode !== chaincode) fail(`the transaction is of chaincode ${read.chaincode}`);
    return read;
  }
}

/** Checks a receipt of the embedded network into a draft report. */
export async function verifyEmbedded(receipt: EmbeddedReceipt, draft: Draft, given?: string): Promise<void> {
  const channel = await EmbeddedChannel.open(receipt, draft, given);
  const envelope = (): Uint8Array => fromBase64(receipt.envelope);
  const { proved } = await channel.verify({ txId: receipt.txId, envelope }, draft.checks);
  draft.proved = proved;
}

function anchorOf(
  { channel, chaincode, policy, authorities }: Stated,
  draft: Draft,
  given: string | undefined,
): string {
  const sorted = Object.entries(authorities).sort(([one], [other]) => (one < other ? -1 : 1));
  const stated = new TextEncoder().encode(JSON.stringify([channel, chaincode, policy, sorted]));
  const anchor = toHex(hash(stated));
  draft.anchor = anchor;
  if (given === undefined) return `none given; compare ${anchor} with what you know of the network`;
  if (given !== anchor) fail(`the receipt is of the network ${anchor}, not of ${given}`);
  return 'the authorities and the policy are those you know';
}
