// SPDX-License-Identifier: Apache-2.0
import { answer } from './process.mjs';
import { built } from './workspace.mjs';

/** Where to get Fabric, for people who have neither its programs nor Go. */
export const fabricFix =
  'install Go 1.26 or later (go.dev/dl) and Fabric is built by itself, or name a folder with Fabric 3.1 programs in FABRIC_BIN';

/** Whether real Fabric can run here: `binaries` (found), `go` (can be built), or undefined. */
export async function fabricHere() {
  const { findBinaries } = await built('network/dist/index.js');
  if ((await findBinaries()) !== undefined) return 'binaries';
  return answer('go', 'version') === undefined ? undefined : 'go';
}

/** The network package, and the plan of the default topology. */
export async function network() {
  const entry = await built('network/dist/index.js');
  return { ...entry, plan: entry.planNetwork(entry.loadTopology(entry.defaultTopologyFile)) };
}

/** A base port for a network beside others, as text for an option. */
export async function freeBasePort() {
  return String(await (await network()).freeBasePort());
}
