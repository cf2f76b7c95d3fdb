// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublicTrace } from '@thingledger/gateway';
import { normaliseIdentifier } from '@thingledger/protocol';
import pc from 'picocolors';

type Station = PublicTrace['stations'][number];

const ATTEMPTS = 50;

/** Where the code of a thing leads: the page at a gateway that everybody sees. */
export const pageOf = (gateway: string, thing: string): string =>
  `${gateway}${new URL(normaliseIdentifier(thing)).pathname}`;

/**
 * Scans a code as a phone does, without account, at the gateway of a member.
 *
 * @param since earlier looks are not taken for an answer: a gateway shares one among scans for a moment
 */
export async function scan(gateway: string, thing: string, since = 0): Promise<PublicTrace> {
  const url = pageOf(gateway, thing);
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(`the scan was answered with ${String(answer.status)}`);
    const trace = (await answer.json()) as PublicTrace;
    if (Date.parse(trace.checkedAt) >= since) return trace;
    if (attempt === ATTEMPTS) throw new Error('the gateway does not look again');
    await sleep(200);
  }
}

const VERDICTS: Readonly<Record<PublicTrace['verdict'], string>> = {
  intact: pc.green('Nothing was altered.'),
  altered: pc.red('Something was altered: see the marked station.'),
  unchecked: pc.yellow('Not everything could be checked.'),
};

/** What a scan shows, for the terminal: stations in time, each with what is open of its data; then those of its sources. */
export function renderScan({ sources, verdict, ...own }: PublicTrace): string {
  const lines = [own, ...sources].flatMap(({ thing, stations }, place) => [
    pc.dim(place === 0 ? thing : `made of ${thing}`),
    ...stations.flatMap(stationLines),
  ]);
  return [...lines, VERDICTS[verdict]].join('\n');
}

function stationLines({ at, from, to = '', verdict, data, hidden = 0 }: Station): string[] {
  const what = typeof data?.['documentType'] === 'string' ? data['documentType'] : 'nothing open';
  const members = from === undefined ? to : `${from} → ${to}`;
  const open = Object.entries(data ?? {}).filter(([name]) => name !== 'documentType');
  return [
    `${verdict === 'ok' ? pc.green('✔') : pc.red('✘')} ${at.slice(0, 10)}  ${pc.bold(members)}  ${what}`,
    ...open.flatMap(([name, value]) => [value].flat().map((one) => pc.dim(`    ${name}: ${inWords(one)}`))),
    ...(hidden > 0 ? [pc.dim(`    ${String(hidden)} more entries are not public`)] : []),
  ];
}

function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${inWords(inner)}`)
    .join(', ');
}
