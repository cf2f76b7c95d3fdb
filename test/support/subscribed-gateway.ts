// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { newFolder } from './behaviour-network.js';
import { startFurtherGateway, type FurtherGateway } from './further-gateway.js';
import { Subscriber } from './subscriber.js';

/** One more gateway of a member, and a subscriber at a private address that it may post to. */
export interface SubscribedGateway {
  readonly gateway: FurtherGateway;
  readonly subscriber: Subscriber;
  /** An API key of the participant. */
  readonly key: string;
  /** What a system that speaks EPCIS asks as the participant. */
  epcis(method: string, path: string, body?: unknown): Promise<Response>;
  close(): Promise<void>;
}

/** @param token with which the subscriber checks signatures */
export async function startSubscribedGateway(
  member: string,
  participant: string,
  token: string,
): Promise<SubscribedGateway> {
  const dir = await newFolder();
  const subscriber = await Subscriber.start(token);
  const gateway = await startFurtherGateway(member, {
    THINGLEDGER_ALLOW_PRIVATE_ADDRESSES: 'true',
    THINGLEDGER_WEBHOOK_CA_FILE: await subscriber.authorityFile(dir),
  });
  const key = await gateway.apiKeyOf(participant);
  return {
    gateway,
    subscriber,
    key,
    epcis: (method, path, body) =>
      fetch(`${gateway.url}/epcis${path}`, {
        method,
        headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async close() {
      await gateway.close();
      await subscriber.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
