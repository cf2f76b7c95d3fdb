// SPDX-License-Identifier: Apache-2.0
export { openDisclosure, type Disclosure, type Opened } from '@thingledger/protocol';
export { createClient } from './client.js';
export { ProblemError, UnexpectedAnswerError } from './problem-error.js';
export type { ClientOptions } from './transport.js';
export type {
  BulkCall,
  BulkResult,
  Call,
  CallOptions,
  Client,
  ClientInput,
  ClientOutput,
  EventOptions,
  LedgerEvents,
  WriteName,
} from './types.js';
