// SPDX-License-Identifier: Apache-2.0
import { captureEvent, Refusal } from '@thingledger/protocol';
import { parseEpcisQuery } from '@thingledger/protocol/epcis';
import { Router, type Request, type RequestHandler } from 'express';
import {
  authoriseLocal,
  jsonAnswer,
  localsOf,
  otherMethods,
  readJsonBody,
  send,
  withDeadline,
  type Answer,
} from '../../http/index.js';
import { bareDocumentOf, readEvent, type BareEvent } from '../documents.js';
import { capturedOf, handedOverOf, viewOf } from '../job-view.js';
import type { ErrorBehaviour, Job } from '../store.js';
import { JSON_LD } from './negotiation.js';
import { BASE, linkToNext, parametersOf, type EpcisParts } from './parts.js';

const BEHAVIOUR_HEADERS = ['GS1-EPCIS-Capture-Error-Behaviour', 'GS1-Capture-Error-Behaviour'];
const JOBS_PER_PAGE = 30;
const MOST_JOBS_PER_PAGE = 100;
const JOB_ID = /^[0-9a-f]{36}$/;

/** `/capture`: documents of events, taken as jobs (EPCIS 2.0, section 12.6). */
export function captureRoutes(parts: EpcisParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { guards, limits } = parts;
  const bytes = limits.bulkBodyBytes;
  router.use('/capture', (_request, response, next) => {
    response.set({
      'GS1-EPCIS-Capture-Limit': String(limits.bulkItems),
      'GS1-EPCIS-Capture-File-Size-Limit': String(bytes),
      'GS1-Capture-Error-Behaviour': 'rollback',
    });
    next();
  });
  router
    .route('/capture')
    .post(guards.caller, guards.admit(bytes), capture(parts))
    .get(guards.caller, guards.admit(0), list(parts))
    .all(otherMethods(['get', 'post']));
  router
    .route('/capture/:captureID')
    .get(guards.caller, guards.admit(0), show(parts))
    .all(otherMethods(['get']));
  return router;
}

/** `POST /events`: one event, and the answer when the ledger has it (EPCIS 2.0, section 12.7). */
export function postEvent({ captures, reader, guards, limits }: EpcisParts): RequestHandler[] {
  const handler: RequestHandler = async (request, response) => {
    const { principal } = localsOf(response);
    await authoriseLocal(reader, captureEvent, principal);
    const body = await readJsonBody(request, { bytes: limits.bodyBytes, depth: limits.depth }, JSON_LD);
    const document = objectOf(body);
    const reading = readEvent(document);
    if ('refusal' in reading) throw reading.refusal;
    const { eventHash } = reading.capture;
    const { job, done } = await captures.accept([document], principal, {
      behaviour: 'rollback',
      urgent: true,
    });
    // For a caller that is answered before the ledger is: there it can look.
    response.setHeader('Location', `${BASE}/capture/${job.id}`);
    const ended = await withDeadline(done, limits.answerSeconds, 'TL-OUTCOME-UNKNOWN');
    const [item] = ended.items;
    if (item?.refusal) throw new Refusal(item.refusal.code, item.refusal.fields, item.refusal.detail);
    response.setHeader('Location', `${BASE}/events/${encodeURIComponent(eventHash)}`);
    if (item?.known === true) throw new Refusal('TL-EPCIS-EVENT-EXISTS', { eventHash });
    const captured = { eventHash, recordId: item?.recordId, captureID: job.id };
    send(response, jsonAnswer(201, { ...captured, ...handedOverOf(ended) }));
  };
  return [guards.caller, guards.admit(limits.bodyBytes), handler];
}

function capture({ captures, reader, guards, limits }: EpcisParts): RequestHandler {
  return async (request, response) => {
    const { principal } = localsOf(response);
    const behaviour = behaviourOf(request);
    await authoriseLocal(reader, captureEvent, principal);
    // An event stands deeper in a document than by itself.
    const accepted = { bytes: limits.bulkBodyBytes, depth: limits.depth + 3 };
    const body = await readJsonBody(request, accepted, JSON_LD);
    const { events, masterData } = bareDocumentOf(objectOf(body), limits.bulkItems);
    guards.charge(response, events.length + masterData.length - 1);
    const { job } = await captures.accept(events, principal, { behaviour, masterData });
    const headers = { Location: `${BASE}/capture/${job.id}`, 'GS1-Capture-Error-Behaviour': behaviour };
    send(response, jsonAnswer(202, viewOf(job), headers));
  };
}

function list({ store }: EpcisParts): RequestHandler {
  return async (request, response) => {
    const { conditions, perPage = JOBS_PER_PAGE, nextPageToken } = parseEpcisQuery(parametersOf(request));
    if (conditions.length > 0)
      throw new Refusal('TL-EPCIS-QUERY-PARAMETER', {
        parameter: '',
        problem: 'jobs take perPage and nextPageToken',
      });
    if (nextPageToken !== undefined && !JOB_ID.test(nextPageToken))
      throw new Refusal('TL-EPCIS-QUERY-PARAMETER', {
        parameter: 'nextPageToken',
        problem: 'a token given here',
      });
    const size = Math.min(perPage, MOST_JOBS_PER_PAGE);
    // Only the caller's own are looked at, whatever job a token names.
    const jobs = await store.jobs(localsOf(response).principal.id, size + 1, nextPageToken);
    const page = jobs.slice(0, size);
    const next = jobs.length > size ? page.at(-1)?.id : undefined;
    send(response, jsonAnswer(200, page.map(viewOf), linkToNext(request, next)));
  };
}

function show({ captures }: EpcisParts): RequestHandler {
  // Who waits for a job asks often, and it is the same until something came of it.
  const answers = new WeakMap<Job, Answer>();
  return async (request, response) => {
    const id = String(request.params['captureID']);
    const job = JOB_ID.test(id) ? await captures.job(localsOf(response).principal.id, id) : undefined;
    if (!job) throw new Refusal('TL-EPCIS-RESOURCE-UNKNOWN', { captureID: id.slice(0, 100) });
    const answer =
      answers.get(job) ?? jsonAnswer(200, { ...viewOf(job), ...capturedOf(job), ...handedOverOf(job) });
    answers.set(job, answer);
    send(response, answer);
  };
}

function behaviourOf(request: Request): ErrorBehaviour {
  const asked = BEHAVIOUR_HEADERS.map((name) => request.get(name)).find((value) => value !== undefined);
  if (asked === undefined || asked === 'rollback') return 'rollback';
  if (asked === 'proceed') return 'proceed';
  throw new Refusal(
    'TL-INPUT-INVALID',
    { fields: ['GS1-Capture-Error-Behaviour'] },
    'GS1-Capture-Error-Behaviour is rollback or proceed',
  );
}

function objectOf(body: unknown): BareEvent {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as BareEvent;
  throw new Refusal('TL-INPUT-INVALID', { fields: ['(body)'] }, 'The body must be a JSON object');
}
