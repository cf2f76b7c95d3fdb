// SPDX-License-Identifier: Apache-2.0
import {
  allOperations,
  isProvable,
  operationId,
  operations,
  parseInput,
  Refusal,
  type AuditReport,
  type Operation,
  type OperationName,
  type Proven,
} from '@thingledger/protocol';
import { Router, type Request, type RequestHandler } from 'express';
import { auditPage } from '../audit/page.js';
import type { Limits } from '../config/config.js';
import type { Comparer } from '../ledger/comparer.js';
import type { Prover } from '../ledger/prover.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Principal } from '../principal.js';
import { authoriseLocal } from './authorise.js';
import { readJsonBody } from './body.js';
import { hasBulkForm } from './bulk.js';
import { withDeadline } from './deadline.js';
import { groupBy } from './group-by.js';
import type { Guards } from './guard.js';
import { localHandler, type AnyLocalHandler, type LocalHandlers } from './handlers.js';
import { mergeInput, type RawInput } from './input.js';
import { pageAnswer } from './page.js';
import { jsonAnswer, localsOf, send, type Answer } from './respond.js';
import type { Writes } from './writes.js';

/** What the routes of operations are bound to. */
export interface OperationParts {
  readonly reader: LedgerReader;
  readonly comparer: Comparer;
  readonly prover: Prover;
  readonly writes: Writes;
  readonly local: LocalHandlers;
  readonly limits: Limits;
  readonly guards: Guards;
}

type Method = Operation['rest']['method'];

/** A route for every operation and a bulk form for every write, bound from the one list of operations (design 2). */
export function operationRoutes(parts: OperationParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { guards, limits } = parts;
  for (const [path, sharing] of groupBy(allOperations, ({ rest }) => rest.path)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const operation of sharing) {
      const bytes = operation.rest.method === 'get' ? 0 : limits.bodyBytes;
      route[operation.rest.method](guards.caller, guards.admit(bytes), handlerOf(operation, parts));
    }
    route.all(otherMethods(sharing.map(({ rest }) => rest.method)));
  }
  router.use('/bulk', bulkRoutes(parts));
  return router;
}

function bulkRoutes(parts: OperationParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { guards, limits } = parts;
  for (const operation of allOperations.filter(hasBulkForm)) {
    router
      .route(`/${operation.name}`)
      .post(guards.caller, guards.admit(limits.bulkBodyBytes), bulkHandlerOf(operation, parts))
      .all(otherMethods(['post']));
  }
  router.use(() => {
    throw new Refusal('TL-OPERATION-UNKNOWN');
  });
  return router;
}

function handlerOf(operation: Operation, parts: OperationParts): RequestHandler {
  const answer = operation.rest.method === 'get' ? readOf(operation, parts) : writeOf(operation, parts);
  return async (request, response) => {
    send(response, await answer(request, localsOf(response)));
  };
}

type Answering = (request: Request, locals: ReturnType<typeof localsOf>) => Promise<Answer>;

function readOf(
  operation: Operation,
  { reader, comparer, prover, local, limits }: OperationParts,
): Answering {
  const ask: AnyLocalHandler =
    operation.mode === 'local'
      ? async (input, as, context) => {
          // Side by side, because both wait for the peer; a read leaves nothing behind when the caller has no right.
          const answer = localHandler(local, operation)(input, as, context);
          answer.catch(() => undefined);
          // Made of what the ledger answers the same callers, it is refused by the ledger.
          if (operation.provenBy === undefined) await authoriseLocal(reader, operation, as);
          return answer;
        }
      : (input, as) => reader.evaluate(operation, input, as);
  const prove = async (input: Record<string, unknown>, as: Principal): Promise<Proven> => {
    const { answer: basis, said, bundle } = await prover.prove(proverOf(operation), input, as);
    const answer = operation.mode === 'local' ? await ask(input, as, { basis }) : basis;
    const head = { type: 'ThingLedgerProof', version: 1 } as const;
    return { answer, proof: { ...head, operation: operationId(operation), input, said, bundle } };
  };
  return async (request, { principal }) => {
    const raw = mergeInput(pathOf(request), request.url, undefined);
    const verify = takeVerify(operation, raw);
    const input = parseInput(operation, raw) as Record<string, unknown>;
    const asked =
      verify === 'peers'
        ? comparer.compare(operation, input, principal)
        : verify === 'proof'
          ? prove(input, principal)
          : ask(input, principal, {});
    const result = await withDeadline(asked, limits.answerSeconds, 'TL-ANSWER-TIMEOUT');
    const page = pages[operation.name as OperationName];
    if (page && request.accepts(['json', 'html']) === 'html') return page(result);
    return jsonAnswer(operation.rest.success ?? 200, result);
  };
}

