// SPDX-License-Identifier: Apache-2.0
import rule from './no-state-scan.mjs';
import { ruleTester } from './rule-tester.mjs';

ruleTester.run('no-state-scan', rule, {
  valid: ['stub.getState(key);', 'const getHistoryForKey = "a name"; state.load(getHistoryForKey);'],
  invalid: [
    'ctx.stub.getStateByRange("a", "b");',
    'stub.getStateByPartialCompositeKeyWithPagination("t", [], 10);',
    'stub["getQueryResult"]("{}");',
    'const history = stub.getHistoryForKey;',
    'stub.getPrivateDataByRange("c", "a", "b");',
  ].map((code) => ({ code, errors: [{ messageId: 'scan' }] })),
});
