// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** A story as a data file tells it: things, and who hands them to whom, with the documents behind each hop. */
export const Story = z.strictObject({
  title: z.string(),
  requirement: z.string(),
  intro: z.string(),
  things: z.array(
    z.strictObject({
      thing: z.string(),
      kind: z.enum(['product', 'batch', 'container', 'material']),
      quantity: z.strictObject({ value: z.string(), unit: z.string() }),
      registrant: z.string(),
      name: z.string(),
    }),
  ),
  hops: z.array(Hop),
  trace: z.int(),
  tracer: z.string(),
  alter: z.strictObject({ hop: z.int(), member: z.string(), why: z.string() }),
});
export type Story = z.infer<typeof Story>;

/** The stories that the demo tells. */
export const storyNames = ['farm', 'bike'] as const;

/** Loads a story; `run` makes its identifiers its own, so that it can be told again on the same network. */
export function loadStory(name: (typeof storyNames)[number], run: string): Story {
  const text = readFileSync(join(storyFolder, `${name}.json`), 'utf8');
  return Story.parse(JSON.parse(text.replaceAll('{run}', run)));
}

/** The data files lie beside the sources, also when the compiled form runs. */
const storyFolder = import.meta.dirname.endsWith(join('dist', 'stories'))
  ? join(import.meta.dirname, '..', '..', 'stories')
  : import.meta.dirname;
