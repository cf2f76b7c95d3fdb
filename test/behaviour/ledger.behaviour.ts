// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeBlocks } from './blocks.behaviour.js';
import { describeConflicts } from './conflicts.behaviour.js';
import { describeEndorsement } from './endorsement.behaviour.js';
import { describeEvents } from './events.behaviour.js';
import { describePrivateData } from './private-data.behaviour.js';
import { describeReceipts } from './receipts.behaviour.js';
import { describeRestart } from './restart.behaviour.js';
import { describeState } from './state.behaviour.js';
import { describeSubmission } from './submission.behaviour.js';
import type { LedgerUnderTest } from './under-test.js';

/**
 * What a ledger does, whichever it is. Runs on the embedded network and on real Fabric: where they differ, one of them
 * has a defect. The chaincode is test/support/behaviour-chaincode; its endorsement needs a peer of maker, carrier or
 * bank and one of inspection or customs. Keys are new in every run, so a network can be used again.
 *
 * @param open starts the network; its time is not counted as a test's
 * @param patience milliseconds a start or restart may take
 */
export function describeLedger(name: string, open: () => Promise<LedgerUnderTest>, patience = 60_000): void {
  describe(`ledger: ${name}`, () => {
    let network: LedgerUnderTest;
    beforeAll(async () => {
      network = await open();
    }, patience);
    afterAll(() => network.close(), patience);

    const current = (): LedgerUnderTest => network;
    describeState(current);
    describeEndorsement(current);
    describeConflicts(current);
    describeSubmission(current);
    describeEvents(current);
    describeBlocks(current);
    describePrivateData(current);
    describeReceipts(current);
    describeRestart(current, patience);
  });
}
