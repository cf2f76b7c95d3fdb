// SPDX-License-Identifier: Apache-2.0
/**
 * Range, rich and history queries make a transaction conflict with every write in the range and cost a round
 * trip a page. Contracts load the keys they name; lists belong to the read model. Only kernel/src/fabric,
 * which names the stub, may mention these methods.
 */
const SCAN =
  /^(getStateByRange|getStateByPartialCompositeKey|getPrivateDataByRange|getPrivateDataByPartialCompositeKey|getQueryResult|getPrivateDataQueryResult)(WithPagination)?$|^getHistoryForKey$/;

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'refuse range, rich and history queries outside kernel/src/fabric' },
    messages: { scan: '`{{name}}` scans the state; load the keys you name, or ask the read model.' },
    schema: [],
  },
  create(context) {
    return {
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (typeof name === 'string' && SCAN.test(name))
          context.report({ node: node.property, messageId: 'scan', data: { name } });
      },
    };
  },
};
