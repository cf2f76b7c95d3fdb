// SPDX-License-Identifier: Apache-2.0
import { catalogue, Refusal } from '@thingledger/protocol';
import { eventHash, parseEpcisEvent } from '@thingledger/protocol/epcis';
import { bareEventOf, CONTEXT, documentOf, eventOf } from './testing/events.js';
import {
  finishedJob,
  listed,
  nextOf,
  openMember,
  type Body,
  type EpcisMember,
  type Reply,
} from './testing/member.js';
import { recordAt, ScriptedWriter } from './testing/scripted-writer.js';
import { eventually } from './testing/subscriber.js';

let writer: ScriptedWriter;
let member: EpcisMember;
beforeEach(async () => {
  writer = new ScriptedWriter();
  member = await openMember(writer, { limits: { bulkItems: 50, bulkBodyBytes: 200_000, rate: 500 } });
});
afterEach(async () => {
  await member.close();
  await member.remove();
});

const capture = (events: readonly unknown[], headers: Record<string, string> = {}): Promise<Reply> =>
  member.send('POST', '/capture', documentOf(events), headers);
const jobsIn = ({ body }: Reply): readonly Body[] => body as unknown as Body[];
const proceed = { 'GS1-Capture-Error-Behaviour': 'proceed' };
const hashOf = (n: number): string => {
  const { event, namespaces } = parseEpcisEvent(bareEventOf(n));
  return eventHash(event, namespaces);
};

