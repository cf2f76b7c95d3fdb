// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ThingChange } from '@thingledger/protocol';
import { z } from 'zod';

const Hop = z.strictObject({
  thing: z.int().describe('Index into things'),
  from: z.string().optional(),
  to: z.string(),
  hoursAgo: z.number(),
  place: z.object({ latitude: z.number(), longitude: z.number(), gln: z.string().optional() }),
  says: z.string(),
  document: z.record(z.string(), z.unknown()),
});

const Change = z.strictObject({
  by: z.string(),
  hoursAgo: z.number(),
  says: z.string(),
  change: ThingChange,
});

const Event = z.strictObject({
  by: z.string(),
  hoursAgo: z.number(),
  says: z.string(),
  event: z.looseObject({}).describe('A bare EPCIS event without its time'),
});

/** A story as a data file tells it: things, who hands them to whom with the documents behind each hop, what becomes of them. */
export const Story = z.strictObject({
  title: z.string(),
  requirement: z.string(),
  intro: z.string(),
  things: z.array(
    z.strictObject({
      thing: z.string(),
      kind: z.enum(['product', 'batch', 'container', 'material']),
      quantity: z.strictObject({ value: z.string(), unit: z.string() }),
      registrant: z.string().optional().describe('Left out for what a change makes'),
      name: z.string(),
    }),
  ),
  locations: z
    .array(
      z.strictObject({
        location: z.string(),
        account: z.string(),
        coordinates: z.strictObject({ latitude: z.number(), longitude: z.number() }).optional(),
      }),
    )
    .default([])
    .describe('Parties and locations that its events name'),
  steps: z.array(z.union([Hop, Change, Event])),
  trace: z.int(),
  tracer: z.string(),
  scannedAt: z.string().optional().describe('The member at whose gateway a consumer scans the code'),
  alter: z.strictObject({
    hop: z.int().describe('Index among the hops'),
    member: z.string(),
    why: z.string(),
  }),
  recall: z
    .strictObject({ thing: z.int(), by: z.string(), why: z.string() })
    .optional()
    .describe('Who asks for everything that was made of a thing'),
});
export type Story = z.infer<typeof Story>;
export type StoryHop = z.infer<typeof Hop>;
export type StoryEvent = z.infer<typeof Event>;

/** The stories that the demo tells. */
export const storyNames = ['farm', 'bike'] as const;

/**
 * Loads a story; `run` makes its identifiers its own, so that it can be told again on the same network.
 *
 * @param run letters and digits
 */
export function loadStory(name: (typeof storyNames)[number], run: string): Story {
  const text = readFileSync(join(storyFolder, `${name}.json`), 'utf8');
  // The serial of an SSCC has digits only.
  const digits = String(parseInt(run, 36) % 1e9).padStart(9, '0');
  return Story.parse(JSON.parse(text.replaceAll('{run}', run).replaceAll('{digits}', digits)));
}

/** The data files lie beside the sources, also when the compiled form runs. */
const storyFolder = import.meta.dirname.endsWith(join('dist', 'stories'))
  ? join(import.meta.dirname, '..', '..', 'stories')
  : import.meta.dirname;
