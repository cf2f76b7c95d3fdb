// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  killProcess,
  logFile,
  logTail,
  nodeFlags,
  organisationOf,
  runningPid,
  startProcess,
  stopProcess,
} from '@thingledger/network';
import { gatewayEnv, type LocalSite } from './settings.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const START_MS = 60_000;
/** Longer than a gateway takes to drain. */
const STOP_MS = 45_000;

/** A gateway process that did not come up. The message ends with the last lines of its log. */
export class GatewayStartError extends Error {
  override readonly name = 'GatewayStartError';
}

const processName = (member: string): string => `gateway.${member}`;

/** Pid of a member's gateway process, if it runs. */
export function gatewayPid(site: LocalSite, member: string): number | undefined {
  return runningPid(site.dir, processName(member));
}

/** REST address of a member's gateway process. */
export function gatewayUrl({ plan }: LocalSite, member: string): string {
  return `http://127.0.0.1:${String(organisationOf(plan, member).gateway.port)}`;
}

/**
 * Starts gateways as processes that outlive this one, and waits until they are ready. Those that run are left alone.
 *
 * @param variables further environment variables, for tests and benchmarks
 */
export async function startGateways(
  site: LocalSite,
  members: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const member of members) {
    if (gatewayPid(site, member) !== undefined) continue;
    const env = { ...(gatewayEnv(site, member) as Record<string, string>), ...variables };
    startProcess(site.dir, {
      name: processName(member),
      file: process.execPath,
      args: [...nodeFlags, MAIN],
      cwd: site.dir,
      env,
    });
  }
  await Promise.all(members.map((member) => awaitReady(site, member)));
}

/** Stops gateway processes, letting them finish what is in flight. Harmless for those that do not run. */
export async function stopGateways(site: Pick<LocalSite, 'dir'>, members: readonly string[]): Promise<void> {
  await Promise.all(members.map((member) => stopProcess(site.dir, processName(member), STOP_MS)));
}

/** Kills a gateway process at once, as a power cut would. */
export async function killGateway(site: Pick<LocalSite, 'dir'>, member: string): Promise<void> {
  await killProcess(site.dir, processName(member));
}

async function awaitReady(site: LocalSite, member: string): Promise<void> {
  const url = `${gatewayUrl(site, member)}/ready`;
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (gatewayPid(site, member) === undefined) throw startError(site, member, 'ended');
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw startError(site, member, 'is not ready in time');
}

function startError(site: LocalSite, member: string, what: string): GatewayStartError {
  const name = processName(member);
  return new GatewayStartError(
    `The gateway of ${member} ${what}. Read ${logFile(site.dir, name)}:\n${logTail(site.dir, name)}`,
  );
}
