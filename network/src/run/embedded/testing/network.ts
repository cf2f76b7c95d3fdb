// SPDX-License-Identifier: Apache-2.0
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readIdentity } from '../../../crypto/issue.js';
import { planNetwork } from '../../../plan/plan.js';
import type { Plan } from '../../../plan/types.js';
import { parseTopology } from '../../../topology.js';
import type { EmbeddedNetwork } from '../network.js';
import type { EmbeddedPeer, EndorseOptions } from '../peer.js';
import type { Proposal, Signer } from '../proposal.js';

const entry = fileURLToPath(new URL('chaincode.cjs', import.meta.url));
const members = ['maker', 'carrier', 'customs'];

/** Three members; maker and customs, or carrier and customs, must endorse. */
export function smallPlan(): Plan {
  return planNetwork(
    parseTopology({
      name: 'small',
      organisations: members.map((name) => ({
        name,
        orderer: name === 'maker',
        participants: [{ name: 'client' }],
      })),
      consortia: [
        {
          channel: 'goods',
          members,
          orderers: ['maker'],
          chaincodes: [
            {
              name: 'test',
              version: '1',
              entry,
              policy: { allOf: [{ anyOf: ['maker', 'carrier'] }, 'customs'] },
              collections: [
                { name: 'secret', members: ['maker', 'customs'] },
                { name: 'fleeting', members: ['maker', 'customs'], blockToLive: 2 },
                { name: 'apart', members: ['maker', 'carrier'] },
                {
                  name: 'open',
                  members: ['maker', 'customs'],
                  memberOnlyRead: false,
                  memberOnlyWrite: false,
                },
              ],
            },
          ],
        },
        { channel: 'other', members: ['carrier', 'customs'], orderers: ['maker'], chaincodes: [] },
      ],
    }),
  );
}

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'thingledger-embedded-'));
}

export function proposal(fn: string, ...args: string[]): Proposal {
  return { channel: 'goods', chaincode: 'test', fn, args };
}

/** A client of one member and what a test does as it. */
export class Client {
  readonly peer: EmbeddedPeer;
  readonly signer: Signer;

  constructor(network: EmbeddedNetwork, dir: string, member: string) {
    this.peer = network.peer(member);
    this.signer = readIdentity(dir, member, 'client');
  }

  async read(fn: string, ...args: string[]): Promise<string> {
    return Buffer.from(await this.peer.evaluate(proposal(fn, ...args), this.signer)).toString();
  }

  endorse(call: Proposal, options?: EndorseOptions): ReturnType<EmbeddedPeer['endorse']> {
    return this.peer.endorse(call, this.signer, options);
  }

  async commit({
    txId,
    envelope,
  }: {
    txId: string;
    envelope: Uint8Array;
  }): Promise<{ code: string; block: bigint }> {
    await this.peer.submit('goods', envelope);
    return this.peer.commitStatus('goods', txId, { signal: AbortSignal.timeout(10_000) });
  }

  async write(
    fn: string,
    ...args: string[]
  ): Promise<{ code: string; block: bigint; txId: string; result: string }> {
    const endorsed = await this.endorse(proposal(fn, ...args));
    return {
      ...(await this.commit(endorsed)),
      txId: endorsed.txId,
      result: Buffer.from(endorsed.result).toString(),
    };
  }

  async hide(value: string, collection: string, key: string): Promise<{ code: string; block: bigint }> {
    const call = { ...proposal('hidden', collection, key), transient: { value: Buffer.from(value) } };
    return this.commit(await this.endorse(call));
  }
}
