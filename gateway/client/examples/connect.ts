// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createClient, type Client } from '@thingledger/client';

interface Identities {
  readonly members: Readonly<Record<string, { readonly gateway: string }>>;
  readonly participants: Readonly<Record<string, { readonly apiKey: string }>>;
}

/** A client for a sample participant of the local network that `npm start` or `npm run up` started. */
export function connect(participant: string, file = '.thingledger/identities.json'): Client {
  const { members, participants } = JSON.parse(readFileSync(file, 'utf8')) as Identities;
  const gateway = members[participant.slice(participant.indexOf('@') + 1)]?.gateway;
  const apiKey = participants[participant]?.apiKey;
  if (gateway === undefined || apiKey === undefined) throw new Error(`${participant} is not in ${file}`);
  return createClient({ baseUrl: gateway, apiKey });
}
