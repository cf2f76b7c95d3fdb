// SPDX-License-Identifier: Apache-2.0
import { RuleTester } from 'eslint';
import { parser } from 'typescript-eslint';

/** Runs a rule's examples on TypeScript source, one jest test an example. */
export const ruleTester = new RuleTester({ languageOptions: { parser, sourceType: 'module' } });
