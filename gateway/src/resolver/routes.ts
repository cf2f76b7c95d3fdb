// SPDX-License-Identifier: Apache-2.0
import {
  gs1Canonical,
  parseDigitalLink,
  parseWith,
  PRIMARY_KEYS,
  RecordId,
  Refusal,
} from '@thingledger/protocol';
import { Router, type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import {
  instanceOf,
  jsonAnswer,
  localsOf,
  otherMethods,
  pageAnswer,
  problemOfError,
  send,
  type Guards,
} from '../http/index.js';
import { descriptionOf, linksetOf, wantedByLinkType, type Wanted } from './linkset.js';
import { describeThing, renderProblem, renderTrace } from './page.js';
import type { PublicTraces } from './traces.js';

/** What the resolver is made of. */
export interface ResolverParts {
  readonly member: string;
  readonly guards: Pick<Guards, 'anyone'>;
  readonly traces: PublicTraces;
  /** The origin at which everybody reaches the gateway; as each request names it when left out. */
  readonly publicAddress?: string | undefined;
}

const FORMS: Readonly<Record<string, Wanted>> = {
  'text/html': 'page',
  'application/json': 'trace',
  'application/linkset+json': 'linkset',
};

/**
 * The GS1 Digital Link resolver (requirements T7, T9): `GET /01/{gtin}/10/{lot}` and its like, for everybody, as a page,
 * as JSON or as a link set, by `Accept` and `linkType`; `/disclosures/{recordId}` for the copies to check, and
 * `/.well-known/gs1resolver`. Refuses with `TL-ID-MALFORMED`, `TL-ID-CHECK-DIGIT`, `TL-THING-UNKNOWN`,
 * `TL-LINK-TYPE-UNKNOWN`, `TL-RATE-LIMITED`, `TL-OVERLOADED`; browsers get refusals as pages too.
 */
export function resolverRoutes(parts: ResolverParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { guards, traces, member } = parts;
  const open = (path: string, handler: RequestHandler): void => {
    router
      .route(path)
      .get(guards.anyone, openToAll, handler)
      .all(otherMethods(['get']));
  };
  for (const key of PRIMARY_KEYS) open(`/${key}/*elements`, answer(parts));
  open('/disclosures/:recordId', async (request, response) => {
    const recordId = parseWith(RecordId, request.params['recordId']);
    send(response, jsonAnswer(200, await traces.disclosure(recordId)));
  });
  open('/.well-known/gs1resolver', (request, response) => {
    send(response, jsonAnswer(200, descriptionOf(member, originOf(request, parts))));
  });
  router.use(pageOfProblem);
  return router;
}

/** Pages of any origin may read what everybody may read. */
const openToAll: RequestHandler = (_request, response, next) => {
  response.setHeader('Access-Control-Allow-Origin', '*');
  next();
};

function answer(parts: ResolverParts): RequestHandler {
  return async (request, response) => {
    response.setHeader('Vary', 'Accept');
    const thing = identifierOf(request);
    const wanted = wantedOf(request);
    const trace = await parts.traces.of(thing);
    const here = `${originOf(request, parts)}${request.path}`;
    response.setHeader('Link', `<${here}?linkType=linkset>; rel="linkset"; type="application/linkset+json"`);
    if (wanted === 'trace') send(response, jsonAnswer(200, trace));
    else if (wanted === 'page') send(response, pageAnswer(renderTrace(trace)));
    else {
      const headers = { 'Content-Type': 'application/linkset+json' };
      send(response, jsonAnswer(200, linksetOf(thing, describeThing(trace), here), headers));
    }
  };
}

/** The canonical identifier that a path names. Refuses with `TL-ID-MALFORMED` and `TL-ID-CHECK-DIGIT`. */
function identifierOf({ path }: Request): string {
  const elements = parseDigitalLink(`https://id.gs1.org${path}`);
  if (!elements) throw new Refusal('TL-ID-MALFORMED', { value: path.slice(0, 100) });
  return gs1Canonical(elements);
}

/** By `linkType`, else by `Accept`, where a browser's comes to a page. */
function wantedOf(request: Request): Wanted {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  const accepted = request.accepts(Object.keys(FORMS));
  return (
    wantedByLinkType(query.get('linkType')) ?? FORMS[accepted === false ? 'text/html' : accepted] ?? 'page'
  );
}

/** Refuses a `Host` that is none with `TL-INPUT-MALFORMED`, before it gets into an answer. */
function originOf(request: Request, { publicAddress }: ResolverParts): string {
  if (publicAddress !== undefined) return publicAddress;
  const host = request.get('Host') ?? '';
  if (!/^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(:\d{1,5})?$/.test(host))
    throw new Refusal('TL-INPUT-MALFORMED', { name: 'Host' }, 'The Host header is malformed');
  return `${request.protocol}://${host}`;
}

/** Who scans a code with a phone gets a refusal to read; what is a fault of ours goes on to be logged. */
const pageOfProblem: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const problem = problemOfError(error, {
    instance: instanceOf(request),
    requestId: localsOf(response).requestId,
  });
  const forPeople =
    request.accepts(['application/problem+json', 'application/json', 'text/html']) === 'text/html';
  if (!forPeople || problem.code === 'TL-INTERNAL' || response.headersSent) {
    next(error);
    return;
  }
  send(response, pageAnswer(renderProblem(problem), problem.status));
};