describe('capturing a document (T8)', () => {
  it('takes it as a job, brings every event to the ledger, and says so', async () => {
    const accepted = await capture([eventOf(1), eventOf(2), eventOf(3)]);
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('Location')).toBe(`/epcis/capture/${accepted.body.captureID}`);
    const job = await finishedJob(member, accepted.headers.get('Location'));
    expect(job).toEqual({
      captureID: accepted.body.captureID,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
      finishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
      running: false,
      success: true,
      captureErrorBehaviour: 'rollback',
      errors: [],
      captured: [1, 2, 3].map((n, event) => ({ event, eventHash: hashOf(n), recordId: recordAt(event) })),
    });
    expect([...writer.captured.keys()]).toEqual([1, 2, 3].map(hashOf));
    const list = await member.send('GET', '/capture');
    expect(jobsIn(list).map((each) => each.captureID)).toEqual([job.captureID]);
  });

  it('says that an event is fresh when it sends it the first time, and never again', async () => {
    let failing = true;
    writer.script.refuse = () => (failing ? new Refusal('TL-LEDGER-UNAVAILABLE') : undefined);
    const { headers } = await capture([eventOf(1), eventOf(2)]);
    await eventually('the first attempt', () => writer.calls.length > 0);
    failing = false;
    expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
    expect(writer.told[0]).toBe('fresh');
    expect(new Set(writer.told.slice(1))).toEqual(new Set(['again']));
    expect([...writer.records.values()]).toEqual([1, 1]);
    expect(await member.send('POST', '/events', bareEventOf(3))).toMatchObject({ status: 201 });
    expect(writer.told.at(-1)).toBe('');
  });

  it('puts fresh events of one second on a sheet; what is sent at the same time, on others', async () => {
    writer.script.takesMs = 50;
    const at = (n: number, time: string): object => eventOf(n, { eventTime: time });
    const [together, alone] = ['2026-11-20T08:00:00.100Z', '2026-11-20T08:00:07.000Z'];
    const documents = [0, 10, 20, 30].map((first) => [
      ...[1, 2, 3, 4].map((n) => at(first + n, together)),
      at(first + 5, alone),
    ]);
    const accepted = await Promise.all(documents.map((events) => capture(events)));
    for (const { headers } of accepted)
      expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
    expect(writer.sheets.map(([sheet]) => sheet).sort()).toEqual([0, 1, 2, 3]);
    for (const [sheet, ...others] of writer.sheets) expect(others).toEqual([sheet, sheet, sheet, undefined]);
  });

  it.each(['rollback', 'proceed'])(
    'sends an event that stands in several documents at once for one of them at a time (%s)',
    async (behaviour) => {
      writer.script.takesMs = 30;
      const documents = [
        [1, 2, 3],
        [3, 4],
        [2, 1],
        [4, 5, 1],
      ];
      const accepted = await Promise.all(
        documents.map((numbers) =>
          capture(
            numbers.map((n) => eventOf(n)),
            { 'GS1-Capture-Error-Behaviour': behaviour },
          ),
        ),
      );
      const jobs = await Promise.all(
        accepted.map(({ headers }) => finishedJob(member, headers.get('Location'))),
      );
      for (const [at, job] of jobs.entries()) {
        expect(job).toMatchObject({ success: true });
        expect(job.captured).toHaveLength(documents[at]?.length ?? 0);
      }
      expect(writer.records).toEqual(new Map([1, 2, 3, 4, 5].map((n) => [hashOf(n), 1])));
    },
  );

  it('keeps the document with a salt, so that the hash on the ledger tells nothing', async () => {
    await finishedJob(member, (await capture([eventOf(1)])).headers.get('Location'));
    const { dataHash } = [...writer.captured.values()][0]!;
    const { bytes, facts } = await member.vault.get(dataHash);
    const kept = JSON.parse(bytes.toString()) as unknown;
    expect(kept).toEqual({ event: bareEventOf(1), salt: expect.stringMatching(/^[\w-]{22}$/) as unknown });
    expect(facts).toMatchObject({ thing: 'https://id.gs1.org/01/09506000134352/21/1', owner: 'farm@maker' });
  });

  it('sends nothing of a document with an invalid event, and names the place (rollback)', async () => {
    const wrong = eventOf(2, { bizStep: 'transforming' });
    const job = await finishedJob(member, (await capture([eventOf(1), wrong])).headers.get('Location'));
    expect(job).toMatchObject({ success: false, running: false, captured: [] });
    expect(job.errors).toEqual([
      expect.objectContaining({
        type: 'epcisException:ValidationException',
        code: 'TL-EPCIS-VOCABULARY',
        status: 400,
        fields: expect.objectContaining({ event: 1, field: 'bizStep' }) as unknown,
      }),
    ]);
    expect(writer.calls).toEqual([]);
  });

  it('sends the others when told to proceed', async () => {
    const events = [eventOf(1, { action: 'SEE' }), eventOf(2), 'no event', eventOf(4)];
    const job = await finishedJob(member, (await capture(events, proceed)).headers.get('Location'));
    expect(job).toMatchObject({ success: false, captureErrorBehaviour: 'proceed' });
    expect(job.captured.map((each) => each.event)).toEqual([1, 3]);
    expect(job.errors.map((each) => each.fields.event)).toEqual([0, 2]);
  });

  it('captures nothing of a document of which the ledger refuses an event (rollback)', async () => {
    writer.script.refuse = ({ eventHash }) =>
      eventHash === hashOf(2) ? new Refusal('TL-CUSTODY-NOT-HOLDER', { thing: 'x' }) : undefined;
    const job = await finishedJob(member, (await capture([eventOf(1), eventOf(2)])).headers.get('Location'));
    expect(job).toMatchObject({ success: false, captureErrorBehaviour: 'rollback', captured: [] });
    expect(writer.captured.size).toBe(0);
    expect(listed(await member.send('GET', '/events'))).toEqual([]);
    expect(job.errors).toEqual([
      expect.objectContaining({
        code: 'TL-CUSTODY-NOT-HOLDER',
        fields: { thing: 'x', event: 1, eventHash: hashOf(2) },
      }),
    ]);
  });

  it('captures the others when the ledger refuses an event, when told to proceed', async () => {
    writer.script.refuse = ({ eventHash }) =>
      eventHash === hashOf(2) ? new Refusal('TL-CUSTODY-NOT-HOLDER', { thing: 'x' }) : undefined;
    const { headers } = await capture([eventOf(1), eventOf(2)], proceed);
    const job = await finishedJob(member, headers.get('Location'));
    expect(job.captured.map((each) => each.event)).toEqual([0]);
    expect(job.errors.map((each) => each.code)).toEqual(['TL-CUSTODY-NOT-HOLDER']);
  });

  it('takes what stands twice in a document for one event', async () => {
    const job = await finishedJob(member, (await capture([eventOf(1), eventOf(1)])).headers.get('Location'));
    expect(job).toMatchObject({ success: true });
    expect(job.captured.map((each) => each.recordId)).toEqual([recordAt(0), recordAt(0)]);
    expect(writer.calls).toEqual([1]);
    expect(listed(await member.send('GET', '/events'))).toHaveLength(1);
  });

  it('is running until the ledger has answered', async () => {
    let answer = (): void => undefined;
    writer.script.onCommit = () => new Promise((resolve) => (answer = () => resolve()));
    const { headers, body } = await capture([eventOf(1)]);
    expect(body).toMatchObject({ running: true, success: true, errors: [] });
    expect(body).not.toHaveProperty('finishedAt');
    while (writer.captured.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(listed(await member.send('GET', '/events'))).toEqual([]);
    answer();
    expect(await finishedJob(member, headers.get('Location'))).toMatchObject({ success: true });
  });

  it('tries again what has no outcome that is final', async () => {
    let times = 0;
    writer.script.refuse = () => (times++ < 3 ? new Refusal('TL-LEDGER-UNAVAILABLE') : undefined);
    const job = await finishedJob(member, (await capture([eventOf(1)])).headers.get('Location'));
    expect(job).toMatchObject({ success: true });
    expect(writer.calls).toEqual([1, 1, 1, 1]);
  });

  it('shows a job to its caller alone, and pages them', async () => {
    const locations: string[] = [];
    for (const n of [1, 2, 3]) locations.push((await capture([eventOf(n)])).headers.get('Location') ?? '');
    const other = { 'X-API-Key': 'processor@maker' };
    const stolen = await member.send('GET', (locations[0] ?? '').replace('/epcis', ''), undefined, other);
    expect(stolen).toMatchObject({ status: 404, body: { code: 'TL-EPCIS-RESOURCE-UNKNOWN' } });
    expect((await member.send('GET', '/capture', undefined, other)).body).toEqual([]);
    const first = await member.send('GET', '/capture?perPage=2');
    const second = await member.send('GET', nextOf(first));
    const ids = [...jobsIn(first), ...jobsIn(second)].map((each) => `/epcis/capture/${each.captureID}`);
    expect(ids).toEqual(locations.reverse());
    expect(second.headers.get('Link')).toBeNull();
  });

  it('advertises its limits and versions', async () => {
    const { status, headers } = await member.send('OPTIONS', '/capture');
    expect(status).toBe(204);
    expect(headers.get('Allow')).toBe('GET, POST, HEAD, OPTIONS');
    expect(headers.get('GS1-EPCIS-Capture-Limit')).toBe('50');
    expect(headers.get('GS1-EPCIS-Capture-File-Size-Limit')).toBe('200000');
    expect(headers.get('GS1-EPCIS-Version')).toBe('2.0.0');
  });
});

