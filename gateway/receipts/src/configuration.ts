// SPDX-License-Identifier: Apache-2.0
import { fail } from './checks.js';
import type { Block } from './block.js';
import { common, configtx, configuration, ordererConfiguration, policies, policy } from './messages.js';
import { Msp, type Signer, serialisedIdentity } from './msp.js';
import { type Policy, signaturePolicy } from './policy.js';

/** An orderer of a channel. */
export interface Consenter {
  readonly id: number;
  readonly member: string;
  /** PEM. */
  readonly certificate: Uint8Array;
}

type Group = configtx.ConfigGroup;

/** Deeper than Channel/Application/organisation no policy of Fabric lies. */
const DEEPEST = 4;

/** A channel’s configuration, as one configuration block sets it. */
export class Configuration {
  readonly #channelGroup: Group;
  readonly #msps = new Map<string, Msp>();
  readonly consenters: readonly Consenter[];
  /** MSP ids of the members: the organisations that can run peers on the channel. */
  readonly members: readonly string[];

  private constructor(
    readonly block: number,
    readonly channel: string,
    /** Counts the changes since the first block. */
    readonly sequence: number,
    /** When the change was proposed, milliseconds since 1970. */
    readonly time: number,
    channelGroup: Group,
  ) {
    this.#channelGroup = channelGroup;
    const orderers = group(channelGroup, 'Orderer');
    const ordering = mspsOf(orderers);
    const application = mspsOf(group(channelGroup, 'Application'));
    for (const msp of [...ordering, ...application]) this.#msps.set(msp.member, msp);
    this.members = application.map(({ member }) => member);
    const consensus = ordererConfiguration.ConsensusType.deserializeBinary(value(orderers, 'ConsensusType'));
    if (consensus.getType() !== 'BFT') {
      fail(`the orderers of channel ${channel} do not run SmartBFT but ${consensus.getType()}`);
    }
    this.consenters = configuration.Orderers.deserializeBinary(value(orderers, 'Orderers'))
      .getConsenterMappingList()
      .map((consenter) => ({
        id: consenter.getId(),
        member: consenter.getMspId(),
        certificate: consenter.getIdentity_asU8(),
      }));
  }

  /** Reads a configuration block; fails when it is none. */
  static of(block: Block): Configuration {
    const [only] = block.envelopes;
    if (!only || block.envelopes.length !== 1)
      fail(`block ${String(block.number)} is no configuration block`);
    const payload = common.Payload.deserializeBinary(
      common.Envelope.deserializeBinary(only).getPayload_asU8(),
    );
    const header = common.ChannelHeader.deserializeBinary(
      payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
    );
    if (header.getType() !== common.HeaderType.CONFIG) {
      fail(`block ${String(block.number)} is no configuration block`);
    }
    const config = configtx.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
    return new Configuration(
      block.number,
      header.getChannelId(),
      config?.getSequence() ?? 0,
      (header.getTimestamp()?.getSeconds() ?? 0) * 1000,
      config?.getChannelGroup() ?? fail(`block ${String(block.number)} holds no configuration`),
    );
  }

  /**
   * How many consenters must sign a block: more than half of the honest ones whatever the faulty do, ⌈(n+f+1)/2⌉ of n
   * with f = ⌊(n−1)/3⌋ (policies.ComputeBFTQuorum).
   */
  get quorum(): number {
    const n = this.consenters.length;
    return Math.ceil((n + Math.floor((n - 1) / 3) + 1) / 2);
  }

  /** The organisation’s certificate authorities. Fails when it is no member. */
  msp(member: string): Msp {
    return this.#msps.get(member) ?? fail(`${member} is no member of channel ${this.channel}`);
  }

  /** Who a serialised identity stands for; see {@link Msp.identify}. */
  identify(identity: Uint8Array, at: number): Promise<Signer> {
    const { member, certificate } = serialisedIdentity(identity);
    return this.msp(member).identify(certificate, at);
  }

  /** The policy with a path like `/Channel/Application/LifecycleEndorsement`, or one below `Application` by its name. */
  policy(path: string): Policy {
    const steps = path.replace(/^\/?(Channel\/)?/, '').split('/');
    const name = steps.pop() ?? '';
    if (!path.startsWith('/')) steps.unshift('Application');
    const at = steps.reduce(group, this.#channelGroup);
    return policyOf(at, name, 0);
  }

  /** Fabric’s peer.ApplicationPolicy, as chaincode definitions carry it; none means the channel’s own. */
  applicationPolicy(bytes: Uint8Array): Policy {
    if (bytes.length === 0) return this.policy('Endorsement');
    const message = policy.ApplicationPolicy.deserializeBinary(bytes);
    const own = message.getSignaturePolicy();
    return own
      ? signaturePolicy(own.serializeBinary())
      : this.policy(message.getChannelConfigPolicyReference());
  }
}

function mspsOf(organisations: Group): Msp[] {
  const msps: Msp[] = [];
  organisations
    .getGroupsMap()
    .forEach((organisation: Group) => msps.push(Msp.of(value(organisation, 'MSP'))));
  return msps;
}

function policyOf(at: Group, name: string, depth: number): Policy {
  const found = at.getPoliciesMap().get(name)?.getPolicy();
  if (!found || depth > DEEPEST) return fail(`the configuration has no policy ${name} where one is needed`);
  const bytes = found.getValue_asU8();
  switch (found.getType()) {
    case policies.Policy.PolicyType.SIGNATURE:
      return signaturePolicy(bytes);
    case policies.Policy.PolicyType.IMPLICIT_META: {
      const meta = policies.ImplicitMetaPolicy.deserializeBinary(bytes);
      const of: Policy[] = [];
      at.getGroupsMap().forEach((part: Group) => of.push(policyOf(part, meta.getSubPolicy(), depth + 1)));
      return { atLeast: threshold(meta.getRule(), of.length), of, apart: true };
    }
    default:
      return fail(`policy ${name} is of a kind that receipts do not know`);
  }
}

function threshold(rule: number, parts: number): number {
  const { ANY, ALL } = policies.ImplicitMetaPolicy.Rule;
  // As Fabric has it, of no parts none is needed; a receipt needs one all the same.
  if (rule === ANY) return 1;
  return rule === ALL ? Math.max(parts, 1) : Math.floor(parts / 2) + 1;
}

function group(of: Group, name: string): Group {
  return of.getGroupsMap().get(name) ?? fail(`the configuration has no group ${name}`);
}

function value(of: Group, name: string): Uint8Array {
  return of.getValuesMap().get(name)?.getValue_asU8() ?? fail(`the configuration has no value ${name}`);
}
