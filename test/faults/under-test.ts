// SPDX-License-Identifier: Apache-2.0
import type { FabricConsortium } from '../support/fabric-consortium.js';

/** The consortium under test; each suite leaves it whole. */
export type Network = () => FabricConsortium;

/** Figures belong to what a fault test shows: printed beside the runner's own lines. */
export function report(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
