// SPDX-License-Identifier: Apache-2.0
import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { isRunning } from './consortium.mjs';
import { fabricFix, network } from './fabric.mjs';
import { answer, root } from './process.mjs';
import { isInstalled } from './workspace.mjs';

const gigabyte = 2 ** 30;

/**
 * What the scripts need from a machine, one finding at a time: its name, what was found (a text, true, or nothing), how
 * to fix it, and whether one can do without.
 */
export async function* examine(dir) {
  yield { name: 'Node', found: process.versions.node, fix: '' };
  yield { name: 'dependencies', found: isInstalled(), fix: 'npm run setup' };
  const entry = await network().catch(() => undefined);
  yield { name: 'build', found: entry !== undefined, fix: 'npm run build' };

  const { bavail, bsize } = statfsSync(root);
  const space = (bavail * bsize) / gigabyte;
  yield { name: 'disk', found: space > 2 && `${space.toFixed(0)} GB free`, fix: 'free 2 GB or more' };
  const memory = totalmem() / gigabyte;
  yield {
    name: 'memory',
    found: memory > 2 && `${memory.toFixed(0)} GB`,
    fix: 'a machine with 4 GB or more',
  };

  const go = answer('go', 'version');
  yield {
    name: 'Go',
    found: go,
    fix: 'go.dev/dl, 1.26 or later: builds Fabric for npm run up',
    optional: true,
  };
  yield docker(answer);
  if (entry === undefined) return;

  const fabric = await entry.findBinaries().catch((error) => ({ error }));
  const fix = fabric?.error ? fabric.error.message : go ? 'npm run up builds them' : fabricFix;
  yield { name: 'Fabric programs', found: fabric?.origin, fix, optional: true };
  yield* running(entry, dir);
}

/** Whether `docker compose up` can run: the program, Compose as its plugin, and an engine that answers. */
export function docker(ask) {
  const finding = (found, fix) => ({ name: 'Docker', found, fix, optional: true });
  if (!ask('docker', '--version'))
    return finding(undefined, 'docs.docker.com/get-docker: for docker compose only');
  const compose = ask('docker', 'compose', 'version', '--short');
  if (!compose) {
    const fix =
      'docs.docker.com/compose/install: the plugin docker compose; the older docker-compose will not do';
    return finding(undefined, fix);
  }
  const engine = ask('docker', 'version', '--format', '{{.Server.Version}}');
  if (!engine) return finding(undefined, 'start Docker, or let your user reach it: no engine answers');
  return finding(`engine ${engine}, compose ${compose}`, '');
}

/** What runs already; else whether the ports are free. */
async function* running({ plan, isFree }, dir) {
  const networks = [];
  for (const network of ['embedded', 'fabric']) if (await isRunning(dir, network)) networks.push(network);
  if (networks.length > 0)
    return yield { name: 'running', found: `${networks.join(', ')}: every gateway answers`, fix: '' };
  const ports = plan.organisations.flatMap(({ peer, orderer, gateway }) =>
    [gateway.port, gateway.informationServerPort, peer?.port, orderer?.port].filter(
      (port) => port !== undefined,
    ),
  );
  const taken = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  const range = `${Math.min(...ports)} to ${Math.max(...ports)}`;
  const where = `taken: ${taken.join(', ')}; stop what listens there, or choose others: npm start -- --base-port 17000`;
  yield { name: 'ports', found: taken.length === 0 && `${range}, free`, fix: where };
}
