// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { defineCollection } from '../collections';
import { Identifier } from '../identifiers/identifier';
import { canonicalJson } from '../canonical';
import type { RefusalCode } from '../catalogue';
import { defineOperation, operationId, type DataFlow, type Touches } from '../operation';
import { Quantity } from '../quantity';
import { RecordId, statementOf } from '../statement';
import { EntryId, Instant, ParticipantId, Place, ServerAddress, Sha256, Signature } from '../values';
import { DecidedRecord, Thing, ThingKind, things, trails } from './traceability';

/** The most things that one change names on one side. */
const MOST = 1000;

const Made = z.strictObject({ thing: Identifier, kind: ThingKind, quantity: Quantity });
/** A thing that a change makes. */
export type Made = z.infer<typeof Made>;

const many = (least: number): z.ZodArray<typeof Identifier> => z.array(Identifier).min(least).max(MOST);

/** What happens to the identifiers of things (requirement T5). */
export const ThingChange = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('relabel'),
      from: Identifier.describe('Ends'),
      to: Identifier.describe('The same thing from now on'),
    }),
    z.strictObject({ type: z.literal('split'), from: Identifier, into: z.array(Made).min(2).max(MOST) }),
    z.strictObject({ type: z.literal('merge'), from: many(2), into: Made }),
    z.strictObject({ type: z.literal('transform'), from: many(1), into: z.array(Made).min(1).max(MOST) }),
    z.strictObject({
      type: z.literal('pack'),
      parent: Identifier.describe('A container; made if there is none of this identifier'),
      children: many(1),
    }),
    z.strictObject({ type: z.literal('unpack'), parent: Identifier, children: many(1) }),
    z.strictObject({
      type: z.literal('associate'),
      parent: Identifier.describe('What the children are built into or fixed to'),
      children: many(1),
    }),
    z.strictObject({ type: z.literal('dissociate'), parent: Identifier, children: many(1) }),
  ])
  .meta({
    id: 'ThingChange',
    description:
      'relabel, split, merge, transform: what stands under `from` ends, what stands under `into` begins. pack, unpack: aggregation in containers (EPCIS AggregationEvent); associate, dissociate: parts and fixtures (AssociationEvent)',
  });
export type ThingChange = z.infer<typeof ThingChange>;

/** What a holder says of one change of identifiers, and signs with the others of its list. */
export const ChangeReport = z.strictObject({
  change: ThingChange,
  eventTime: Instant,
  place: Place.optional(),
  informationServer: ServerAddress.optional().describe('Where data about the change is served'),
  dataHash: Sha256.optional().describe('Hash of that data'),
  reportId: EntryId.optional().describe('Tells apart reports that say the same'),
});
export type ChangeReport = z.infer<typeof ChangeReport>;

/** The text that a holder signs, who keeps its own key and reports over REST. */
export function changeToSign(report: ChangeReport): string {
  return statementOf(operationId(reportChange), [canonicalJson(report)]);
}

/** A change on the ledger. It holds from the moment it is committed: all that it may not do, the ledger refuses. */
export const ChangeRecord = ChangeReport.extend({
  recordId: RecordId,
  by: ParticipantId,
  at: Instant,
  txId: z.string(),
  signature: Signature.describe('ES256 of the holder over the text of the statement'),
}).meta({ id: 'ChangeRecord' });
export type ChangeRecord = z.infer<typeof ChangeRecord>;

/** A change as it stands in the chain of one thing; all of it is read by its record's id. */
export const ChangeStep = ChangeReport.pick({
  eventTime: true,
  place: true,
  informationServer: true,
  dataHash: true,
})
  .extend({
    recordId: RecordId,
    type: z.enum(['relabel', 'split', 'merge', 'transform', 'pack', 'unpack', 'associate', 'dissociate']),
    parent: Identifier.optional().describe('Of packing and its like'),
    by: ParticipantId,
    at: Instant,
  })
  .meta({ id: 'ChangeStep' });
export type ChangeStep = z.infer<typeof ChangeStep>;

/** How a change touches each thing that it names. */
export interface Effects {
  readonly ended: readonly string[];
  /** Of a re-labelled thing kind and quantity are those of the old one. */
  readonly made: readonly (Made | Pick<Made, 'thing'>)[];
  readonly link?: {
    readonly parent: string;
    readonly children: readonly string[];
    readonly joined: boolean;
    readonly relation: Relation;
  };
}

/** How a thing belongs to its parent: lying in a container, or built into it. */
export type Relation = 'aggregation' | 'association';

