// SPDX-License-Identifier: Apache-2.0
import type { ChangeRecord, CustodyChain } from '@thingledger/protocol';
import type { Identity, PeerConnection } from '@thingledger/network';
import type { Consortium } from '../support/consortium.js';
import { held } from '../support/custody.js';
import { openContract } from './plain.js';

const HOLDER = 'farm@maker';

/** Makes a thing that went through so many re-labellings since its accepted origin; its last identifier. */
export async function deepLineage(consortium: Consortium, depth: number): Promise<string> {
  const origin = await held(consortium, HOLDER);
  let { thing } = (await consortium.as(HOLDER).getThing({ thing: origin.thing })).thing;
  for (let step = 1; step <= depth; step += 1) {
    const change = {
      type: 'relabel',
      from: thing,
      to: `urn:bench:${String(Date.now())}-${String(step)}/x`,
    } as const;
    await consortium.as(HOLDER).reportChange({ change, eventTime: new Date().toISOString() });
    thing = change.to;
  }
  return thing;
}

/**
 * The plain way to the answer of a trace: one query of the ledger after the other, with the SDK's client, for the custody
 * chain of each thing and the change that made it; then the data of each record from the gateway that keeps it.
 */
export function openWalk(
  peer: PeerConnection,
  identity: Identity,
  consortium: Consortium,
): { walk(thing: string): Promise<number>; close(): void } {
  const { contract, close } = openContract(peer, identity, 'traceability');
  const ask = async <T>(name: string, input: object): Promise<T> => {
    const answer = await contract.evaluateTransaction(`traceability:${name}`, JSON.stringify(input));
    return JSON.parse(Buffer.from(answer).toString('utf8')) as T;
  };
  return {
    async walk(thing) {
      let steps = 0;
      for (let id: string | undefined = thing; id !== undefined; steps += 1) {
        const chain: CustodyChain = await ask('getCustodyChain', { thing: id });
        for (const { record } of chain.records)
          await consortium.as(HOLDER).getTraceabilityData({ hash: record.dataHash });
        const { made } = chain.thing;
        if (made === undefined) return steps;
        const { change } = await ask<ChangeRecord>('getChange', { recordId: made });
        id = change.type === 'relabel' ? change.from : undefined;
      }
      return steps;
    },
    close,
  };
}
