// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { connectFabric, type Ledger } from '@thingledger/gateway';
import { freeBasePort, startNative } from '@thingledger/network';
import { behaviourPlan, clientOf, collection, impostorOf, newFolder } from '../support/behaviour-network.js';
import { describeLedger } from './ledger.behaviour.js';

/** Building Fabric's binaries counts, when they are not there yet. */
const patience = 600_000;

describeLedger(
  'Fabric, native processes',
  async () => {
    const plan = behaviourPlan({ basePort: await freeBasePort() });
    const dir = await newFolder();
    const impostor = await impostorOf(plan);
    let network = await startNative(plan, dir);
    const ledgers = new Map<string, Ledger>();
    const disconnect = async (): Promise<void> => {
      await Promise.all([...ledgers.values()].map((ledger) => ledger.close()));
      ledgers.clear();
    };
    return {
      channel: 'traceability',
      chaincode: 'behaviour',
      collection,
      ledger: (member) => {
        const ledger = ledgers.get(member) ?? connectFabric(network.connection(member));
        ledgers.set(member, ledger);
        return ledger;
      },
      identity: (member) => clientOf(dir, plan, member),
      impostor: () => impostor,
      restart: async () => {
        await disconnect();
        await network.stop();
        network = await startNative(plan, dir);
      },
      close: async () => {
        await disconnect();
        await network.stop();
        await rm(dir, { recursive: true });
      },
    };
  },
  patience,
);
