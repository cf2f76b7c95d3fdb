// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { memberFolders } from '../../crypto/folders.js';
import { organisationOf } from '../../plan/plan.js';
import { hostOf } from '../../render/site.js';
import { type FabricSite, runCommand, tlsAuthority } from './tools.js';

/** Channels a member's orderer carries; asks its admin endpoint. @throws when the orderer does not answer */
export function ordererChannels(
  { plan, dir, site }: Omit<FabricSite, 'binaries'>,
  member: string,
): Promise<string[]> {
  const { orderer } = organisationOf(plan, member);
  if (orderer === undefined) throw new RangeError(`${member} runs no orderer`);
  const tls = join(memberFolders(dir, member).user('admin'), 'tls');
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: hostOf(site, orderer.name),
        port: orderer.adminPort,
        path: '/participation/v1/channels',
        ca: readFileSync(tlsAuthority(dir, member)),
        cert: readFileSync(join(tls, 'client.crt')),
        key: readFileSync(join(tls, 'client.key')),
        timeout: 5_000,
        agent: false,
      },
      (response) => {
        // Fails, too, when the node ends in the middle of its answer.
        text(response).then((body) => {
          try {
            const { channels } = JSON.parse(body) as { channels: { name: string }[] | null };
            resolve((channels ?? []).map((channel) => channel.name));
          } catch {
            reject(
              new Error(`${orderer.name} answered ${String(response.statusCode)}: ${body.slice(0, 200)}`),
            );
          }
        }, reject);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`${orderer.name} does not answer`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** Makes a member's orderer carry a channel from its genesis block on; harmless when it does already. */
export async function joinOrderer(
  fabric: FabricSite,
  member: string,
  channel: string,
  block: string,
): Promise<void> {
  if ((await ordererChannels(fabric, member)).includes(channel)) return;
  const { plan, dir, site, binaries } = fabric;
  const { orderer } = organisationOf(plan, member);
  if (orderer === undefined) throw new RangeError(`${member} runs no orderer`);
  const tls = join(memberFolders(dir, member).user('admin'), 'tls');
  await runCommand(binaries.osnadmin, [
    ...['channel', 'join', '--channelID', channel, '--config-block', block],
    ...[
      '-o',
      `${hostOf(site, orderer.name)}:${String(orderer.adminPort)}`,
      '--ca-file',
      tlsAuthority(dir, member),
    ],
    ...['--client-cert', join(tls, 'client.crt'), '--client-key', join(tls, 'client.key')],
  ]);
  if (!(await ordererChannels(fabric, member)).includes(channel)) {
    throw new Error(`${orderer.name} did not join channel ${channel}`);
  }
}
