// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';
import { built } from './workspace.mjs';

/** Options of every script that starts a network or looks for one. */
export const networkOptions = {
  network: {
    type: 'string',
    value: 'name',
    values: ['embedded', 'fabric'],
    default: 'embedded',
    about: 'embedded (one process) or fabric (real Fabric); embedded when not given',
  },
  dir: {
    type: 'string',
    value: 'folder',
    default: join(root, '.thingledger'),
    about: 'where state is kept; .thingledger when not given',
  },
  'base-port': {
    type: 'string',
    value: 'port',
    form: /^[1-9]\d{0,4}$/,
    about: 'first port; that of network/topology.yaml when not given',
  },
};

/**
 * Starts, or takes up again, the network and a gateway per member. Embedded, all of it runs in this process until
 * `close()`; on Fabric the processes outlive this one until `stopConsortium`.
 */
export async function startConsortium({ network, dir, 'base-port': basePort }, onProgress = console.log) {
  const { startLocal } = await built('gateway/dist/local.js');
  return startLocal({
    network,
    dir,
    onProgress,
    ...(basePort === undefined ? {} : { basePort: Number(basePort) }),
  });
}

/** Stops gateways and network of real Fabric in a data folder; their state stays. */
export async function stopConsortium(dir) {
  const { stopLocal } = await built('gateway/dist/local.js');
  await stopLocal({ dir });
}

/** The file with a network's members, participants and keys. */
export const identitiesFile = (dir, network) => join(dir, network, 'identities.json');

/** What that file says; undefined when there is none. */
export function identitiesOf(dir, network) {
  try {
    return JSON.parse(readFileSync(identitiesFile(dir, network), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether this network runs: every gateway of its identities file answers. */
export async function isRunning(dir, network) {
  const members = Object.values(identitiesOf(dir, network)?.members ?? {});
  const answers = ({ gateway }) =>
    fetch(`${gateway}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  return members.length > 0 && (await Promise.all(members.map(answers))).every(Boolean);
}

/** What `npm start` prints once all is up: addresses, sample identities, three commands to try. */
export function welcome(dir, { network, members, participants }) {
  const table = (rows) => {
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    return rows.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd(),
    );
  };
  const people = Object.entries(participants).filter(([id]) => !id.startsWith('admin@'));
  const farm = participants['farm@maker'] ? 'farm@maker' : people[0][0];
  const gateway = members[farm.split('@')[1]].gateway;
  const key = `-H 'X-API-Key: ${participants[farm].apiKey}'`;
  const thing = `{"thing":"urn:epc:class:lgtin:4012345.011111.LOT-1","kind":"batch","quantity":{"value":"100","unit":"KGM"}}`;
  return [
    '',
    'Gateways and information servers',
    ...table(Object.entries(members).map(([name, at]) => [name, at.gateway, at.informationServer])),
    '',
    'Sample participants: roles, API key',
    ...table(people.map(([id, { roles, apiKey }]) => [id, roles.join(', '), apiKey])),
    '',
    'Try, in another terminal',
    '  npm run demo',
    `  curl -s ${gateway}/things ${key} -H 'Content-Type: application/json' -H 'Idempotency-Key: first' -d '${thing}'`,
    `  in a browser: ${gateway}/docs   (every operation, to try)`,
    '',
    `All of this is in ${identitiesFile(dir, network)}`,
  ].join('\n');
}

/** Resolves at the first Ctrl+C or SIGTERM. */
export const untilStopped = () =>
  new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  });
