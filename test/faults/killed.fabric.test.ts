// SPDX-License-Identifier: Apache-2.0
import { startFabricConsortium, type FabricConsortium } from '../support/fabric-consortium.js';
import { describeCapture } from './capture.fault.js';
import { describeGateway } from './gateway.fault.js';
import { describeMember } from './member.fault.js';
import { describeOrderer } from './orderer.fault.js';
import { report } from './under-test.js';
import { describeVerifier } from './verifier.fault.js';

/** Building Fabric's binaries counts, when they are not there yet. */
const PATIENCE_MS = 600_000;

describe('a consortium on Fabric, parts of it killed', () => {
  let fabric: FabricConsortium;
  const network = (): FabricConsortium => fabric;

  beforeAll(async () => {
    fabric = await startFabricConsortium(report);
  }, PATIENCE_MS);
  afterEach(() => fabric.heal());
  afterAll(() => fabric.close());

  describeOrderer(network);
  describeGateway(network);
  describeCapture(network);
  describeMember(network);
  describeVerifier(network);
});
