// SPDX-License-Identifier: Apache-2.0
export { testCaller, type TestParticipant } from './test-caller';
export { NondeterminismError, TestLedger, type TestCaller, type TestRun } from './test-ledger';
