// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Client } from '@thingledger/client';
import { z } from 'zod';

/** The file that a local network writes for tools and tests: where the gateways are, and who may call them. */
export const Identities = z.object({
  network: z.enum(['embedded', 'fabric']),
  members: z.record(
    z.string(),
    z.object({ gateway: z.string(), informationServer: z.string(), vault: z.string() }),
  ),
  participants: z.record(z.string(), z.object({ roles: z.array(z.string()), apiKey: z.string() })),
});
export type Identities = z.infer<typeof Identities>;

/** A running consortium as its users see it: gateways, and one client a participant. */
export class Consortium {
  readonly #clients = new Map<string, Client>();

  constructor(readonly identities: Identities) {}

  /** The consortium whose identities file `THINGLEDGER_IDENTITIES` names, or the one started by `npm start`. */
  static open(file = process.env['THINGLEDGER_IDENTITIES'] ?? defaultIdentitiesFile): Consortium {
    return new Consortium(Identities.parse(JSON.parse(readFileSync(file, 'utf8'))));
  }

  /** A client that calls as the participant, through the gateway of its member. */
  as(participant: string): Client {
    const known = this.#clients.get(participant);
    if (known) return known;
    const client = this.newClient(participant);
    this.#clients.set(participant, client);
    return client;
  }

  /** A client of its own, with how often it repeats a write by itself. */
  newClient(participant: string, options: { readonly retries?: number } = {}): Client {
    return createClient({
      ...options,
      baseUrl: this.gatewayOf(participant),
      apiKey: this.apiKeyOf(participant),
    });
  }

  apiKeyOf(participant: string): string {
    const entry = this.identities.participants[participant];
    if (!entry) throw new RangeError(`${participant} is not in the identities file`);
    return entry.apiKey;
  }

  gatewayOf(participant: string): string {
    return this.member(participant).gateway;
  }

  informationServerOf(participant: string): string {
    return this.member(participant).informationServer;
  }

  /** The member's entry, by member name or by one of its participants. */
  member(participantOrMember: string): Identities['members'][string] {
    const name = participantOrMember.slice(participantOrMember.indexOf('@') + 1);
    const member = this.identities.members[name];
    if (!member) throw new RangeError(`${name} is not in the identities file`);
    return member;
  }
}

/** Where `npm start` and `npm run up` write the identities; npm runs every script in the project's root. */
const defaultIdentitiesFile = join(process.cwd(), '.thingledger', 'identities.json');
