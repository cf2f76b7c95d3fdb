// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Plan } from '../../plan/types.js';
import { agree } from '../fabric/agree.js';
import type { FabricSite } from '../fabric/tools.js';
import { ensureBinaries } from './binaries.js';
import { withLock } from './lock.js';
import { newNativeNetwork, type NativeNetwork } from './network.js';
import { nativeNodes } from './nodes.js';
import { prepareFolder } from '../fabric/prepare.js';
import { runningPid } from './process.js';
import { startNodes } from './supervise.js';

/** Choices of a start. */
export interface NativeOptions {
  /** Called with a line for people at every step. */
  readonly onProgress?: (message: string) => void;
  /** Milliseconds a node may take until it serves. */
  readonly nodePatience?: number;
}

/**
 * Starts real Fabric processes for a plan and waits until every chaincode answers on every peer. Starts only what does
 * not run, and does only what is not done: after a kill or a stop it resumes from the state in `dir`. The processes
 * outlive this one; stopNative ends them.
 *
 * @param dir data folder: keys, configuration, ledgers, logs
 * @throws BinariesError without Fabric's executables and Go
 * @throws DataFolderError when `dir` holds another network
 * @throws NodeStartError when a process ends or does not serve in time
 */
export async function startNative(
  plan: Plan,
  dir: string,
  options: NativeOptions = {},
): Promise<NativeNetwork> {
  const folder = resolve(dir);
  const progress = options.onProgress ?? (() => undefined);
  const binaries = await ensureBinaries(progress);
  return withLock(folder, async () => {
    progress('keys and configuration');
    await prepareFolder(plan, folder, 'loopback');
    const fabric: FabricSite = { plan, dir: folder, site: 'loopback', binaries };

    const nodes = nativeNodes(plan, folder);
    const missing = nodes.filter((node) => runningPid(folder, node.name) === undefined);
    if (missing.length > 0)
      progress(`starting ${String(missing.length)} of ${String(nodes.length)} processes`);
    await startNodes(nodes, folder, binaries, options.nodePatience);

    await agree(fabric, progress);
    progress('ready');
    return newNativeNetwork(fabric);
  });
}
