// SPDX-License-Identifier: Apache-2.0

/**
 * How Node collects garbage in a consortium's processes. Large batches leave much of it, short-lived: a larger nursery makes
 * that cheap. There are more processes than cores: several threads that collect for each cost a tenth of all work.
 */
export const nodeFlags: readonly string[] = [
  '--max-semi-space-size=64',
  '--min-semi-space-size=32',
  '--single-threaded-gc',
];
