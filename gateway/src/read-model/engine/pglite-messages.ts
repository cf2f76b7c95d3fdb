// SPDX-License-Identifier: Apache-2.0

/** A statement for the thread of PGlite, or the end of it. */
export interface ThreadRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly close?: boolean;
}

/** Its answer; number 0 says that the database is open. */
export type ThreadAnswer =
  | {
      readonly id: number;
      readonly ok: true;
      readonly result: {
        readonly command: string;
        readonly rowCount: number;
        readonly rows: readonly object[];
      };
    }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly code: string | undefined };
