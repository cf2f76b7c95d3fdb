// SPDX-License-Identifier: Apache-2.0
import {
  operations,
  parseInput,
  Refusal,
  registeredOperation,
  type BulkOutcome,
  type Operation,
} from '@thingledger/protocol';
import type { Limits } from '../config/config.js';
import { fingerprintOf, parseIdempotencyKey, type IdempotencyStore } from '../idempotency/index.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { LedgerWriter } from '../ledger/writer.js';
import type { WriteOutcome } from '../ledger/submit/job.js';
import type { Principal } from '../principal.js';
import { UnderWay } from '../under-way.js';
import { authoriseLocal } from './authorise.js';
import { bulkItems, bulkOutcomeOf, prepareItems, refusedOutcome, type RefusedItem } from './bulk.js';
import { completeInput, type Origin } from './completion.js';
import { withDeadline } from './deadline.js';
import { localHandler, type LocalHandlers } from './handlers.js';
import { mergeInput, type RawInput } from './input.js';
import { problemOf, problemOfError } from './problem.js';
import { jsonAnswer, problemAnswer, type Answer } from './respond.js';

/** A write request, apart from its input. */
export interface WriteRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  /** The raw header. */
  readonly idempotencyKey: string | undefined;
  readonly principal: Principal;
  readonly requestId: string;
}

/** What writes are done with. */
export interface WriteParts {
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  readonly idempotency: IdempotencyStore;
  readonly local: LocalHandlers;
  readonly limits: Limits;
}

/** What a run of a request knows of its key. */
interface Run {
  readonly key: string | undefined;
  /** The idempotency store's name of the request. */
  readonly stored: string | undefined;
}

/**
 * Answers that hold a secret must not be kept; their handlers make repeats safe in their own way. A query changes
 * nothing, and is answered afresh.
 */
const KEEPS_NO_ANSWER: ReadonlySet<string> = new Set([
  operations.enrolParticipant.name,
  operations.querySql.name,
]);

