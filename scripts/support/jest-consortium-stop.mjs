// SPDX-License-Identifier: Apache-2.0
/** After the last scenario: stops the consortium that jest-consortium.mjs started, if it started one. */
export default async function stop() {
  await globalThis.stopConsortium?.();
}
