// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isTaken } from '../fabric/probes.js';
import type { Binaries } from '../fabric/tools.js';
import { withLock } from './lock.js';
import type { NativeNode } from './nodes.js';
import { logFile, logTail, runningPid, startProcess, stopProcess } from './process.js';

/** A node that did not come up. The message names its log. */
export class NodeStartError extends Error {
  override readonly name = 'NodeStartError';
}

const defaultPatience = 60_000;

/**
 * Stops every process of the network in this folder; its state stays. Harmless when nothing runs. Peers go before
 * orderers, so that no peer keeps asking orderers that are gone.
 */
export async function stopNative(dir: string): Promise<void> {
  const folder = resolve(dir);
  if (!existsSync(join(folder, 'run'))) return;
  await withLock(folder, async () => {
    const names = readdirSync(join(folder, 'run')).flatMap((file) => /^(.+)\.pid$/.exec(file)?.[1] ?? []);
    for (const kind of ['peer.', 'orderer.', 'chaincode.']) {
      await Promise.all(
        names.filter((name) => name.startsWith(kind)).map((name) => stopProcess(folder, name)),
      );
    }
  });
}

/** Starts the nodes that do not run and waits until all of them serve. */
export async function startNodes(
  nodes: readonly NativeNode[],
  dir: string,
  binaries: Binaries,
  patience = defaultPatience,
): Promise<void> {
  for (const node of nodes) {
    if (runningPid(dir, node.name) !== undefined) continue;
    await checkPorts(node);
    startProcess(dir, node.command(binaries));
  }
  await Promise.all(nodes.map((node) => awaitNode(node, dir, patience)));
}

async function checkPorts(node: NativeNode): Promise<void> {
  for (const port of node.ports) {
    if (await isTaken(port)) {
      throw new NodeStartError(
        `${node.name} cannot start: port ${String(port)} is taken by another program. Stop that, or choose another base port`,
      );
    }
  }
}

async function awaitNode(node: NativeNode, dir: string, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const failure = await node.probe().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const running = runningPid(dir, node.name) !== undefined;
    if (failure === undefined && running) return;
    if (!running || Date.now() > deadline) {
      const what = running
        ? `does not serve after ${String(patience / 1000)} s (${String(failure)})`
        : 'has ended';
      throw new NodeStartError(
        `${node.name} ${what}. ${logFile(dir, node.name)} ends:\n${logTail(dir, node.name)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
