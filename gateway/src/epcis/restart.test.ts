// SPDX-License-Identifier: Apache-2.0
import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '@thingledger/protocol';
import fc from 'fast-check';
import { bareEventOf, documentOf, eventOf } from './testing/events.js';
import { finishedJob, listed, nextOf, openMember } from './testing/member.js';
import { ScriptedWriter } from './testing/scripted-writer.js';
import { eventually } from './testing/subscriber.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('a gateway killed while it captures (T8)', () => {
  it('loses no accepted event and brings none twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom('told', 'not told', 'refused at first'),
        async (sizes, killAfterMs, telling) => {
          const writer = new ScriptedWriter();
          writer.script.takesMs = 10;
          if (telling === 'not told') writer.script.onCommit = never;
          if (telling === 'refused at first')
            writer.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE');
          const first = await openMember(writer);
          const accepted: { location: string | null; numbers: number[] }[] = [];
          let killed = false;
          const sending = sizes.map(async (size, at) => {
            const numbers = Array.from({ length: size }, (_, n) => at * 100 + n);
            const reply = await first.send('POST', '/capture', documentOf(numbers.map((n) => eventOf(n))));
            if (!killed) accepted.push({ location: reply.headers.get('Location'), numbers });
          });
          await sleep(killAfterMs);
          killed = true;
          // What is on disk at this moment is all that a killed process leaves.
          const dir = await mkdtemp(join(tmpdir(), 'thingledger-killed-'));
          cpSync(first.dir, dir, { recursive: true, filter: (file) => !/LOCK$|\.draft$/.test(file) });
          delete writer.script.onCommit;
          delete writer.script.refuse;

          const second = await openMember(writer, { dir });
          for (const { location, numbers } of accepted) {
            const job = await finishedJob(second, location);
            expect(job).toMatchObject({ success: true, running: false });
            expect(job.captured).toHaveLength(numbers.length);
          }
          const asked = await second.send('GET', '/events?perPage=1000&orderBy=eventTime&orderDirection=ASC');
          const known = new Set(listed(asked).map(({ eventID }) => eventID));
          expect(known.size).toBe(listed(asked).length);
          const wanted = accepted.reduce((sum, { numbers }) => sum + numbers.length, 0);
          expect(known.size).toBeGreaterThanOrEqual(wanted);
          for (const hash of known) expect(writer.captured.has(hash)).toBe(true);

          await second.close();
          await second.remove();
          await Promise.allSettled(sending);
          await first.abandon();
          await rm(first.dir, { recursive: true, force: true });
        },
      ),
      { seed: 20_261_121, numRuns: 12 },
    );
  }, 60_000);

  it('looks on the ledger for what it may have sent before', async () => {
    const writer = new ScriptedWriter();
    writer.script.onCommit = never;
    const first = await openMember(writer);
    const { headers } = await first.send('POST', '/capture', documentOf([1, 2].map((n) => eventOf(n))));
    await eventually('the first attempt', () => writer.records.size === 2);
    delete writer.script.onCommit;
    await first.abandon();
    const dir = await mkdtemp(join(tmpdir(), 'thingledger-killed-'));
    cpSync(first.dir, dir, { recursive: true, filter: (file) => !/LOCK$|\.draft$/.test(file) });
    const second = await openMember(writer, { dir });
    const repeated = await second.send('POST', '/capture', documentOf([2, 1].map((n) => eventOf(n))));
    expect(await finishedJob(second, repeated.headers.get('Location'))).toMatchObject({ success: true });
    expect(await finishedJob(second, headers.get('Location'))).toMatchObject({ success: true });
    // Whichever of the two jobs came first, neither took the events for new.
    expect(writer.told[0]).toBe('fresh');
    expect(writer.told.slice(1)).not.toContain('fresh');
    expect([...writer.records.values()]).toEqual([1, 1]);
    await second.close();
    await second.remove();
    await rm(first.dir, { recursive: true, force: true });
  });

  it('answers with what it had after a stop, in the same pages', async () => {
    const writer = new ScriptedWriter();
    const first = await openMember(writer);
    const { headers } = await first.send('POST', '/capture', documentOf([1, 2, 3, 4].map((n) => eventOf(n))));
    await finishedJob(first, headers.get('Location'));
    const page = await first.send('GET', '/events?perPage=2');
    const next = nextOf(page);
    const rest = listed(await first.send('GET', next));
    expect(rest).toHaveLength(2);
    await first.close();
    const second = await openMember(writer, { dir: first.dir });
    expect(listed(await second.send('GET', next))).toEqual(rest);
    expect(listed(await second.send('GET', '/events?perPage=2'))).toEqual(listed(page));
    expect(writer.calls).toEqual([4]);
    await second.close();
    await second.remove();
  });

  it('tells who waits that it stops, and finishes the event at the next start', async () => {
    const writer = new ScriptedWriter();
    writer.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE');
    const first = await openMember(writer);
    const waiting = first.send('POST', '/events', bareEventOf(1));
    while (writer.calls.length < 2) await sleep(5);
    await first.close();
    const told = await waiting;
    expect(told).toMatchObject({ status: 503, body: { code: 'TL-OUTCOME-UNKNOWN', retryable: true } });
    delete writer.script.refuse;
    const second = await openMember(writer, { dir: first.dir });
    const job = await finishedJob(second, told.headers.get('Location'));
    expect(job).toMatchObject({ success: true, captured: [{ event: 0 }] });
    expect((await second.send('POST', '/events', bareEventOf(1))).status).toBe(409);
    await second.close();
    await second.remove();
  });

  it('lets no job that can not go on hold up the others', async () => {
    const writer = new ScriptedWriter();
    writer.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE');
    const member = await openMember(writer, { pauses: { first: 60_000, most: 60_000 } });
    for (let n = 0; n < 20; n += 1) await member.send('POST', '/capture', documentOf([eventOf(n)]));
    while (writer.calls.length < 20) await sleep(10);
    delete writer.script.refuse;
    const reply = await member.send('POST', '/capture', documentOf([eventOf(99)]));
    expect(await finishedJob(member, reply.headers.get('Location'))).toMatchObject({ success: true });
    await member.close();
    await member.remove();
  });

  it('ends the job of a caller whose key is gone', async () => {
    const writer = new ScriptedWriter();
    writer.script.refuse = () => new Refusal('TL-LEDGER-UNAVAILABLE');
    const first = await openMember(writer);
    const as = { 'X-API-Key': 'leaver@maker' };
    const { headers } = await first.send('POST', '/capture', documentOf([eventOf(1)]), as);
    await first.close();
    const second = await openMember(writer, { dir: first.dir });
    const job = await finishedJob(second, headers.get('Location'), as);
    expect(job).toMatchObject({ success: false, errors: [{ code: 'TL-CALLER-UNKNOWN' }] });
    await second.close();
    await second.remove();
  });
});
