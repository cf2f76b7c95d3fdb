// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Identity,
  issueCrypto,
  loadTopology,
  type Plan,
  planNetwork,
  readIdentity,
} from '@thingledger/network';

/** The private collection that the behaviour suite uses. */
export const collection = 'makerAndCustoms';

const entry = fileURLToPath(new URL('behaviour-chaincode/dist/index.js', import.meta.url));

/**
 * The default network with the behaviour chaincode as its only one: a transaction needs a peer of the trade and one of
 * a regulator, as records do.
 */
export function behaviourPlan(options: { readonly basePort?: number } = {}): Plan {
  const topology = loadTopology();
  const bare = {
    ...topology,
    peers: { keyHistory: true },
    consortia: topology.consortia.map((consortium) => ({ ...consortium, chaincodes: [] })),
  };
  return planNetwork(bare, {
    ...options,
    extraChaincodes: [
      {
        name: 'behaviour',
        version: '0.1.0',
        entry,
        policy: { allOf: [{ anyOf: ['maker', 'carrier', 'bank'] }, { anyOf: ['inspection', 'customs'] }] },
        collections: [{ name: collection, members: ['maker', 'customs'] }],
      },
    ],
  });
}

/** A new folder for a network's keys and ledger. */
export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'thingledger-'));
}

/** A client's identity in each member's organisation of the default topology. */
export function clientOf(dir: string, plan: Plan, member: string): Identity {
  const name = plan.organisations.find((organisation) => organisation.name === member)?.participants[0]?.name;
  if (name === undefined) throw new RangeError(`${member} has no participant`);
  return readIdentity(dir, member, name);
}

/** Someone with the names of a maker's client, but from an authority nobody knows. */
export async function impostorOf(plan: Plan): Promise<Identity> {
  const elsewhere = await newFolder();
  await issueCrypto(plan, elsewhere);
  const impostor = clientOf(elsewhere, plan, 'maker');
  await rm(elsewhere, { recursive: true });
  return impostor;
}
