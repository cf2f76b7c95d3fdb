// SPDX-License-Identifier: Apache-2.0
import pc from 'picocolors';
import type { Trace } from './teller.js';

const verdictColour = {
  ok: pc.green,
  altered: pc.red,
  missing: pc.red,
  unreachable: pc.yellow,
  'not-entitled': pc.yellow,
} as const;

/** A trace as a tree for the terminal: newest hop first, the origin last, a verdict at each. */
export function renderTrace(trace: Trace, name: string): string {
  const lines = [pc.bold(name), pc.dim(trace.thing.thing)];
  trace.hops.forEach(({ record, verdict, reason, data }, index) => {
    const last = index === trace.hops.length - 1;
    const { from, to, eventTime, place } = record.record;
    const accepted = record.votes
      .filter(({ decision }) => decision === 'accept')
      .map(({ verifier }) => verifier);
    const colour = verdictColour[verdict];
    const mark = verdict === 'ok' ? '✔' : '✘';
    lines.push(
      `${last ? '└─' : '├─'} ${colour(`${mark} ${verdict.padEnd(9)}`)} ${from ?? '(origin)'} → ${pc.bold(to)}`,
    );
    const detail = (text: string): void => void lines.push(`${last ? '  ' : '│ '}              ${text}`);
    detail(
      `${eventTime.slice(0, 16).replace('T', ' ')} UTC at ${String(place.latitude)}, ${String(place.longitude)}`,
    );
    detail(pc.dim(`verified by ${accepted.join(', ')}`));
    const documentType = data?.['documentType'];
    if (typeof documentType === 'string')
      detail(pc.dim(`data: ${documentType}, ${record.record.dataHash.slice(0, 12)}…`));
    if (reason) detail(colour(`${reason.code}: ${reason.detail}`));
  });
  lines.push(
    trace.complete
      ? pc.green('Traced to its origin; nothing was altered.')
      : pc.red('The chain is not whole: see the marked hops.'),
  );
  return lines.join('\n');
}
