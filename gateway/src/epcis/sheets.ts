// SPDX-License-Identifier: Apache-2.0
import {
  isTakenUnread,
  Refusal,
  secondOf,
  SHEETS,
  type captureEvent,
  type Input,
} from '@thingledger/protocol';

/** Events of one second below which rows of their own cost no more than a sheet. */
const FEWEST = 4;

type Capture = Input<typeof captureEvent>;

/**
 * Deals the member's sheets out to the events that are sent at once, so that as few of them as can be wait for one another
 * (decision 0023).
 */
export class Sheets {
  /** How many use each sheet now. */
  readonly #users = Array.from({ length: SHEETS }, () => 0);

  /**
   * Runs work with events that go together: those that are fresh, say nothing of identifiers and share their second with
   * others are put on a sheet, which is the work's as far as possible until it is over.
   */
  async with<T>(
    inputs: readonly (Capture | Refusal)[],
    work: (inputs: readonly (Capture | Refusal)[]) => Promise<T>,
  ): Promise<T> {
    const together = new Map<string, number>();
    for (const input of inputs) {
      if (!isDealt(input)) continue;
      const second = secondOf(input);
      together.set(second, (together.get(second) ?? 0) + 1);
    }
    const sheet = this.#users.indexOf(Math.min(...this.#users));
    this.#users[sheet] = (this.#users[sheet] ?? 0) + 1;
    try {
      return await work(
        inputs.map((input) =>
          isDealt(input) && (together.get(secondOf(input)) ?? 0) >= FEWEST ? { ...input, sheet } : input,
        ),
      );
    } finally {
      this.#users[sheet] = (this.#users[sheet] ?? 1) - 1;
    }
  }
}

function isDealt(input: Capture | Refusal): input is Capture {
  return !(input instanceof Refusal) && isTakenUnread(input);
}
