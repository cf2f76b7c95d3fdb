// SPDX-License-Identifier: Apache-2.0
/** Every source file begins with its licence, so that one file copied elsewhere still says what it is under. */
const HEAD = '// SPDX-License-Identifier: Apache-2.0';

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'require the SPDX licence line at the head of every source file' },
    fixable: 'code',
    messages: { missing: `Begin the file with "${HEAD}" (eslint --fix adds it).` },
    schema: [],
  },
  create(context) {
    return {
      Program(node) {
        const [first, second] = context.sourceCode.lines;
        const shebang = first?.startsWith('#!') ?? false;
        if ((shebang ? second : first) === HEAD) return;
        const at = shebang ? first.length + 1 : 0;
        context.report({
          node,
          loc: { line: 1, column: 0 },
          messageId: 'missing',
          fix: (fixer) => fixer.insertTextBeforeRange([at, at], `${HEAD}\n`),
        });
      },
    };
  },
};
