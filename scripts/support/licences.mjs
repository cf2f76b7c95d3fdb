// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

/**
 * The licences of every package in package-lock.json, of what ships first. Read from the lock file and not from
 * node_modules, which differs between systems.
 */
export function thirdPartyLicences() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const rows = new Map();
  for (const [path, { version, license, dev, link }] of Object.entries(packages)) {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || link) continue;
    const name = path.slice(at + 'node_modules/'.length);
    const key = `${name} ${version}`;
    const ships = !dev || (rows.get(key)?.ships ?? false);
    rows.set(key, { name, version, licence: license ?? 'see the package', ships });
  }
  const all = [...rows.values()].sort((a, b) =>
    `${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1,
  );
  const table = (some) => [
    '| package | version | licence |',
    '|---|---|---|',
    ...some.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
  ];
  const shipped = all.filter(({ ships }) => ships);
  const tools = all.filter(({ ships }) => !ships);
  return [
    '# Licences of third-party packages',
    '',
    'Generated from package-lock.json by `npm run generate`. Each package carries its own licence text.',
    'Hyperledger Fabric (Apache-2.0) is not part of this repository: `npm run up` builds it from the modules that network/fabric/go.mod names, and SmartBFT (Apache-2.0) with the changes of network/fabric/smartbft.patch.',
    '',
    `## What the chaincode, the gateway and the network need (${shipped.length})`,
    '',
    ...table(shipped),
    '',
    `## What only developers need (${tools.length})`,
    '',
    ...table(tools),
    '',
  ].join('\n');
}
