// SPDX-License-Identifier: Apache-2.0
import type { FabricReceipt } from '@thingledger/protocol/receipt';
import { concat, hash, toBase64 } from '../bytes.js';
import {
  common,
  configtx,
  configuration,
  lifecycle,
  mspConfig,
  ordererConfiguration,
  policies,
  policy as applicationPolicies,
  principals,
  transaction as messages,
} from '../messages.js';
import { type Authority, type Holder, issue, newAuthority, pem, type Validity } from './keys.js';
import { type Content, envelopeOf, header, sealed } from './messages.js';

const CHANNEL = 'trade';
const CHAINCODE = 'goods';
const DEFINITION = 1;
const TRANSACTION = 2;

/** What a test wants different from an honest receipt. */
export interface Forgery {
  readonly caller?: Holder;
  readonly endorsers?: readonly Holder[];
  readonly approvers?: readonly Holder[];
  readonly orderers?: readonly Holder[];
  readonly attesters?: readonly Holder[];
  readonly attestedCode?: number;
  readonly code?: number;
  readonly content?: Partial<Content>;
  /** Name of the chaincode in the definition. */
  readonly defines?: string;
  readonly revocations?: readonly Uint8Array[];
}

/**
 * A channel of two members, each with a peer and two of the four orderers, whose keys the test holds: it can forge what
 * nobody outside could, and so reach every check.
 */
export class TestChannel {
  private constructor(
    readonly authorities: readonly Authority[],
    readonly caller: Holder,
    readonly peers: readonly Holder[],
    readonly orderers: readonly Holder[],
  ) {}

  static async open(validity: { readonly authority?: Validity } = {}): Promise<TestChannel> {
    const authorities = await Promise.all(
      ['maker', 'customs'].map((member) => newAuthority(member, validity.authority)),
    );
    const of = (index: number): Authority => authorities[index] as Authority;
    return new TestChannel(
      authorities,
      await issue(of(0), 'farm', 'client'),
      await Promise.all(authorities.map((authority) => issue(authority, 'peer', 'peer'))),
      await Promise.all([0, 1, 0, 1].map((index) => issue(of(index), 'orderer', 'orderer'))),
    );
  }

  /** A receipt that holds, but for what is forged. */
  receipt(forgery: Forgery = {}): FabricReceipt {
    const {
      caller = this.caller,
      endorsers = this.peers,
      approvers = this.peers,
      orderers = this.orderers.slice(0, 3),
      attesters = this.peers,
      code = 0,
      defines = CHAINCODE,
    } = forgery;
    const definition = envelopeOf({
      channel: CHANNEL,
      chaincode: '_lifecycle',
      args: ['CommitChaincodeDefinition', this.#definition(defines)],
      caller: this.caller,
      endorsers: approvers,
    });
    const { txId, envelope } = envelopeOf({
      channel: CHANNEL,
      chaincode: CHAINCODE,
      args: ['goods:register', '{"thing":"1"}'],
      caller,
      endorsers,
      definition: { block: DEFINITION, index: 0 },
      ...forgery.content,
    });
    const attestation = envelopeOf({
      channel: CHANNEL,
      chaincode: 'qscc',
      args: ['GetTransactionByID', CHANNEL, txId],
      caller: this.caller,
      endorsers: attesters,
      writes: [],
      result: processed(envelope, forgery.attestedCode ?? 0),
    });
    return {
      type: 'ThingLedgerReceipt',
      version: 1,
      network: 'fabric',
      channel: CHANNEL,
      txId,
      configuration: [this.#block(0, [this.#genesis(forgery.revocations)], [])],
      definition: this.#block(DEFINITION, [definition.envelope], this.orderers.slice(0, 3)),
      block: this.#block(TRANSACTION, [envelope], orderers, code),
      attestation: toBase64(attestation.envelope),
    };
  }

  #block(number: number, envelopes: readonly Uint8Array[], signers: readonly Holder[], code = 0): string {
    const head = new common.BlockHeader();
    head.setNumber(number);
    head.setPreviousHash(new Uint8Array(32));
    head.setDataHash(hash(...envelopes));
    const data = new common.BlockData();
    data.setDataList([...envelopes]);
    const value = new common.OrdererBlockMetadata();
    value.setLastConfig(new common.LastConfig());
    const signed = value.serializeBinary();
    const signatures = new common.Metadata();
    signatures.setValue(signed);
    for (const signer of signers) {
      const identifier = new common.IdentifierHeader();
      identifier.setIdentifier(this.orderers.indexOf(signer) + 1);
      const signature = new common.MetadataSignature();
      signature.setIdentifierHeader(identifier.serializeBinary());
      // What an orderer signs begins with the metadata and ends with the header; the length of each field is one byte.
      const fields = concat(
        Uint8Array.of(0x02, 1, number, 0x04, 32),
        head.getPreviousHash_asU8(),
        Uint8Array.of(0x04, 32),
        head.getDataHash_asU8(),
      );
      const headerBytes = concat(Uint8Array.of(0x30, fields.length), fields);
      signature.setSignature(signer.sign(concat(signed, identifier.serializeBinary(), headerBytes)));
      signatures.addSignatures(signature);
    }
    const metadata = new common.BlockMetadata();
    metadata.setMetadataList([
      signatures.serializeBinary(),
      new Uint8Array(),
      Uint8Array.of(code),
      new Uint8Array(),
      new Uint8Array(),
    ]);
    const block = new common.Block();
    block.setHeader(head);
    block.setData(data);
    block.setMetadata(metadata);
    return toBase64(block.serializeBinary());
  }

  #genesis(revocations: readonly Uint8Array[] = []): Uint8Array {
    const orderer = new configtx.ConfigGroup();
    const application = new configtx.ConfigGroup();
    for (const authority of this.authorities) {
      const organisation = this.#organisation(authority, revocations);
      orderer.getGroupsMap().set(authority.member, organisation);
      application.getGroupsMap().set(authority.member, organisation);
    }
    const consensus = new ordererConfiguration.ConsensusType();
    consensus.setType('BFT');
    put(orderer, 'ConsensusType', consensus.serializeBinary());
    const consenters = new configuration.Orderers();
    this.orderers.forEach((holder, index) => {
      const consenter = new configuration.Consenter();
      consenter.setId(index + 1);
      consenter.setMspId(holder.member);
      consenter.setIdentity(pem(holder.certificate));
      consenters.addConsenterMapping(consenter);
    });
    put(orderer, 'Orderers', consenters.serializeBinary());
    const majority = new policies.ImplicitMetaPolicy();
    majority.setSubPolicy('Endorsement');
    majority.setRule(policies.ImplicitMetaPolicy.Rule.MAJORITY);
    const { IMPLICIT_META } = policies.Policy.PolicyType;
    addPolicy(application, 'LifecycleEndorsement', IMPLICIT_META, majority.serializeBinary());
    const channel = new configtx.ConfigGroup();
    channel.getGroupsMap().set('Orderer', orderer);
    channel.getGroupsMap().set('Application', application);
    const config = new configtx.Config();
    config.setChannelGroup(channel);
    const envelope = new configtx.ConfigEnvelope();
    envelope.setConfig(config);
    const headers = new common.Header();
    headers.setChannelHeader(header(CHANNEL, common.HeaderType.CONFIG).serializeBinary());
    return sealed(headers, envelope.serializeBinary());
  }

