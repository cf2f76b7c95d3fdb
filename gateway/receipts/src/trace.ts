// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol/canonical';
import { fail } from './checks.js';
import { verifyDisclosure } from './disclosure.js';

/** The custody chain of one thing, as members’ peers answer it. */
interface Chain {
  readonly thing: { readonly thing: string; readonly made?: string };
  readonly holder?: unknown;
  readonly pending?: unknown;
  readonly records: readonly {
    readonly record: { readonly recordId: string; readonly dataHash: string; readonly from?: string };
  }[];
  readonly changes: unknown;
}

/** The answer of the ledger that a trace is made from. */
export interface Provenance {
  readonly chains: readonly Chain[];
  readonly complete: boolean;
}

interface Hop {
  readonly record: unknown;
  readonly verdict: string;
  readonly data?: unknown;
  readonly hidden?: unknown;
  readonly disclosure?: unknown;
}

interface Traced {
  readonly thing: unknown;
  readonly hops: readonly Hop[];
  readonly changes: unknown;
}

/** A trace as the gateway answers it. */
export interface Trace extends Traced {
  readonly holder?: unknown;
  readonly pending?: unknown;
  readonly sources: readonly Traced[];
  readonly reachesOrigin: boolean;
  readonly complete: boolean;
}

/**
 * Holds a trace against the ledger’s answer and re-hashes the document of every hop. Fails, naming the hop, for a document
 * that was altered or has no place in it. Gives the hops without a document: why there is none is the gateway’s word.
 */
export function requireTrace(
  trace: Trace,
  { chains, complete }: Provenance,
): { readonly documents: number; readonly open: string[] } {
  const traced = [trace, ...trace.sources];
  if (traced.length !== chains.length)
    fail(`the trace has ${String(traced.length)} things, the ledger ${String(chains.length)}`);
  const open: string[] = [];
  let documents = 0;
  let [reaches, sound] = [complete, true];
  for (const [at, { thing, hops, changes }] of traced.entries()) {
    const chain = chains[at] ?? fail('the trace is longer than the ledger’s answer');
    const id = chain.thing.thing;
    if (!same(thing, chain.thing) || !same(changes, chain.changes))
      fail(`${id} is not as the ledger answers`);
    if (hops.length !== chain.records.length)
      fail(`${id} has ${String(hops.length)} hops, on the ledger ${String(chain.records.length)}`);
    for (const [place, hop] of hops.entries()) {
      const known = chain.records[place] ?? fail(`hop ${String(place)} of ${id} is none of the ledger’s`);
      const where = `hop ${String(place + 1)} of ${id} (record ${known.record.recordId})`;
      if (!same(hop.record, known)) fail(`${where} is not as the ledger answers`);
      if (hop.verdict !== 'ok') {
        if (hop.data !== undefined || hop.disclosure !== undefined)
          fail(`${where} has a document, but the verdict ${hop.verdict}`);
        open.push(`${where}: the verdict ${hop.verdict}`);
        sound = false;
        continue;
      }
      const copy = verifyDisclosure(hop.disclosure, known.record.dataHash);
      if (!copy.ok || !same(copy.document, hop.data) || copy.hidden !== hop.hidden)
        fail(`${where}: the document is not the one that was announced`);
      documents += 1;
    }
    const last = chain.records.at(-1)?.record;
    reaches &&= chain.thing.made !== undefined || (last !== undefined && last.from === undefined);
  }
  const [own] = chains;
  if (!same(trace.holder, own?.holder) || !same(trace.pending, own?.pending))
    fail('the holder, or what is pending, is not as the ledger answers');
  if (trace.complete !== (reaches && sound) || trace.reachesOrigin !== reaches)
    fail(`the trace says complete: ${String(trace.complete)}, its hops say otherwise`);
  return { documents, open };
}

function same(one: unknown, other: unknown): boolean {
  return canonicalJson({ one }) === canonicalJson({ one: other });
}
