// SPDX-License-Identifier: Apache-2.0
import { Problem, type RefusalCode } from '@thingledger/protocol';

/** A gateway's coded no. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  /** Seconds the gateway asks to wait before a repeat. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): RefusalCode {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }

  get fields(): NonNullable<Problem['fields']> {
    return this.problem.fields ?? {};
  }
}

/** An answer that is none of a gateway's: something stands between, or the address is wrong. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
  readonly status: number;

  constructor(status: number, url: string) {
    super(`${url} answered ${String(status)}, and not as a ThingLedger gateway does`);
    this.status = status;
  }
}

/** The error that a refused answer is. */
export async function errorOf(response: Response): Promise<ProblemError | UnexpectedAnswerError> {
  const problem = Problem.safeParse(await response.json().catch(() => undefined));
  if (!problem.success) return new UnexpectedAnswerError(response.status, response.url);
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new ProblemError(problem.data, Number.isFinite(wait) ? wait : undefined);
}