  #organisation(
    { member, certificate }: Authority,
    revocations: readonly Uint8Array[],
  ): configtx.ConfigGroup {
    const units = new mspConfig.FabricNodeOUs();
    units.setEnable(true);
    for (const [role, set] of [
      ['client', units.setClientOuIdentifier.bind(units)],
      ['peer', units.setPeerOuIdentifier.bind(units)],
      ['orderer', units.setOrdererOuIdentifier.bind(units)],
    ] as const) {
      const unit = new mspConfig.FabricOUIdentifier();
      unit.setOrganizationalUnitIdentifier(role);
      set(unit);
    }
    const msp = new mspConfig.FabricMSPConfig();
    msp.setName(member);
    msp.setRootCertsList([pem(certificate)]);
    msp.setRevocationListList([...revocations]);
    msp.setFabricNodeOus(units);
    const outer = new mspConfig.MSPConfig();
    outer.setConfig(msp.serializeBinary());
    const group = new configtx.ConfigGroup();
    put(group, 'MSP', outer.serializeBinary());
    const own = signaturePolicy([member], 1);
    addPolicy(group, 'Endorsement', policies.Policy.PolicyType.SIGNATURE, own.serializeBinary());
    return group;
  }

  #definition(name: string): Uint8Array {
    const policy = new applicationPolicies.ApplicationPolicy();
    policy.setSignaturePolicy(signaturePolicy(['maker', 'customs'], 2));
    const args = new lifecycle.CommitChaincodeDefinitionArgs();
    args.setName(name);
    args.setSequence(1);
    args.setVersion('1');
    args.setValidationPlugin('vscc');
    args.setValidationParameter(policy.serializeBinary());
    return args.serializeBinary();
  }
}

/** So many of the peers of these members. */
function signaturePolicy(members: readonly string[], atLeast: number): policies.SignaturePolicyEnvelope {
  const envelope = new policies.SignaturePolicyEnvelope();
  const threshold = new policies.SignaturePolicy.NOutOf();
  threshold.setN(atLeast);
  members.forEach((member, index) => {
    const role = new principals.MSPRole();
    role.setMspIdentifier(member);
    role.setRole(principals.MSPRole.MSPRoleType.PEER);
    const principal = new principals.MSPPrincipal();
    principal.setPrincipal(role.serializeBinary());
    envelope.addIdentities(principal);
    const rule = new policies.SignaturePolicy();
    rule.setSignedBy(index);
    threshold.addRules(rule);
  });
  const rule = new policies.SignaturePolicy();
  rule.setNOutOf(threshold);
  envelope.setRule(rule);
  return envelope;
}

function processed(envelope: Uint8Array, code: number): Uint8Array {
  const message = new messages.ProcessedTransaction();
  message.setTransactionenvelope(common.Envelope.deserializeBinary(envelope));
  message.setValidationcode(code);
  return message.serializeBinary();
}

function put(group: configtx.ConfigGroup, name: string, bytes: Uint8Array): void {
  const value = new configtx.ConfigValue();
  value.setValue(bytes);
  group.getValuesMap().set(name, value);
}

function addPolicy(group: configtx.ConfigGroup, name: string, type: number, bytes: Uint8Array): void {
  const policy = new policies.Policy();
  policy.setType(type);
  policy.setValue(bytes);
  const entry = new configtx.ConfigPolicy();
  entry.setPolicy(policy);
  group.getPoliciesMap().set(name, entry);
}