describe('capturing one event (T8)', () => {
  it('answers when the ledger has it, and 409 the second time', async () => {
    const { status, headers, body } = await member.send('POST', '/events', bareEventOf(1));
    expect(status).toBe(201);
    expect(headers.get('Location')).toBe(`/epcis/events/${encodeURIComponent(hashOf(1))}`);
    expect(body).toMatchObject({ eventHash: hashOf(1), recordId: recordAt(0) });
    const again = await member.send('POST', '/events', bareEventOf(1, { eventID: 'urn:x:another-name' }));
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'TL-EPCIS-EVENT-EXISTS', type: 'epcisException:ResourceAlreadyExistsException' },
    });
    expect(again.headers.get('Location')).toBe(headers.get('Location'));
    expect((await member.send('GET', `/events/${encodeURIComponent(hashOf(1))}`)).body).toMatchObject(
      eventOf(1),
    );
  });

  it('says 409 too when only the ledger knew it', async () => {
    writer.captured.set(hashOf(1), { recordId: 'old.0', txId: 'old', dataHash: '' });
    expect(await member.send('POST', '/events', bareEventOf(1))).toMatchObject({ status: 409 });
  });

  it('hands on the refusal of the ledger', async () => {
    writer.script.refuse = () => new Refusal('TL-THING-UNKNOWN');
    const refused = await member.send('POST', '/events', bareEventOf(1));
    expect(refused).toMatchObject({ status: 404, body: { code: 'TL-THING-UNKNOWN' } });
    expect(listed(await member.send('GET', '/events'))).toEqual([]);
  });
});

