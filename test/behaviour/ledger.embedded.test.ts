// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { connectEmbedded, type Ledger } from '@thingledger/gateway';
import { startEmbedded } from '@thingledger/network';
import { behaviourPlan, clientOf, collection, impostorOf, newFolder } from '../support/behaviour-network.js';
import { describeLedger } from './ledger.behaviour.js';

describeLedger('embedded network', async () => {
  const plan = behaviourPlan();
  const dir = await newFolder();
  const impostor = await impostorOf(plan);
  let network = await startEmbedded(plan, dir);
  let ledgers = new Map<string, Ledger>();
  return {
    channel: 'traceability',
    chaincode: 'behaviour',
    collection,
    ledger: (member) => {
      const ledger = ledgers.get(member) ?? connectEmbedded(network.peer(member));
      ledgers.set(member, ledger);
      return ledger;
    },
    identity: (member) => clientOf(dir, plan, member),
    impostor: () => impostor,
    restart: async () => {
      await network.close();
      network = await startEmbedded(plan, dir);
      ledgers = new Map();
    },
    close: async () => {
      await network.close();
      await rm(dir, { recursive: true });
    },
  };
});
