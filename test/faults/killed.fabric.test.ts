// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { newFolder } from '../support/behaviour-network.js';
import { startFabricConsortium, type FabricConsortium } from '../support/fabric-consortium.js';
import { Subscriber } from '../support/subscriber.js';
import { describeCapture } from './capture.fault.js';
import { describeGateway } from './gateway.fault.js';
import { describeHandOver } from './hand-over.fault.js';
import { describeMember } from './member.fault.js';
import { describeOrderer } from './orderer.fault.js';
import { describeSubscription } from './subscription.fault.js';
import { report } from './under-test.js';
import { describeVerifier } from './verifier.fault.js';

/** Building Fabric's binaries counts, when they are not there yet. */
const PATIENCE_MS = 600_000;

describe('a consortium on Fabric, parts of it killed', () => {
  let dir: string;
  let subscriber: Subscriber;
  let fabric: FabricConsortium;
  const network = (): FabricConsortium => fabric;

  beforeAll(async () => {
    dir = await newFolder();
    subscriber = await Subscriber.start('a token');
    fabric = await startFabricConsortium(report, {
      THINGLEDGER_WEBHOOK_CA_FILE: await subscriber.authorityFile(dir),
    });
  }, PATIENCE_MS);
  afterEach(() => fabric.heal());
  afterAll(async () => {
    await fabric.close();
    await subscriber.close();
    await rm(dir, { recursive: true, force: true });
  });

  describeOrderer(network);
  describeGateway(network);
  describeCapture(network);
  describeHandOver(network);
  describeSubscription(() => ({
    consortium: fabric.consortium,
    subscriber,
    kill: () => fabric.killGateway('maker'),
    start: () => fabric.startGateway('maker'),
  }));
  describeMember(network);
  describeVerifier(network);
});
