// SPDX-License-Identifier: Apache-2.0

/** What a file is checked for; the words are part of the report’s form and stay. */
export type CheckName =
  | 'form'
  | 'anchor'
  | 'configuration'
  | 'block'
  | 'orderers'
  | 'transaction'
  | 'caller'
  | 'definition'
  | 'endorsements'
  | 'validity'
  | 'order'
  | 'complete'
  | 'needed'
  | 'rows'
  | 'answer'
  | 'reads'
  | 'claims'
  | 'documents'
  | 'hash';

/** One check and how it ended. Checks after the first that failed are not made, and not listed. */
export interface Check {
  readonly check: CheckName;
  readonly ok: boolean;
  /** What was found, or why it failed; one line in English. */
  readonly detail: string;
}

/** A check failed. `message` is the reason, one line. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

/** Ends the check under way with a reason. */
export function fail(reason: string): never {
  throw new Failed(reason);
}

/** Undefined when a check in the work failed; the list of checks says why. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failed) return undefined;
    throw error;
  }
}

/** Collects checks; the first that fails ends the run. */
export class Checks {
  readonly list: Check[] = [];

  /** Makes a check. `say` puts what it found into words. */
  async make<T>(check: CheckName, work: () => T | Promise<T>, say: (found: T) => string): Promise<T> {
    try {
      const found = await work();
      this.list.push({ check, ok: true, detail: say(found) });
      return found;
    } catch (error) {
      // A hostile file can make any parser throw anything; each is a failed check, never a crash.
      const detail = error instanceof Error ? error.message : String(error);
      this.list.push({ check, ok: false, detail: error instanceof Failed ? detail : `malformed: ${detail}` });
      throw new Failed(detail);
    }
  }
}
