// SPDX-License-Identifier: Apache-2.0
/**
 * The one-shot container `seed` of docker-compose.yaml, `seed-main <data folder>`: when the network serves and before
 * its gateways start, registers the sample participants and gives them API keys, written to `identities.json` in the
 * data folder. What exists is kept, so it can run again at every `docker compose up`.
 */
import { join } from 'node:path';
import { loadTopology, peerConnection, planNetwork } from '@thingledger/network';
import { connectFabric } from './ledger/fabric/index.js';
import { issueKeys, memberEntry, readIdentities, writeIdentities } from './local/identities.js';
import { gatewayUrl } from './local/processes.js';
import { membersOf, seedSite } from './local/seeding.js';
import type { LocalSite } from './local/settings.js';

async function main([dir]: readonly string[]): Promise<void> {
  if (dir === undefined) throw new Error('usage: seed-main <data folder>');
  const site: LocalSite = { network: 'fabric', plan: planNetwork(loadTopology()), dir, where: 'containers' };
  await seedSite(
    site,
    (member) => connectFabric(peerConnection(site.plan, dir, member, 'containers')),
    (line) => process.stdout.write(`${line}\n`),
  );
  const members = membersOf(site);
  const known = await readIdentities(join(dir, 'identities.json'));
  const issued = await Promise.all(members.map((member) => issueKeys(site, member, known)));
  await writeIdentities(dir, site, {
    network: 'fabric',
    members: Object.fromEntries(
      // Gateways are published on the machine's own ports.
      members.map((member) => [member, memberEntry(site, member, gatewayUrl(site, member))]),
    ),
    participants: Object.fromEntries(issued.flatMap((keys) => Object.entries(keys))),
  });
  process.stdout.write('identities.json is written\n');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
