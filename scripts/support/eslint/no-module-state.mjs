// SPDX-License-Identifier: Apache-2.0
/**
 * A chaincode process outlives the transaction, and a second peer may have served other transactions before
 * this one: what a module remembers between calls must never change. Filling a table while the module loads is fine.
 */
const MUTATORS = new Set([
  'push',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'fill',
  'copyWithin',
  'set',
  'add',
  'delete',
  'clear',
]);

/** Whether the value was made here as a plain collection; what a call returned may define `add` as it likes. */
const isCollection = (node) => {
  while (node && /^TS(As|Satisfies|NonNull)/.test(node.type)) node = node.expression;
  return node != null && /^(Array|Object|New)Expression$/.test(node.type);
};
const isFunction = (node) => /Function/.test(node.type) || node.type === 'PropertyDefinition';

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'refuse state that a module keeps between transactions' },
    messages: {
      variable: '`{{name}}` outlives the transaction; make it const, or pass it as an argument.',
      mutated:
        '`{{name}}` belongs to the module and outlives the transaction; do not change it after loading.',
      field: 'A static field outlives the transaction; make it readonly.',
    },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context;
    const runsLater = (node) => sourceCode.getAncestors(node).some(isFunction);

    /** The node that changes the object this reference names, if it does. */
    const mutation = (identifier, collection) => {
      let node = identifier;
      while (node.parent.type === 'MemberExpression' && node.parent.object === node) node = node.parent;
      if (node === identifier) return undefined;
      const { parent } = node;
      if (parent.type === 'CallExpression' && parent.callee === node)
        return collection && !node.computed && MUTATORS.has(node.property.name) ? parent : undefined;
      const assigned =
        (parent.type === 'AssignmentExpression' && parent.left === node) ||
        parent.type === 'UpdateExpression' ||
        (parent.type === 'UnaryExpression' && parent.operator === 'delete');
      return assigned ? parent : undefined;
    };

    return {
      PropertyDefinition(node) {
        if (node.static && !node.readonly) context.report({ node, messageId: 'field' });
      },
      'Program:exit'(program) {
        const moduleScope = sourceCode.getScope(program).childScopes[0] ?? sourceCode.getScope(program);
        for (const variable of moduleScope.variables) {
          const [definition] = variable.defs;
          if (definition?.type !== 'Variable' || definition.parent.declare) continue;
          const data = { name: variable.name };
          if (definition.parent.kind !== 'const')
            context.report({ node: definition.name, messageId: 'variable', data });
          const collection = isCollection(definition.node.init);
          for (const { identifier } of variable.references) {
            const node = mutation(identifier, collection);
            if (node && runsLater(node)) context.report({ node, messageId: 'mutated', data });
          }
        }
      },
    };
  },
};
