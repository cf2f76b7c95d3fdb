// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { organisationOf } from '@thingledger/network';
import { loadConfig } from '../config/config.js';
import { loadSecrets } from '../config/secrets.js';
import { apiKeyFile } from '../gateway.js';
import { ApiKeys } from '../wallet/api-keys.js';
import { writeAtomically } from '../files/atomic-file.js';
import { readIfPresent } from '../files/read-if-present.js';
import { gatewayDir, gatewayEnv, informationServerOf, type LocalSite, type NetworkKind } from './settings.js';

/** What tools and tests read to find the gateways and call them. Holds credentials: mode 0600. */
export interface Identities {
  readonly network: NetworkKind;
  /** The base of the ports, where it was chosen at a start; the next start takes it again. */
  readonly basePort?: number;
  readonly members: Readonly<
    Record<string, { readonly gateway: string; readonly informationServer: string; readonly vault: string }>
  >;
  /** By participant id; administrators have no roles. */
  readonly participants: Readonly<
    Record<string, { readonly roles: readonly string[]; readonly apiKey: string }>
  >;
}

/** Where the identities of the network that was started last are. */
export function identitiesFile(dataDir: string): string {
  return join(dataDir, 'identities.json');
}

/** The identities in a file, or undefined when there is none. */
export async function readIdentities(file: string): Promise<Identities | undefined> {
  const text = await readIfPresent(file);
  return text && (JSON.parse(text.toString('utf8')) as Identities);
}

/** Writes the identities for the network itself, and as those of the network started last. */
export async function writeIdentities(
  dataDir: string,
  site: LocalSite,
  identities: Identities,
): Promise<void> {
  const text = `${JSON.stringify(identities, undefined, 2)}\n`;
  await writeAtomically(join(site.dir, 'identities.json'), text);
  await writeAtomically(identitiesFile(dataDir), text);
}

/** Participants of a member who get an API key: the sample ones and its administrator. */
function holders(site: LocalSite, member: string): { id: string; roles: readonly string[] }[] {
  const { participants } = organisationOf(site.plan, member);
  return [...participants, { name: 'admin', roles: [] }].map(({ name, roles }) => ({
    id: `${name}@${member}`,
    roles,
  }));
}

/** Whether every holder's known API key still opens its member's gateway. */
export async function keysFit(
  site: LocalSite,
  member: string,
  known: Identities | undefined,
): Promise<boolean> {
  const keys = await keysOf(site, member);
  return holders(site, member).every(
    ({ id }) => keys.participantOf(known?.participants[id]?.apiKey ?? '') === id,
  );
}

/** The API keys of a member's participants; missing ones are made. Its gateway must not run. */
export async function issueKeys(
  site: LocalSite,
  member: string,
  known: Identities | undefined,
): Promise<Identities['participants']> {
  const keys = await keysOf(site, member);
  const entries: [string, { roles: readonly string[]; apiKey: string }][] = [];
  for (const { id, roles } of holders(site, member)) {
    const old = known?.participants[id]?.apiKey ?? '';
    entries.push([id, { roles, apiKey: keys.participantOf(old) === id ? old : await keys.issue(id) }]);
  }
  return Object.fromEntries(entries);
}

/** A member's entry. */
export function memberEntry(site: LocalSite, member: string, gateway: string): Identities['members'][string] {
  return {
    gateway,
    informationServer: informationServerOf(site, member),
    vault: join(gatewayDir(site, member), 'vault'),
  };
}

async function keysOf(site: LocalSite, member: string): Promise<ApiKeys> {
  const env = gatewayEnv(site, member);
  const config = loadConfig(env);
  const { apiKeySecret } = await loadSecrets(env, config);
  return ApiKeys.open(apiKeyFile(config), apiKeySecret);
}