/** Carries out write requests: one operation or a list, on the ledger or local, once for each Idempotency-Key. */
export class Writes {
  readonly #parts: WriteParts;
  readonly #underWay = new UnderWay();

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  /** One operation; its refusal is the answer's problem document. */
  single(operation: Operation, input: RawInput, request: WriteRequest): Promise<Answer> {
    return this.#answer(operation, request, async ({ key, stored }) => {
      const completed = complete(operation, input, request.principal, { key });
      const status = operation.rest.success ?? 200;
      if (operation.mode === 'local') {
        await authoriseLocal(this.#parts.reader, operation, request.principal);
        const context = key === undefined ? {} : { idempotencyKey: key };
        return jsonAnswer(
          status,
          await localHandler(this.#parts.local, operation)(completed, request.principal, context),
        );
      }
      const written = await this.#parts.writer.submit(operation, completed, request.principal, {
        requestId: stored,
      });
      return answerOf(written, status, request);
    });
  }

  /** A list of inputs of one operation; an outcome for each, in order. */
  bulk(operation: Operation, request: WriteRequest): Promise<Answer> {
    return this.#answer(operation, request, async (run) => {
      const raw = bulkItems(request.body, this.#parts.limits.bulkItems);
      const items = prepareItems(raw, (item, index) =>
        complete(operation, mergeInput({}, '', item), request.principal, { key: run.key, index }),
      );
      const done =
        operation.mode === 'local'
          ? this.#localAll(operation, items, request, run)
          : this.#submitAll(operation, items, request, run);
      return jsonAnswer(200, await done);
    });
  }

  /** Resolves when no write is being carried out; also those whose callers have stopped waiting. */
  idle(): Promise<void> {
    return this.#underWay.idle();
  }

  async #submitAll(
    operation: Operation,
    items: readonly unknown[],
    request: WriteRequest,
    { stored }: Run,
  ): Promise<BulkOutcome[]> {
    const ready = items.filter((item) => !isRefused(item));
    const written = await this.#parts.writer.submitAll(operation, ready, request.principal, {
      requestId: stored,
    });
    let next = 0;
    return items.map((item) =>
      isRefused(item) ? refusedOutcome(item.refused) : bulkOutcomeOf(written[next++] as WriteOutcome),
    );
  }

  /** One after another: what a local operation does costs this very process. */
  async #localAll(
    operation: Operation,
    items: readonly unknown[],
    request: WriteRequest,
    { key }: Run,
  ): Promise<BulkOutcome[]> {
    await authoriseLocal(this.#parts.reader, operation, request.principal);
    const handler = localHandler(this.#parts.local, operation);
    const outcomes: BulkOutcome[] = [];
    for (const [index, item] of items.entries()) {
      if (isRefused(item)) {
        outcomes.push(refusedOutcome(item.refused));
        continue;
      }
      const context = key === undefined ? {} : { idempotencyKey: `${key}#${String(index)}` };
      outcomes.push(
        await handler(item, request.principal, context).then(
          (result): BulkOutcome => ({ ok: true, result }),
          refusedOutcome,
        ),
      );
    }
    return outcomes;
  }

  async #answer(
    operation: Operation,
    request: WriteRequest,
    run: (run: Run) => Promise<Answer>,
  ): Promise<Answer> {
    const key =
      request.idempotencyKey === undefined ? undefined : parseIdempotencyKey(request.idempotencyKey);
    return withDeadline(
      this.#underWay.track(this.#once(operation, key, request, run)),
      this.#parts.limits.answerSeconds,
      operation.mode === 'submit' ? 'TL-OUTCOME-UNKNOWN' : 'TL-ANSWER-TIMEOUT',
    );
  }

  async #once(
    operation: Operation,
    key: string | undefined,
    request: WriteRequest,
    run: (run: Run) => Promise<Answer>,
  ): Promise<Answer> {
    const { idempotency } = this.#parts;
    if (key === undefined || KEEPS_NO_ANSWER.has(operation.name)) return run({ key, stored: undefined });
    const fingerprint = fingerprintOf(request.method, request.url, request.body);
    const begun = await idempotency.begin(request.principal.id, key, fingerprint);
    if (begun.kind === 'stored') {
      return { ...begun.answer, headers: { ...begun.answer.headers, 'Idempotent-Replayed': 'true' } };
    }
    try {
      const answer = await run({ key, stored: begun.requestId }).catch((error: unknown) =>
        refusedAnswer(error, request),
      );
      await idempotency.complete(begun.requestId, answer);
      return answer;
    } catch (error) {
      idempotency.release(begun.requestId);
      throw error;
    }
  }
}

/** The operations of a batch are completed one by one; what does not parse is left for the contract to refuse. */
function complete(operation: Operation, input: RawInput, as: Principal, origin: Origin): unknown {
  if (operation.name !== operations.runBatch.name) return completeInput(operation, input, as, origin);
  const batch = parseInput(operations.runBatch, input);
  return {
    operations: batch.operations.map((call, index) => {
      const inner = registeredOperation(call.operation);
      if (inner?.mode !== 'submit') return call;
      try {
        return {
          ...call,
          input: completeInput(inner, mergeInput({}, '', call.input), as, { ...origin, index }),
        };
      } catch (error) {
        if (error instanceof Refusal) return call;
        throw error;
      }
    }),
  };
}

function isRefused(item: unknown): item is RefusedItem {
  return typeof item === 'object' && item !== null && 'refused' in item && item.refused instanceof Refusal;
}

function answerOf({ outcome, txId, block }: WriteOutcome, status: number, request: WriteRequest): Answer {
  const headers = {
    ...(txId !== undefined && { 'X-Transaction-Id': txId }),
    ...(block !== undefined && { 'X-Block-Number': String(block) }),
  };
  if (outcome.ok) return jsonAnswer(status, outcome.result, headers);
  const context = { ...contextOf(request), ...(txId !== undefined && { txId }) };
  return problemAnswer(problemOf(outcome.refusal, context), headers);
}

/** Only refusals are answers; what nobody foresaw is thrown on, and nothing of it kept. */
function refusedAnswer(error: unknown, request: WriteRequest): Answer {
  if (!(error instanceof Refusal)) throw error;
  return problemAnswer(problemOfError(error, contextOf(request)));
}

function contextOf({ url, requestId }: WriteRequest): { instance: string; requestId: string } {
  return { instance: (url.split('?', 1)[0] ?? '').slice(0, 500), requestId };
}
