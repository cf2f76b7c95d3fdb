// SPDX-License-Identifier: Apache-2.0
import { PRIMARY_KEYS, Refusal } from '@thingledger/protocol';

const VOCABULARY = 'https://ref.gs1.org/voc/';

/** The links that a thing has here: by GS1 link type, what they lead to. */
const LINKS = {
  defaultLink: { type: 'text/html', title: 'What everybody may know of it' },
  pip: { type: 'text/html', title: 'What everybody may know of it' },
  traceability: { type: 'application/json', title: 'The public trace, with a verdict at each station' },
} as const;

type LinkType = keyof typeof LINKS;

/** The values of `linkType` that GS1 scanners send. */
export const LINK_TYPES = ['all', 'linkset', ...Object.keys(LINKS).map((name) => `gs1:${name}`)];

/** What a request wants of a thing. */
export type Wanted = 'page' | 'trace' | 'linkset';

/**
 * The form that a `linkType` asks for, a name or URI of the GS1 Web Vocabulary; undefined when none is asked for.
 * Refuses with `TL-LINK-TYPE-UNKNOWN`.
 */
export function wantedByLinkType(linkType: string | null): Wanted | undefined {
  if (linkType === null) return undefined;
  if (linkType === 'all' || linkType === 'linkset') return 'linkset';
  const name = linkType.replace(/^gs1:/, '').replace(VOCABULARY, '').replace('https://gs1.org/voc/', '');
  if (!Object.hasOwn(LINKS, name)) throw new Refusal('TL-LINK-TYPE-UNKNOWN', { known: Object.keys(LINKS) });
  return name === 'traceability' ? 'trace' : 'page';
}

/**
 * The links of a thing as a link set (RFC 9264, section 4.2), with the link types of the GS1-Conformant Resolver
 * Standard.
 *
 * @param thing its canonical Digital Link, the anchor
 * @param here the address it was asked for at, without query
 */
export function linksetOf(thing: string, description: string, here: string): unknown {
  const links = Object.entries(LINKS).map(([name, { type, title }]) => [
    `${VOCABULARY}${name}`,
    [{ href: hrefOf(here, name as LinkType), type, title, hreflang: ['en'] }],
  ]);
  return {
    linkset: [{ anchor: thing, description, ...(Object.fromEntries(links) as Record<string, unknown>) }],
  };
}

function hrefOf(here: string, name: LinkType): string {
  return name === 'defaultLink' ? here : `${here}?linkType=gs1:${name}`;
}

/** The resolver's description of itself, at `/.well-known/gs1resolver`. */
export function descriptionOf(member: string, root: string): unknown {
  return {
    name: `ThingLedger, member ${member}`,
    resolverRoot: root,
    supportedPrimaryKeys: PRIMARY_KEYS,
    supportedLinkType: [{ namespace: VOCABULARY, prefix: 'gs1:' }],
    linkTypeDefaultCanBeLinkset: false,
  };
}