describe('what is not taken', () => {
  const document = documentOf([eventOf(1)]);
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { 'example:in': deep(levels - 1) });
  const cases: [
    string,
    string,
    unknown,
    Record<string, string>,
    keyof typeof catalogue,
    string | undefined,
  ][] = [
    ['no context', '/capture', { ...document, '@context': [] }, {}, 'TL-EPCIS-CONTEXT', 'Validation'],
    ['no event', '/capture', documentOf([]), {}, 'TL-INPUT-INVALID', 'Validation'],
    ['no list', '/capture', { ...document, epcisBody: {} }, {}, 'TL-INPUT-INVALID', 'Validation'],
    ['a list', '/capture', [document], {}, 'TL-INPUT-INVALID', 'Validation'],
    ['nothing', '/capture', '', {}, 'TL-INPUT-INVALID', 'Validation'],
    [
      'another type',
      '/capture',
      { ...document, type: 'EPCISQueryDocument' },
      {},
      'TL-INPUT-INVALID',
      'Validation',
    ],
    ['broken JSON', '/capture', '{"type":', {}, 'TL-INPUT-MALFORMED', 'Validation'],
    ['a name twice', '/capture', '{"type":1,"type":2}', {}, 'TL-INPUT-MALFORMED', 'Validation'],
    [
      'too many events',
      '/capture',
      documentOf(Array.from({ length: 51 }, (_, n) => eventOf(n))),
      {},
      'TL-INPUT-TOO-LARGE',
      'CaptureLimitExceeded',
    ],
    ['too many bytes', '/capture', ' '.repeat(200_001), {}, 'TL-INPUT-TOO-LARGE', 'CaptureLimitExceeded'],
    [
      'too deep',
      '/capture',
      documentOf([eventOf(1, { 'example:x': deep(60) })]),
      {},
      'TL-INPUT-TOO-DEEP',
      'Validation',
    ],
    [
      'XML',
      '/capture',
      '<x/>',
      { 'Content-Type': 'application/xml' },
      'TL-MEDIA-TYPE',
      'UnsupportedMediaType',
    ],
    [
      'other behaviour',
      '/capture',
      document,
      { 'GS1-Capture-Error-Behaviour': 'hope' },
      'TL-INPUT-INVALID',
      'Validation',
    ],
    [
      'version 1',
      '/capture',
      document,
      { 'GS1-EPCIS-Version': '1.2.0' },
      'TL-EPCIS-NOT-ACCEPTABLE',
      'NotAcceptable',
    ],
    [
      'an answer in XML',
      '/capture',
      document,
      { Accept: 'text/xml' },
      'TL-EPCIS-NOT-ACCEPTABLE',
      'NotAcceptable',
    ],
    [
      'translated',
      '/capture',
      document,
      { 'GS1-EPC-Format': 'Always_EPC_URN' },
      'TL-EPCIS-NOT-ACCEPTABLE',
      'NotAcceptable',
    ],
    ['a device', '/capture', document, { 'X-API-Key': 'thermometer@maker' }, 'TL-CALLER-ROLE', 'Security'],
    ['a stranger', '/capture', document, { 'X-API-Key': 'nobody@maker' }, 'TL-CALLER-UNKNOWN', 'Security'],
    ['an event without context', '/events', eventOf(1), {}, 'TL-EPCIS-CONTEXT', 'Validation'],
    ['a document as event', '/events', document, {}, 'TL-INPUT-INVALID', 'Validation'],
    [
      'a time that is none',
      '/events',
      bareEventOf(1, { eventTime: 'now' }),
      {},
      'TL-EPCIS-TIME',
      'Validation',
    ],
    [
      'an undeclared name',
      '/events',
      bareEventOf(1, { colour: 'red' }),
      {},
      'TL-EPCIS-NAMESPACE',
      'Validation',
    ],
    ['an auditor', '/events', bareEventOf(1), { 'X-API-Key': 'watcher@maker' }, 'TL-CALLER-ROLE', 'Security'],
  ];
  test.each(cases)('%s', async (_name, path, body, headers, code, type) => {
    const refused = await member.send('POST', path, body, headers);
    expect(refused.body).toMatchObject({
      code,
      status: catalogue[code].status,
      type: type === undefined ? `/problems/${code}` : `epcisException:${type}Exception`,
    });
    expect(refused.status).toBe(catalogue[code].status);
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
    expect((await member.send('GET', '/capture')).body).toEqual([]);
    expect(writer.calls).toEqual([]);
  });

  it('counts each event against the rate of its caller', async () => {
    const events = Array.from({ length: 50 }, (_, n) => eventOf(n));
    const statuses: number[] = [];
    for (let n = 0; n < 11; n++) statuses.push((await capture(events)).status);
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 202));
    expect(statuses[10]).toBe(429);
  });

  it('takes documents of JSON-LD, and contexts of the document in its events', async () => {
    const inner = eventOf(1, { '@context': [{ own: 'https://own.example.org/' }], 'own:x': '1' });
    const { headers } = await capture([inner], { 'Content-Type': 'application/ld+json' });
    await finishedJob(member, headers.get('Location'));
    const { event, namespaces } = parseEpcisEvent({
      ...inner,
      '@context': [...CONTEXT, { own: 'https://own.example.org/' }],
    });
    expect([...writer.captured.keys()]).toEqual([eventHash(event, namespaces)]);
  });

  it('takes no document larger than the vault does', async () => {
    await member.close();
    member = await openMember(writer, { dir: member.dir });
    const large = eventOf(2, { 'example:note': 'x'.repeat(600_000) });
    const job = await finishedJob(member, (await capture([eventOf(1), large])).headers.get('Location'));
    expect(job).toMatchObject({ success: false, captured: [], errors: [{ code: 'TL-INPUT-TOO-LARGE' }] });
    expect(writer.calls).toEqual([]);
  });
});
