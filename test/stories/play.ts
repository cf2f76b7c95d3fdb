// SPDX-License-Identifier: Apache-2.0
import pc from 'picocolors';
import { Consortium } from '../support/consortium.js';
import { loadStory, storyNames, type Story } from './story.js';
import { alterStored, tell } from './teller.js';
import { pageOf, renderScan, scan } from './scan.js';
import { renderRecall, renderTrace } from './tree.js';

/** Tells every story on the running consortium and shows its traces; the demo of `npm run demo`. */
export async function play(consortium: Consortium, say: (line: string) => void): Promise<void> {
  const run = Date.now().toString(36).toUpperCase();
  for (const name of storyNames) {
    const story = loadStory(name, run);
    say(`\n${pc.bold(pc.cyan(story.title))}  ${pc.dim(story.requirement)}\n${story.intro}\n`);
    const started = Date.now();
    const told = await tell(story, consortium, (line) => say(`  ${pc.green('•')} ${line}`));
    say(pc.dim(`  ${String(told.length)} hops in ${((Date.now() - started) / 1000).toFixed(1)} s\n`));
    const item = story.things[story.trace];
    const altered = told[story.alter.hop];
    if (!item || !altered) throw new RangeError(`the story ${name} traces or alters what it does not have`);
    const tracer = consortium.as(story.tracer);
    const before = await tracer.traceThing({ thing: item.thing });
    say(`${renderTrace(before, `${story.tracer} traces ${item.name}`)}\n`);
    if (!before.complete) throw new Error(`the trace of ${item.name} should be whole`);

    const shopper = story.scannedAt === undefined ? undefined : consortium.member(story.scannedAt).gateway;
    if (shopper !== undefined)
      say(
        `${pc.bold('A consumer scans the code')}, a page at ${pageOf(shopper, item.thing)}\n` +
          `${renderScan(await scan(shopper, item.thing))}\n`,
      );

    say(pc.magenta(`Now ${story.alter.why}: one byte changes on its information server.\n`));
    alterStored(consortium, story.alter.member, altered.dataHash);
    const noticed = Date.now();
    const after = await tracer.traceThing({ thing: item.thing });
    // What it was made of stands above.
    say(`${renderTrace({ ...after, sources: [] }, `${story.tracer} traces it again`)}\n`);
    const verdict = after.hops.find(({ record }) => record.record.recordId === altered.recordId)?.verdict;
    if (verdict !== 'altered')
      throw new Error(`the altered hop should say altered, it says ${String(verdict)}`);
    if (shopper !== undefined)
      say(
        `${pc.bold('The consumer scans it again')}\n${renderScan(await scan(shopper, item.thing, noticed))}\n`,
      );
    await recall(story, consortium, say);
  }
}

/** Everything that was made of a thing, with its present holders. */
async function recall(
  { recall, things }: Story,
  consortium: Consortium,
  say: (line: string) => void,
): Promise<void> {
  const item = recall && things[recall.thing];
  if (!item) return;
  say(pc.magenta(recall.why));
  const found = await consortium.as(recall.by).getLineage({ thing: item.thing, direction: 'forward' });
  say(`${renderRecall(found, `${recall.by} recalls ${item.name}`)}\n`);
}

if (process.argv[1] === import.meta.filename) {
  try {
    await play(Consortium.open(), (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`The demo stopped: ${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write('See that a network runs (npm start, or npm run up) and try again.\n');
    process.exitCode = 1;
  }
}
