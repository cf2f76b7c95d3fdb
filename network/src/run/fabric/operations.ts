// SPDX-License-Identifier: Apache-2.0
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { consortiumOf, organisationOf } from '../../plan/plan.js';
import type { ConsortiumPlan, NodePlan, Plan } from '../../plan/types.js';
import { hostOf, type Site } from '../../render/site.js';

interface Network {
  readonly plan: Plan;
  readonly site: Site;
}

/**
 * The orderer that leads a channel now, by node name, as most orderers see it; undefined while they see none.
 * Asks the operations endpoints.
 */
export async function leaderOf({ plan, site }: Network, channel: string): Promise<string | undefined> {
  const organisations = consortiumOf(plan, channel).orderers.map((name) => organisationOf(plan, name));
  const votes = new Map<number, number>();
  for (const { orderer } of organisations) {
    if (orderer === undefined) continue;
    const text = await readOperations(site, orderer, '/metrics').catch(() => '');
    const id = gauge(text, 'consensus_smartbft_view_leader_id', channel);
    if (id > 0) votes.set(id, (votes.get(id) ?? 0) + 1);
  }
  const [elected] = [...votes].sort(([, a], [, b]) => b - a)[0] ?? [];
  return organisations.find(({ orderer }) => orderer?.consenterId === elected)?.orderer?.name;
}

/**
 * Waits until every peer of a channel knows all the others. Before that a member's gateway finds no endorsers at
 * other members, and private data reaches nobody.
 *
 * @param patience milliseconds
 * @throws when they do not find one another in time
 */
export async function awaitMembership(
  { plan, site }: Network,
  consortium: ConsortiumPlan,
  patience = 60_000,
): Promise<void> {
  const { channel, members } = consortium;
  const deadline = Date.now() + patience;
  await Promise.all(
    members.map(async (member) => {
      const { peer } = organisationOf(plan, member);
      if (peer === undefined) return;
      for (;;) {
        const text = await readOperations(site, peer, '/metrics').catch(() => '');
        const known = gauge(text, 'gossip_membership_total_peers_known', channel);
        if (known >= members.length - 1) return;
        if (Date.now() > deadline) {
          throw new Error(
            `${peer.name} knows ${String(known)} of ${String(members.length - 1)} peers on ${channel}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }),
  );
}

/** Reads a page of a node's operations endpoint. @throws when it does not answer 200 within two seconds */
export function readOperations(
  site: Site,
  { name, operationsPort }: NodePlan,
  path: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const at = { host: hostOf(site, name), port: operationsPort, path, timeout: 2_000, agent: false };
    const asked = get(at, (response) => {
      // Fails, too, when the node ends in the middle of its answer.
      text(response).then((body) => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${name} answered ${String(response.statusCode)}`));
      }, reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`${name} does not answer`)));
    asked.on('error', reject);
  });
}

function gauge(metrics: string, name: string, channel: string): number {
  const line = metrics.split('\n').find((l) => l.startsWith(`${name}{channel="${channel}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}
