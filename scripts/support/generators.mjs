// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { network } from './fabric.mjs';
import { thirdPartyLicences } from './licences.mjs';
import { root } from './process.mjs';
import { built } from './workspace.mjs';

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const protocol = () => built('chaincode/protocol/dist/index.js');

/** The files made from code or from the topology. `produce` gives the whole text. */
const generators = [
  { file: 'THIRD-PARTY-LICENSES.md', produce: thirdPartyLicences },
  { file: 'docs/data-flow.md', produce: async () => (await protocol()).renderDataFlowTable() },
  {
    file: 'docs/epcis-fields.md',
    produce: async () => (await built('gateway/dist/index.js')).renderEpcisCoverage(),
  },
  { file: 'docs/refusals.md', produce: async () => (await protocol()).renderRefusalTable() },
  {
    file: 'chaincode/traceability/metadata.json',
    produce: async () => json((await built('chaincode/traceability/dist/index.js')).chaincode.metadata),
  },
  {
    file: 'docs/sql-views.md',
    produce: async () => (await built('gateway/dist/index.js')).renderPublishedViews(),
  },
  {
    file: 'docs/openapi.json',
    produce: async () => (await built('gateway/dist/index.js')).renderOpenApi(),
  },
  {
    file: 'docker-compose.yaml',
    produce: async () => {
      const { renderCompose, plan } = await network();
      return renderCompose(plan);
    },
  },
];

const current = (file) => {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined;
  }
};

/** Produces every file, writes those that differ unless `check`, and resolves with their names. */
export async function generate({ check }) {
  const stale = [];
  for (const { file, produce } of generators) {
    const text = await produce();
    if (text === current(file)) continue;
    stale.push(file);
    if (check) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return stale;
}
