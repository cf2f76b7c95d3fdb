// SPDX-License-Identifier: Apache-2.0
import { parseDigitalLink, type Problem, type Verdict } from '@thingledger/protocol';
import { dataOf, wordsOf } from './data.js';
import { html, pageOf, type Html, type Page } from '../http/index.js';
import type { PublicThing, PublicTrace, Station } from './public-trace.js';

const STYLE = `
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:42rem;padding:1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin:0}
.verdict{border-radius:.5rem;padding:.75rem 1rem;font-weight:600}.verdict small{display:block;font-weight:400}
.intact{background:#e2f4e5}.altered{background:#fbe3e3}.unchecked{background:#fdf3d7}
ol{list-style:none;padding:0}ol>li{border-left:.25rem solid #9aa;padding:.25rem 0 .75rem 1rem;margin:0}
li.bad{border-color:#b3261e}.bad b{color:#b3261e}time,.note{color:#555;font-size:.9rem}
ul{padding-left:1.2rem;margin:.25rem 0}dl{margin:.25rem 0}dt{font-weight:600}dd{margin:0 0 .25rem 1rem}
code{word-break:break-all}
`;

const WORDS: Readonly<Record<PublicTrace['verdict'], string>> = {
  intact: 'Nothing was altered. It was traced back to its origin.',
  altered: 'Something was altered or is gone. See the marked stations.',
  unchecked: 'Not everything could be checked now.',
};

const STATION: Readonly<Record<Verdict, string>> = {
  ok: '✔ as it was announced',
  altered: '✘ altered since it was announced',
  missing: '✘ deleted or lost',
  unreachable: '… could not be reached now',
  'not-entitled': 'Nothing of this station is open to the public.',
};

/** Names of application identifiers (GS1 General Specifications). */
const KEYS: Readonly<Record<string, string>> = {
  '00': 'SSCC',
  '01': 'GTIN',
  '10': 'lot',
  '21': 'serial number',
  '8003': 'GRAI',
  '8004': 'GIAI',
};

/** What a thing is, in words: its kind and its GS1 keys. */
export function describeThing({ thing, kind }: Pick<PublicThing, 'thing' | 'kind'>): string {
  const keys = parseDigitalLink(thing)?.map(([ai, value]) => `${KEYS[ai] ?? `(${ai})`} ${value}`);
  return `${wordsOf(kind)}, ${keys?.join(', ') ?? thing}`;
}

/** The page that a scanned code leads to (requirement T9): readable on a phone, without script. */
export function renderTrace(trace: PublicTrace): Page {
  return pageOf(
    describeThing(trace),
    STYLE,
    html`<h1>${describeThing(trace)}</h1>
      <p class="verdict ${trace.verdict}">
        ${WORDS[trace.verdict]} <small>Checked ${moment(trace.checkedAt)}</small>
      </p>
      ${journeyOf(trace, 'Its journey')}
      ${trace.sources.map((source) => journeyOf(source, `Made of: ${describeThing(source)}`))}
      <p class="note">
        Every station was checked by regulators before it counted. The data lies with the companies; here it
        was fetched and compared with the fingerprint on the ledger.
      </p>`,
  );
}

/** The page of a refusal. */
export function renderProblem({ status, title, fix, code }: Problem): Page {
  return pageOf(
    title,
    STYLE,
    html`<h1>${title}</h1>
      <p>${fix}</p>
      <p class="note">${status} <code>${code}</code></p>`,
  );
}

function journeyOf({ stations, changes }: PublicThing, title: string): Html {
  const events = [
    ...stations.map((station) => ({ at: station.at, shown: stationOf(station) })),
    ...changes.map(({ at, type }) => ({
      at,
      shown: html`<li>
        <h3>${wordsOf(type)}</h3>
        <time datetime="${at}">${moment(at)}</time>
      </li>`,
    })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  return html`<h2>${title}</h2>
    <ol>
      ${events.map(({ shown }) => shown)}
    </ol>`;
}

function stationOf({ at, verdict, reason, from, to, data, hidden = 0, disclosure }: Station): Html {
  const when = html`<time datetime="${at}">${moment(at)}</time>`;
  if (verdict === 'not-entitled') return html`<li>${when}<br />${STATION[verdict]}</li>`;
  const type = data?.['documentType'];
  const bad = verdict === 'altered' || verdict === 'missing';
  return html`<li class="${bad ? 'bad' : 'good'}">
    ${to === undefined ? undefined : html`<h3>${wayOf(from, to)}</h3>`} ${when}
    <div>
      <b>${STATION[verdict]}</b> ${reason ? html`<span class="note">${reason.code}</span>` : undefined}
    </div>
    ${typeof type === 'string' ? html`<div>${wordsOf(type)}</div>` : undefined}
    ${data ? dataOf(data) : undefined}
    ${
      disclosure === undefined
        ? undefined
        : html`<div class="note">
            ${hidden === 0 ? 'All of it is shown.' : `${String(hidden)} more entries are not public.`}
            <a href="${disclosure}">Copy to check yourself</a>
          </div>`
    }
  </li>`;
}

function wayOf(from: string | undefined, to: string): string {
  if (from === undefined) return `Origin at ${to}`;
  return from === to ? `Within ${from}` : `From ${from} to ${to}`;
}

function moment(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