/** Answers that can be had as a page to read too, for who prefers `text/html`. */
const pages: Partial<Record<OperationName, (result: unknown) => Answer>> = {
  getAuditReport: (report) => pageAnswer(auditPage(report as AuditReport)),
};

/**
 * Takes `verify` out of an input: it says how to answer, not what is asked. Refuses with `TL-INPUT-INVALID`, and with
 * `TL-PROOF-NONE` where the answer does not follow from transactions.
 */
function takeVerify(operation: Operation, input: RawInput): 'peers' | 'proof' | undefined {
  const { verify } = input;
  if (verify === undefined) return undefined;
  if (verify === 'proof' && !isProvable(operation))
    throw new Refusal('TL-PROOF-NONE', { operation: operation.name });
  if (verify !== 'proof' && (verify !== 'peers' || operation.mode !== 'evaluate'))
    throw new Refusal(
      'TL-INPUT-INVALID',
      { fields: ['verify'] },
      'The parameter "verify" may be "peers" or "proof", and on answers of the gateway itself "proof" alone',
    );
  delete input['verify'];
  return verify;
}

/** The operation whose answer peers sign to prove this one’s. */
function proverOf(operation: Operation): Operation {
  const { provenBy } = operation;
  return provenBy === undefined ? operation : operations[provenBy as OperationName];
}

function writeOf(operation: Operation, { writes, limits }: OperationParts): Answering {
  return async (request, { principal, requestId }) => {
    const body = await readJsonBody(request, { bytes: limits.bodyBytes, depth: limits.depth });
    const input: RawInput = mergeInput(pathOf(request), request.url, body);
    return writes.single(operation, input, { ...sourceOf(request), body, principal, requestId });
  };
}

function bulkHandlerOf(operation: Operation, { writes, limits, guards }: OperationParts): RequestHandler {
  return async (request, response) => {
    const { principal, requestId } = localsOf(response);
    const body = await readJsonBody(request, { bytes: limits.bulkBodyBytes, depth: limits.depth + 1 });
    guards.charge(response, Array.isArray(body) ? body.length - 1 : 0);
    send(response, await writes.bulk(operation, { ...sourceOf(request), body, principal, requestId }));
  };
}

function sourceOf(request: Request): { method: string; url: string; idempotencyKey: string | undefined } {
  return { method: request.method, url: request.originalUrl, idempotencyKey: request.get('Idempotency-Key') };
}

function pathOf(request: Request): Record<string, string> {
  return request.params as Record<string, string>;
}

/** OPTIONS tells what a path takes; any other method it does not take is refused (RFC 9110 section 15.5.6). */
export function otherMethods(methods: readonly Method[]): RequestHandler {
  const allow = [...methods, ...(methods.includes('get') ? ['head'] : []), 'options']
    .join(', ')
    .toUpperCase();
  return (request, response) => {
    response.setHeader('Allow', allow);
    if (request.method !== 'OPTIONS') throw new Refusal('TL-METHOD-NOT-ALLOWED');
    response.status(204).end();
  };
}
