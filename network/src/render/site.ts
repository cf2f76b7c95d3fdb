// SPDX-License-Identifier: Apache-2.0

/** Where a rendered network runs: processes on this machine, or containers that know one another by name. */
export type Site = 'loopback' | 'containers';

/** The host name under which a node is reached. */
export function hostOf(site: Site, nodeName: string): string {
  return site === 'loopback' ? '127.0.0.1' : nodeName;
}

/** The address a node listens on. Only containers, which have a network of their own, listen on all. */
export function listenOn(site: Site): string {
  return site === 'loopback' ? '127.0.0.1' : '0.0.0.0';
}

/** Folders below the network's data folder. Rendered files refer to one another relatively, so the folder can move. */
export const folders = {
  config: (nodeName: string): string => `config/${nodeName}`,
  data: (nodeName: string): string => `data/${nodeName}`,
  /** From a node's config folder up to the data folder. */
  up: '../..',
} as const;

/** Milliseconds as a Go duration. */
export function goDuration(milliseconds: number): string {
  return `${String(milliseconds)}ms`;
}
