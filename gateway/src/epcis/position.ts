// SPDX-License-Identifier: Apache-2.0

/** A place among events in the order of a time, in milliseconds since 1970; those of one time are in that of their keys. */
export interface Position {
  readonly time: number;
  /** Of the event (`keyOf`); empty before all of that time. */
  readonly key: string;
}
