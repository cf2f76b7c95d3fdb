// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { memberFolders, writePem } from '../../crypto/folders.js';
import { issueCrypto } from '../../crypto/issue.js';
import type { Plan } from '../../plan/types.js';
import { connectionsFolder, renderConnection } from '../../render/chaincode.js';
import { renderAll } from '../../render/files.js';
import type { Site } from '../../render/site.js';

/** A data folder that holds another network. The message says what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Writes everything a network's processes read: keys, configuration, connection files. Repeating it changes nothing
 * but what the plan changed.
 *
 * @throws DataFolderError when the folder was made for other organisations, channels or ports
 */
export async function prepareFolder(plan: Plan, dir: string, site: Site): Promise<void> {
  mkdirSync(dir, { recursive: true });
  checkSameNetwork(plan, dir, site);
  writeFileSync(join(dir, essenceFile), essence(plan, site));
  await issueCrypto(plan, dir);
  for (const [path, text] of Object.entries(renderAll(plan, site))) {
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (path.includes('/bin/')) chmodSync(file, 0o755);
  }
  for (const organisation of plan.organisations) {
    const tls = join(memberFolders(dir, organisation.name).chaincode, 'tls');
    for (const chaincode of Object.keys(organisation.chaincodeHost?.ports ?? {})) {
      const connection = renderConnection(
        organisation,
        chaincode,
        {
          clientKey: readFileSync(join(tls, 'client.key'), 'utf8'),
          clientCertificate: readFileSync(join(tls, 'client.crt'), 'utf8'),
          authority: readFileSync(join(tls, 'ca.crt'), 'utf8'),
        },
        site,
      );
      // It holds the peer's key.
      writePem(join(dir, connectionsFolder(organisation), `${chaincode}.json`), connection, 0o600);
    }
  }
}

const essenceFile = 'network.json';

/**
 * Checks that a data folder, if it holds anything, holds this network.
 *
 * @returns true when it holds nothing yet
 * @throws DataFolderError when it was made for other organisations, channels or ports
 */
export function checkSameNetwork(plan: Plan, dir: string, site: Site): boolean {
  const file = join(dir, essenceFile);
  if (!existsSync(file)) return true;
  if (readFileSync(file, 'utf8') === essence(plan, site)) return false;
  throw new DataFolderError(
    `${dir} holds a network of other organisations, channels or ports: stop it and remove the folder, or use another`,
  );
}

/** What genesis blocks, certificates and node addresses were made from; another plan needs another folder. */
function essence(plan: Plan, site: Site): string {
  return JSON.stringify(
    {
      site,
      name: plan.name,
      organisations: plan.organisations.map(({ name, peer, orderer }) => ({ name, peer, orderer })),
      channels: plan.consortia.map(({ channel, members, orderers }) => ({ channel, members, orderers })),
    },
    null,
    2,
  );
}
