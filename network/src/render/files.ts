// SPDX-License-Identifier: Apache-2.0
import type { Plan } from '../plan/types.js';
import { renderBuilder } from './builder.js';
import { chaincodeHostConfig, renderCollections } from './chaincode.js';
import { renderConfigtx } from './configtx.js';
import { renderCore } from './core.js';
import { renderOrderer } from './orderer.js';
import { folders, type Site } from './site.js';

/**
 * Every configuration file of a network, by path below its data folder. Pure: the same plan gives the same bytes.
 * Files below `bin/` are to be executable.
 */
export function renderAll(plan: Plan, site: Site = 'loopback'): Record<string, string> {
  const files: Record<string, string> = {
    'config/configtx.yaml': renderConfigtx(plan, site),
    ...renderBuilder(),
  };
  for (const organisation of plan.organisations) {
    const { peer, orderer, chaincodeHost } = organisation;
    if (peer !== undefined)
      files[`${folders.config(peer.name)}/core.yaml`] = renderCore(plan, organisation, peer, site);
    if (orderer !== undefined) {
      files[`${folders.config(orderer.name)}/orderer.yaml`] = renderOrderer(
        plan,
        organisation,
        orderer,
        site,
      );
    }
    if (chaincodeHost !== undefined) {
      const config = chaincodeHostConfig(plan, organisation, site);
      files[`${folders.config(chaincodeHost.name)}/host.json`] = JSON.stringify(config, null, 2);
    }
  }
  for (const { channel, chaincodes } of plan.consortia) {
    for (const { name, collections } of chaincodes) {
      if (collections.length > 0) files[collectionsFile(channel, name)] = renderCollections(collections);
    }
  }
  return files;
}

/** Path of a chaincode's collections file below the data folder. */
export function collectionsFile(channel: string, chaincode: string): string {
  return `config/collections/${channel}.${chaincode}.json`;
}
