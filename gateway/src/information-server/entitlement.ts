// SPDX-License-Identifier: Apache-2.0
import {
  AccessRelation,
  memberOf,
  Refusal,
  type AccessMatrix,
  type AccessRow,
  type CustodyChain,
  type Fields,
  type Participant,
} from '@thingledger/protocol';
import type { ObjectFacts } from '../vault/index.js';

/** Who looks at a document: a participant, or the public, who need no account. */
export type Viewer = Participant | 'public';

/** A document as rights to it go by. */
export interface Subject extends ObjectFacts {
  /** The document's own member of this name. */
  readonly documentType?: string;
}

/** What a trace of a thing leads to: the thing, all that it was made of, its parts, and the data of their hops. */
export interface Reach {
  readonly things: ReadonlySet<string>;
  /** By `hopOf`. */
  readonly hops: ReadonlySet<string>;
}

/** A document by its hash and the thing that it is about. */
export function hopOf(thing: string, hash: string): string {
  return `${hash} ${thing}`;
}

/** What the ledger is asked; nothing that nearer facts decide. */
export interface Past {
  /** The access matrix in force; kept for a moment. */
  access(): Promise<AccessMatrix>;
  /** The custody chain of a thing; undefined when there is no such thing. */
  custody(thing: string): Promise<CustodyChain | undefined>;
  /** Whether a record of a thing with this data was accepted. */
  accepted(thing: string, hash: string): Promise<boolean>;
  /** What a trace of a thing leads to; kept for a moment. */
  reach(thing: string): Promise<Reach>;
}

/**
 * Whether a participant gave or took the thing, or what it lay in, in any record of its chain, or would in the pending
 * one; or holds it or changed it.
 */
function isParty({ pending, records, holder, changes }: CustodyChain, participant: string): boolean {
  if (holder === participant || changes.some(({ by }) => by === participant)) return true;
  const all = pending ? [pending, ...records] : records;
  return all.some(({ record }) => record.from === participant || record.to === participant);
}

/**
 * The members of a document that somebody may see: the union of the rows of the access matrix that fit (requirement T7).
 * Rows for the public fit everybody, and open only what stands behind an accepted record.
 *
 * @param through the thing whose trace led to the document: who is party of it is downstream (requirement T6)
 */
export async function fieldsFor(
  viewer: Viewer,
  subject: Subject,
  through: string | undefined,
  past: Past,
): Promise<Fields> {
  const { rows } = await past.access();
  const ofKind = rows.filter(
    ({ documentType = subject.documentType }) => documentType === subject.documentType,
  );
  const granted = new Set<string>();
  /** Whether all is granted by now. */
  const grant = (grants: readonly AccessRow[]): boolean =>
    grants.some(({ fields }) => {
      if (fields === 'all') return true;
      for (const field of fields) granted.add(field);
      return false;
    });
  // In this order, what costs no question comes first, and often decides.
  for (const relation of AccessRelation.options) {
    if (viewer === 'public') break;
    const fitting = ofKind.filter((row) => row.relation === relation && isFor(row, viewer));
    if (fitting.length === 0 || !(await stands(relation, viewer, subject, through, past))) continue;
    if (grant(fitting)) return 'all';
  }
  const open = ofKind.filter(({ who }) => who === 'public');
  if (open.length > 0 && (await past.accepted(subject.thing, subject.hash)) && grant(open)) return 'all';
  return [...granted];
}

/**
 * Whether the access matrix shows the verifiers of a member all of every document. Then a copy that hides something is
 * none: its owner could show others something else for the same hash.
 */
export function verifiersSeeAll({ rows }: AccessMatrix, verifiers: string): boolean {
  return rows.some(
    ({ who, member = verifiers, relation, documentType, fields }) =>
      (who === 'verifier' || who === 'participant') &&
      member === verifiers &&
      relation === 'any' &&
      documentType === undefined &&
      fields === 'all',
  );
}

/** The refusal of who may see nothing of a document. */
export function notEntitled({ hash }: Pick<ObjectFacts, 'hash'>): Refusal {
  return new Refusal('TL-DATA-NOT-ENTITLED', { hash });
}

function isFor({ who, member }: AccessRow, viewer: Participant): boolean {
  if (member !== undefined && member !== viewer.member) return false;
  return who === 'participant' || (who !== 'public' && viewer.roles.includes(who));
}

async function stands(
  relation: AccessRelation,
  { participant, member }: Participant,
  subject: Subject,
  through: string | undefined,
  past: Past,
): Promise<boolean> {
  switch (relation) {
    case 'any':
      return true;
    case 'owner':
      return participant === subject.owner;
    case 'owner-member':
      return member === memberOf(subject.owner);
    case 'party': {
      const chain = await past.custody(subject.thing);
      return chain !== undefined && isParty(chain, participant);
    }
    case 'downstream':
      return through !== undefined && isDownstream(through, participant, subject, past);
  }
}

async function isDownstream(
  through: string,
  participant: string,
  { thing, hash }: Subject,
  past: Past,
): Promise<boolean> {
  const chain = await past.custody(through);
  if (!chain || !isParty(chain, participant)) return false;
  const { things, hops } = await past.reach(through);
  return things.has(thing) || hops.has(hopOf(thing, hash));
}
