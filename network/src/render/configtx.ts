// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import { organisationOf } from '../plan/plan.js';
import type { ConsortiumPlan, OrganisationPlan, Plan } from '../plan/types.js';
import { goDuration, hostOf, type Site } from './site.js';

/** From `config/` to the data folder. */
const up = '..';

/**
 * `config/configtx.yaml`: one profile a channel, named like it, with SmartBFT orderers of several organisations.
 * SmartBFT takes its batch size from BatchSize and ignores BatchTimeout.
 */
export function renderConfigtx(plan: Plan, site: Site): string {
  const profiles = Object.fromEntries(plan.consortia.map((c) => [c.channel, profile(plan, c, site)]));
  return stringify({ Profiles: profiles }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function profile(plan: Plan, consortium: ConsortiumPlan, site: Site): object {
  return {
    Policies: {
      ...implicit('Readers', 'ANY'),
      ...implicit('Writers', 'ANY'),
      ...implicit('Admins', 'MAJORITY'),
    },
    Capabilities: { V3_0: true },
    Orderer: orderers(plan, consortium, site),
    Application: {
      Organizations: consortium.members.map((name) => member(plan, name, site)),
      Policies: {
        ...implicit('Readers', 'ANY'),
        ...implicit('Writers', 'ANY'),
        ...implicit('Admins', 'MAJORITY'),
        ...implicit('Endorsement', 'MAJORITY'),
        LifecycleEndorsement: { Type: 'ImplicitMeta', Rule: 'MAJORITY Endorsement' },
      },
      Capabilities: { V2_5: true },
    },
  };
}

function orderers(plan: Plan, consortium: ConsortiumPlan, site: Site): object {
  const { consensus } = plan;
  const organisations = consortium.orderers.map((name) => organisationOf(plan, name));
  return {
    OrdererType: 'BFT',
    BatchTimeout: '1s',
    BatchSize: {
      MaxMessageCount: consensus.batchMessages,
      AbsoluteMaxBytes: consensus.batchBytes,
      PreferredMaxBytes: consensus.batchBytes,
    },
    MaxChannels: 0,
    SmartBFT: {
      RequestBatchMaxInterval: goDuration(consensus.batchInterval),
      RequestForwardTimeout: goDuration(consensus.forwardTimeout),
      RequestComplainTimeout: goDuration(consensus.complainTimeout),
      RequestAutoRemoveTimeout: goDuration(consensus.autoRemoveTimeout),
      ViewChangeResendInterval: goDuration(consensus.viewChangeResend),
      ViewChangeTimeout: goDuration(consensus.viewChangeTimeout),
      LeaderHeartbeatTimeout: goDuration(consensus.leaderHeartbeat),
      LeaderHeartbeatCount: 10,
      CollectTimeout: '500ms',
      IncomingMessageBufferSize: 200,
      RequestPoolSize: 100_000,
    },
    ConsenterMapping: organisations.map((organisation) => consenter(organisation, site)),
    Organizations: organisations.map((organisation) => ordererMember(organisation, site)),
    Policies: {
      ...implicit('Readers', 'ANY'),
      ...implicit('Writers', 'ANY'),
      ...implicit('Admins', 'MAJORITY'),
      // configtxgen puts the quorum of consenters in its place; it must be there all the same.
      BlockValidation: { Type: 'ImplicitMeta', Rule: 'ANY Writers' },
    },
    Capabilities: { V2_0: true },
  };
}

function consenter({ name, mspId, orderer }: OrganisationPlan, site: Site): object {
  if (orderer === undefined) throw new RangeError(`${name} runs no orderer`);
  const tlsCertificate = `${up}/crypto/${name}/orderer/tls/server.crt`;
  return {
    ID: orderer.consenterId,
    Host: hostOf(site, orderer.name),
    Port: orderer.port,
    MSPID: mspId,
    Identity: `${up}/crypto/${name}/orderer/msp/signcerts/cert.pem`,
    ClientTLSCert: tlsCertificate,
    ServerTLSCert: tlsCertificate,
  };
}

function ordererMember({ name, mspId, orderer }: OrganisationPlan, site: Site): object {
  return {
    Name: name,
    ID: mspId,
    MSPDir: `${up}/crypto/${name}/msp`,
    Policies: {
      ...signature('Readers', `OR('${mspId}.member')`),
      ...signature('Writers', `OR('${mspId}.member')`),
      ...signature('Admins', `OR('${mspId}.admin')`),
    },
    OrdererEndpoints: orderer === undefined ? [] : [`${hostOf(site, orderer.name)}:${String(orderer.port)}`],
  };
}

function member(plan: Plan, name: string, site: Site): object {
  const { mspId, peer } = organisationOf(plan, name);
  return {
    Name: name,
    ID: mspId,
    MSPDir: `${up}/crypto/${name}/msp`,
    Policies: {
      ...signature('Readers', `OR('${mspId}.admin','${mspId}.peer','${mspId}.client')`),
      ...signature('Writers', `OR('${mspId}.admin','${mspId}.client')`),
      ...signature('Admins', `OR('${mspId}.admin')`),
      ...signature('Endorsement', `OR('${mspId}.peer')`),
    },
    // Anchor peers let members' peers find one another, which private data needs.
    ...(peer && { AnchorPeers: [{ Host: hostOf(site, peer.name), Port: peer.port }] }),
  };
}

function implicit(policy: string, quantifier: 'ANY' | 'MAJORITY'): object {
  return { [policy]: { Type: 'ImplicitMeta', Rule: `${quantifier} ${policy}` } };
}

function signature(policy: string, rule: string): object {
  return { [policy]: { Type: 'Signature', Rule: rule } };
}
