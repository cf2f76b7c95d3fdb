// SPDX-License-Identifier: Apache-2.0
/**
 * The one-shot containers of docker-compose.yaml: `setup prepare <data folder>` writes keys and configuration before
 * the nodes start; `setup agree <data folder>` waits for them, then joins channels and commits chaincode. Both can
 * run again at every `docker compose up`.
 */
import { planNetwork } from '../../plan/plan.js';
import type { Plan } from '../../plan/types.js';
import { hostOf } from '../../render/site.js';
import { loadTopology } from '../../topology.js';
import { agree } from '../fabric/agree.js';
import { patiently } from '../fabric/patience.js';
import { prepareFolder } from '../fabric/prepare.js';
import { probeOrderer, probePeer, reachable } from '../fabric/probes.js';
import { findBinaries } from '../native/binaries.js';

const site = 'containers';
const patience = 120_000;

async function main([step, dir]: readonly string[]): Promise<void> {
  const plan = planNetwork(loadTopology());
  if (dir === undefined) throw new Error('usage: setup prepare|agree <data folder>');
  if (step === 'prepare') {
    await prepareFolder(plan, dir, site);
    return;
  }
  if (step !== 'agree') throw new Error(`no step ${String(step)}; there are prepare and agree`);
  const found = await findBinaries();
  if (found === undefined) throw new Error('the image lacks the Fabric executables');
  say('waiting for the nodes');
  await Promise.all(nodeProbes(plan, dir).map((probe) => patiently(probe, () => true, patience)));
  await agree({ plan, dir, site, binaries: found.binaries }, say);
  say('ready');
}

function nodeProbes(plan: Plan, dir: string): (() => Promise<unknown>)[] {
  return plan.organisations.flatMap(({ name, peer, orderer, chaincodeHost }) => [
    ...(orderer === undefined ? [] : [() => probeOrderer({ plan, dir, site }, name)]),
    ...(peer === undefined ? [] : [() => probePeer(site, peer)]),
    ...Object.values(chaincodeHost?.ports ?? {}).map(
      (port) => () => reachable(hostOf(site, chaincodeHost?.name ?? name), port),
    ),
  ]);
}

function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
