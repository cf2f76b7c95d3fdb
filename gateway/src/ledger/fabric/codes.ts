// SPDX-License-Identifier: Apache-2.0
import { peer } from '@hyperledger/fabric-protos';

const names = new Map<number, string>(
  Object.entries(peer.TxValidationCode).map(([name, code]) => [code, name]),
);

/** Fabric's name of a validation code; its digits where Fabric has none. */
export function codeName(code: number): string {
  return names.get(code) ?? String(code);
}
