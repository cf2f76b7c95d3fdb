// SPDX-License-Identifier: Apache-2.0
/** ThingLedger's own lint rules, as one ESLint plugin. */
import noAmbientInput from './no-ambient-input.mjs';
import noModuleState from './no-module-state.mjs';
import noStateScan from './no-state-scan.mjs';
import spdxHead from './spdx-head.mjs';

export default {
  meta: { name: 'thingledger' },
  rules: {
    'no-ambient-input': noAmbientInput,
    'no-module-state': noModuleState,
    'no-state-scan': noStateScan,
    'spdx-head': spdxHead,
  },
};
