// SPDX-License-Identifier: Apache-2.0
import pc from 'picocolors';
import type { Lineage, Trace } from './teller.js';

const verdictColour = {
  ok: pc.green,
  altered: pc.red,
  missing: pc.red,
  unreachable: pc.yellow,
  'not-entitled': pc.yellow,
} as const;

/** A trace as a tree for the terminal: newest first, the origin last, a verdict at each hop; then its sources likewise. */
export function renderTrace(trace: Trace, name: string): string {
  const lines = [pc.bold(name), pc.dim(trace.thing.thing), ...branches(trace)];
  const shown = new Set(trace.hops.map(({ record }) => record.record.recordId));
  for (const { thing, hops, changes } of trace.sources) {
    lines.push(pc.bold(`${thing.parent ? 'a part of it' : 'made of'}:`), pc.dim(thing.thing));
    // What a part went through together with the whole stands there already.
    lines.push(
      ...branches({ hops: hops.filter(({ record }) => !shown.has(record.record.recordId)), changes }),
    );
  }
  lines.push(
    trace.complete
      ? pc.green('Traced to its origin; nothing was altered.')
      : pc.red('The chain is not whole: see the marked hops.'),
  );
  return lines.join('\n');
}

/** What a recall finds, nearest first, each with its steps from the batch: what there still is with its holder, the rest faint. */
export function renderRecall({ things }: Lineage, name: string): string {
  const lines = things.map(({ thing, holder, steps }) => {
    const far = steps === 0 ? 'recalled' : steps === 1 ? '1 step' : `${String(steps)} steps`;
    const line = `${far.padEnd(8)}  ${thing.kind} ${thing.thing}`;
    return holder === undefined ? pc.dim(line) : `${line}  ${pc.bold(holder)}`;
  });
  return [pc.bold(name), ...lines].join('\n');
}

/** The hops and changes of one thing, newest first. */
function branches({ hops, changes }: Pick<Trace, 'hops' | 'changes'>): string[] {
  const nodes = [
    ...hops.map((hop) => ({ at: hop.record.record.eventTime, lines: hopLines(hop) })),
    ...changes.map((change) => ({ at: change.eventTime, lines: changeLines(change) })),
  ].sort((a, b) => (a.at < b.at ? 1 : -1));
  return nodes.flatMap(({ lines: [head = '', ...details] }, index) => {
    const last = index === nodes.length - 1;
    return [
      `${last ? '└─' : '├─'} ${head}`,
      ...details.map((text) => `${last ? '  ' : '│ '}              ${text}`),
    ];
  });
}

function hopLines({ record, verdict, reason, data }: Trace['hops'][number]): string[] {
  const { from, to, eventTime, place, dataHash } = record.record;
  const accepted = record.votes
    .filter(({ decision }) => decision === 'accept')
    .map(({ verifier }) => verifier);
  const colour = verdictColour[verdict];
  const documentType = data?.['documentType'];
  return [
    `${colour(`${verdict === 'ok' ? '✔' : '✘'} ${verdict.padEnd(9)}`)} ${from ?? '(origin)'} → ${pc.bold(to)}`,
    `${minute(eventTime)} at ${String(place.latitude)}, ${String(place.longitude)}`,
    pc.dim(`verified by ${accepted.join(', ')}`),
    ...(typeof documentType === 'string' ? [pc.dim(`data: ${documentType}, ${dataHash.slice(0, 12)}…`)] : []),
    ...(reason ? [colour(`${reason.code}: ${reason.detail}`)] : []),
  ];
}

function changeLines({ type, by, eventTime }: Trace['changes'][number]): string[] {
  return [`${pc.cyan(`◆ ${type.padEnd(9)}`)} ${by}`, minute(eventTime)];
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