const LINKS: Readonly<Record<'pack' | 'unpack' | 'associate' | 'dissociate', [joined: boolean, Relation]>> = {
  pack: [true, 'aggregation'],
  unpack: [false, 'aggregation'],
  associate: [true, 'association'],
  dissociate: [false, 'association'],
};

/** What a change does to each thing that it names. */
export function effectsOf(change: ThingChange): Effects {
  switch (change.type) {
    case 'relabel':
      return { ended: [change.from], made: [{ thing: change.to }] };
    case 'split':
      return { ended: [change.from], made: change.into };
    case 'merge':
      return { ended: change.from, made: [change.into] };
    case 'transform':
      return { ended: change.from, made: change.into };
    default: {
      const [joined, relation] = LINKS[change.type];
      const { parent, children } = change;
      return { ended: [], made: [], link: { parent, children, joined, relation } };
    }
  }
}

/** On which side of a change a thing stands, with what is said of it there. */
export function changeSides(
  change: ThingChange,
): ({ readonly side: 'from' | 'into' | 'parent' | 'child' } & (Made | Pick<Made, 'thing'>))[] {
  const { ended, made, link } = effectsOf(change);
  return [
    ...ended.map((thing) => ({ side: 'from', thing }) as const),
    ...made.map((one) => ({ side: 'into', ...one }) as const),
    ...(link ? [{ side: 'parent', thing: link.parent } as const] : []),
    ...(link?.children ?? []).map((thing) => ({ side: 'child', thing }) as const),
  ];
}

/** Every thing that a change names: those that end, those that begin, the parent, its children. */
export function thingsIn(change: ThingChange): string[] {
  return changeSides(change).map(({ thing }) => thing);
}

/** The direct contents and parts of a thing, by its identifier, in the order in which they came. */
export const contents = defineCollection('contents', z.array(Identifier));

/** The keys that a change touches. */
export function touchedBy(change: ThingChange): Touches {
  const named = thingsIn(change);
  const { link } = effectsOf(change);
  const written = [...named.map((id) => things.key(id)), ...(link ? [contents.key(link.parent)] : [])];
  return { reads: [...written, ...named.map((id) => trails.key(id))], writes: written };
}

const flow = (activity: string, dataType: string): DataFlow => ({
  useCase: 'Traceability',
  activity,
  scope: 'between',
  stakeholder: 'Accounting member',
  category: 'Change of identifiers',
  flow: 'D',
  dataType,
  deviceType: 'Enterprise system',
});

/** What a change of identifiers is refused with. */
export const CHANGE_REFUSALS = [
  'TL-ID-CHECK-DIGIT',
  'TL-ID-MALFORMED',
  'TL-THING-UNKNOWN',
  'TL-THING-EXISTS',
  'TL-THING-ENDED',
  'TL-THING-NAMED-TWICE',
  'TL-CUSTODY-NOT-HOLDER',
  'TL-CUSTODY-PENDING',
  'TL-CUSTODY-NO-ORIGIN',
  'TL-QUANTITY-NOT-CONSERVED',
  'TL-CONTAINED',
  'TL-NOT-CONTAINED',
  'TL-CONTAINER-NOT-EMPTY',
  'TL-CONTAINER-KIND',
  'TL-CONTAINER-NO-MATERIAL',
  'TL-CONTAINER-FULL',
  'TL-CONTAINMENT-CYCLE',
  'TL-CONTAINMENT-TOO-DEEP',
  'TL-EVENT-IN-FUTURE',
  'TL-EVENT-OUT-OF-ORDER',
] as const satisfies readonly RefusalCode[];

export const reportChange = defineOperation({
  contract: 'traceability',
  mode: 'submit',
  name: 'reportChange',
  summary: 'Re-label, split, merge, transform, pack, unpack, associate or dissociate things',
  requirements: ['T5'],
  callers: ['accounting'],
  input: ChangeReport.extend({
    signature: Signature.optional().describe(
      'ES256 over the statement of this one report, by accounts that keep their own key; the gateway signs for the others',
    ),
  }),
  item: ChangeReport,
  output: z.strictObject({ recordId: RecordId, txId: z.string() }),
  refusals: [
    ...CHANGE_REFUSALS,
    'TL-SIGNATURE-INVALID',
    'TL-STATEMENT-EXISTS',
    'TL-SERVER-UNKNOWN',
    'TL-SERVER-FOREIGN',
  ],
  rest: { method: 'post', path: '/changes', success: 201 },
  dataFlow: flow('Report a change of identifiers', 'Identifiers, kinds, quantities, time, place, signature'),
  touches: ({ change }) => touchedBy(change),
});

const evaluate = { contract: 'traceability', mode: 'evaluate', callers: 'participant' } as const;

