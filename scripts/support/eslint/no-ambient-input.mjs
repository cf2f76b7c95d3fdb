// SPDX-License-Identifier: Apache-2.0
/**
 * Two peers that run one transaction must write the same bytes. This rule refuses what may differ between
 * them: the wall clock, random values, the environment, timers, locale and time zone, and the functions of
 * Math whose last digit ECMAScript leaves to the implementation.
 */
const GLOBALS = new Set([
  'process',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'Intl',
  'navigator',
  'crypto',
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
  'Atomics',
]);
const APPROXIMATE = new Set([
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atan2',
  'atanh',
  'cbrt',
  'cos',
  'cosh',
  'exp',
  'expm1',
  'hypot',
  'log',
  'log10',
  'log1p',
  'log2',
  'pow',
  'sin',
  'sinh',
  'tan',
  'tanh',
]);
const LOCAL_TIME =
  /^((get|set)(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|Year)|getTimezoneOffset)$/;
const LOCALE = /^(toLocale[A-Z]\w*|localeCompare)$/;
const RANDOM = new Set([
  'randomBytes',
  'randomInt',
  'randomUUID',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
  'generateKeyPair',
  'generateKeyPairSync',
  'generateKey',
  'generateKeySync',
  'generatePrime',
  'generatePrimeSync',
]);

const isBigInt = (node) =>
  node.type === 'Literal'
    ? typeof node.value === 'bigint'
    : node.type === 'CallExpression' && node.callee.name === 'BigInt';

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'refuse what may differ between two peers running one transaction' },
    messages: {
      global: '`{{name}}` differs from peer to peer; take what you need as an argument.',
      clock: 'The wall clock differs from peer to peer; use the transaction’s clock.',
      zone: '`{{name}}` reads the machine’s time zone; use the UTC form.',
      locale: '`{{name}}` depends on the machine’s locale; compare and format code units yourself.',
      random: '`{{name}}` gives every peer another value; derive it from the transaction id.',
      approximate:
        '`{{name}}` may differ in the last digit between machines; use integers, or sqrt and the four operations.',
    },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context;
    /** Whether this identifier is the global and not something the file declares. */
    const ambient = (node) => {
      for (let scope = sourceCode.getScope(node); scope; scope = scope.upper) {
        const variable = scope.set.get(node.name);
        if (variable) return variable.defs.length === 0;
      }
      return true;
    };
    const isGlobal = (node, name) => node.type === 'Identifier' && node.name === name && ambient(node);
    const report = (node, messageId, name) => context.report({ node, messageId, data: { name } });

    return {
      // References, not identifiers: a property or a type that is merely called `process` is not one.
      'Program:exit'(program) {
        const inspect = (scope) => {
          for (const { identifier, resolved, isTypeReference } of scope.references) {
            if (isTypeReference || (resolved && resolved.defs.length > 0)) continue;
            if (GLOBALS.has(identifier.name)) report(identifier, 'global', identifier.name);
          }
          scope.childScopes.forEach(inspect);
        };
        inspect(sourceCode.getScope(program));
      },
      'NewExpression, CallExpression'(node) {
        if (!isGlobal(node.callee, 'Date')) return;
        if (node.type === 'CallExpression' || node.arguments.length === 0) report(node, 'clock');
        else if (node.arguments.length > 1) report(node, 'zone', 'new Date(year, month, …)');
      },
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (typeof name !== 'string') return;
        if (isGlobal(node.object, 'Date') && name === 'now') report(node, 'clock');
        else if (isGlobal(node.object, 'Math') && name === 'random') report(node, 'random', 'Math.random');
        else if (isGlobal(node.object, 'Math') && APPROXIMATE.has(name))
          report(node, 'approximate', `Math.${name}`);
        else if (isGlobal(node.object, 'globalThis')) report(node, 'global', `globalThis.${name}`);
        else if (LOCAL_TIME.test(name)) report(node, 'zone', name);
        else if (LOCALE.test(name)) report(node, 'locale', name);
        else if (RANDOM.has(name)) report(node, 'random', name);
      },
      ImportSpecifier(node) {
        const name = node.imported.name ?? node.imported.value;
        if (/^(node:)?crypto$/.test(node.parent.source.value) && RANDOM.has(name))
          report(node, 'random', name);
      },
      'BinaryExpression[operator="**"], AssignmentExpression[operator="**="]'(node) {
        if (!isBigInt(node.left) && !isBigInt(node.right)) report(node, 'approximate', '**');
      },
    };
  },
};
