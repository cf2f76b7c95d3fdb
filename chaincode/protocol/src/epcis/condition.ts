// SPDX-License-Identifier: Apache-2.0
import type { COMPARISONS, EXTENSION_PLACES } from './parameters';
import type { ENTRY_TYPES } from './vocabulary';

/** How a value of an event stands to that of a query. */
export type Comparison = (typeof COMPARISONS)[number];

/** Where an extension stands in an event; the prefix of its query parameters. */
export type ExtensionPlace = 'EVENT' | (typeof EXTENSION_PLACES)[number];

/** One thing asked of an event; all values in the canonical form of the event hash, times in milliseconds since 1970. */
export type Condition =
  | { readonly kind: 'equals'; readonly field: string; readonly values: readonly string[] }
  | {
      readonly kind: 'typed';
      readonly field: keyof typeof ENTRY_TYPES;
      readonly type: string;
      readonly values: readonly string[];
    }
  | {
      readonly kind: 'within';
      readonly field: 'readPoint' | 'bizLocation';
      readonly values: readonly string[];
    }
  | { readonly kind: 'match'; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: 'time'; readonly field: string; readonly comparison: 'GE' | 'LT'; readonly at: number }
  | {
      readonly kind: 'number';
      readonly field: string;
      readonly comparison: Comparison;
      /** With `EQ` one of many. */
      readonly values: readonly number[];
      readonly uom?: string;
    }
  | { readonly kind: 'exists'; readonly field: string }
  | {
      readonly kind: 'extension';
      readonly place: ExtensionPlace;
      /** Whether it may stand at any depth inside a member of that place. */
      readonly inner: boolean;
      /** `{namespace}local`. */
      readonly name: string;
      readonly comparison: Comparison | 'EXISTS';
      readonly values: readonly string[];
    }
  | {
      readonly kind: 'attribute';
      /** Of a vocabulary type: a field of the standard, or the name of an extension as `{namespace}local`. */
      readonly field: string;
      /** Of attributes of master data, one of which is there. */
      readonly names: readonly string[];
      /** One of which it has; whatever it has where they are left out. */
      readonly values?: readonly string[];
    };

/** A query for events: an event is in the answer when every condition holds (EPCIS 2.0, section 8.2.7.1). */
export interface EpcisQuery {
  readonly conditions: readonly Condition[];
  readonly orderBy: 'eventTime' | 'recordTime';
  readonly orderDirection: 'ASC' | 'DESC';
  /** The answer is cut after so many events. */
  readonly eventCountLimit?: number;
  /** With more events than this there is no answer but a refusal. */
  readonly maxEventCount?: number;
  readonly perPage?: number;
  readonly nextPageToken?: string;
}