export const getChange = defineOperation({
  ...evaluate,
  name: 'getChange',
  summary: 'A change of identifiers as it was reported',
  requirements: ['T5'],
  input: z.strictObject({ recordId: RecordId }),
  output: ChangeRecord,
  refusals: ['TL-RECORD-UNKNOWN'],
  rest: { method: 'get', path: '/changes/{recordId}' },
  dataFlow: flow('Read a change of identifiers', 'Identifiers, quantities, time, account'),
});

/** A thing in a containment tree. */
export const Contained = z
  .strictObject({
    ...Thing.shape,
    depth: z.int().describe('1 for what lies directly in the thing that was asked for'),
  })
  .meta({ id: 'Contained' });
export type Contained = z.infer<typeof Contained>;

export const getContents = defineOperation({
  ...evaluate,
  name: 'getContents',
  summary: 'What lies in a container or is built into a thing, at every depth, and what it lies in itself',
  requirements: ['T5'],
  input: z.strictObject({ thing: Identifier }),
  output: z.strictObject({
    thing: Thing,
    within: z.array(Identifier).describe('The containers around it, innermost first'),
    contents: z.array(Contained).describe('Each thing before what lies in it'),
    complete: z.boolean().describe('False when there was more than one answer holds'),
  }),
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/things/{thing}/contents' },
  dataFlow: flow('Look into a container', 'Identifiers, kinds, quantities'),
});

/** How a thing came to its present holder, or to the one it had when it ended. */
export const CustodyChain = z
  .strictObject({
    thing: Thing,
    holder: ParticipantId.optional(),
    pending: DecidedRecord.optional(),
    records: z
      .array(DecidedRecord)
      .describe(
        'Accepted ones, newest first, with those of what it lay in meanwhile; the last of a registered thing is the origin',
      ),
    changes: z.array(ChangeStep).describe('The changes that named it, newest first'),
    complete: z
      .boolean()
      .describe('False when there was more than one answer holds; ask for an earlier time to see the rest'),
  })
  .meta({ id: 'CustodyChain' });
export type CustodyChain = z.infer<typeof CustodyChain>;

const pastOf = z.strictObject({
  thing: Identifier,
  at: Instant.optional().describe('As things stood at this time; now when left out'),
});

/** Where a walk from a thing begins. */
const beginsAt = ({ thing }: { readonly thing: string }): Touches => ({
  reads: [things.key(thing), trails.key(thing)],
  writes: [],
});

export const getCustodyChain = defineOperation({
  ...evaluate,
  name: 'getCustodyChain',
  summary:
    'How a thing came to its present holder: accepted records and changes, back to its origin or making',
  requirements: ['T5', 'T6'],
  input: pastOf,
  output: CustodyChain,
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/things/{thing}/custody' },
  touches: beginsAt,
  dataFlow: flow('Walk the custody chain', 'Mapping records with votes, changes of identifiers'),
});

export const getProvenance = defineOperation({
  ...evaluate,
  name: 'getProvenance',
  summary: 'The custody chains of a thing and of all that it was made of',
  requirements: ['T5', 'T6'],
  input: pastOf,
  output: z.strictObject({
    chains: z.array(CustodyChain).describe('That of the thing itself, then nearest first'),
    complete: z.boolean().describe('False when there was more than one answer holds'),
  }),
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/things/{thing}/provenance' },
  touches: beginsAt,
  dataFlow: flow('Walk back to all origins', 'Mapping records with votes, changes of identifiers'),
});

export const getLineage = defineOperation({
  ...evaluate,
  name: 'getLineage',
  summary: 'What a thing was made of, or everything that was made of it with its present holders (recall)',
  requirements: ['T5', 'T6', 'T10'],
  input: z.strictObject({
    thing: Identifier,
    direction: z
      .enum(['back', 'forward'])
      .default('back')
      .describe('back: sources and parts; forward: what was made of it and what it is a part of'),
  }),
  output: z.strictObject({
    things: z
      .array(
        z.strictObject({
          thing: Thing,
          holder: ParticipantId.optional().describe('Absent for what has ended'),
          steps: z.int().describe('0 for the thing that was asked for'),
        }),
      )
      .describe('Nearest first'),
    complete: z.boolean().describe('False when there was more than one answer holds'),
  }),
  refusals: ['TL-THING-UNKNOWN', 'TL-ID-CHECK-DIGIT', 'TL-ID-MALFORMED'],
  rest: { method: 'get', path: '/things/{thing}/lineage' },
  touches: beginsAt,
  dataFlow: flow('Walk the lineage of a thing', 'Identifiers, holders'),
});
