// SPDX-License-Identifier: Apache-2.0
import { organisationOf, readIdentity, readServerTls } from '@thingledger/network';
import { Role } from '@thingledger/protocol';
import type { Ledger } from '../ledger/index.js';
import { sampleAccess, sampleRules, seedGovernance, type SeedMember } from '../seed.js';
import { principalOf } from '../wallet/wallet.js';
import { informationServerOf, type LocalSite } from './settings.js';

/**
 * Gives every consortium of a site its sample rules, participants, information servers and access matrix; what is there already is
 * kept. The network must serve, and its keys lie in the site's folder.
 *
 * @param ledgerOf opens a member's ledger; closed here again
 */
export async function seedSite(
  site: LocalSite,
  ledgerOf: (member: string) => Ledger,
  onProgress: (line: string) => void,
): Promise<void> {
  for (const { channel, members, chaincodes } of site.plan.consortia) {
    const chaincode = chaincodes[0]?.name;
    if (chaincode === undefined) continue;
    const ready = members.map((member) => seedMember(site, member, ledgerOf(member)));
    try {
      const rules = { ...sampleRules, clockWindowSeconds: site.plan.limits.transactionWindow };
      await seedGovernance(ready, { channel, chaincode }, { rules, access: sampleAccess }, onProgress);
    } finally {
      await Promise.all(ready.map(({ ledger }) => ledger.close()));
    }
  }
}

function seedMember(site: LocalSite, name: string, ledger: Ledger): SeedMember {
  const { participants, regulator } = organisationOf(site.plan, name);
  return {
    name,
    regulator,
    ledger,
    administrator: principalOf(readIdentity(site.dir, name, 'admin')),
    participants: participants.map((participant) => ({
      principal: principalOf(readIdentity(site.dir, name, participant.name)),
      roles: Role.array().parse(participant.roles),
    })),
    informationServer: {
      address: informationServerOf(site, name),
      certificateAuthorityPem: readServerTls(site.dir, name, 'informationServer').authorityPem,
    },
  };
}

/** Members of any consortium, in the topology's order: those that have a gateway. */
export function membersOf({ plan }: LocalSite): string[] {
  const all = plan.organisations.map(({ name }) => name);
  return all.filter((name) => plan.consortia.some(({ members }) => members.includes(name)));
}
