// SPDX-License-Identifier: Apache-2.0
import { decodeRefusal, Refusal, type RefusalCode } from '@thingledger/protocol';
import { LedgerError, type LedgerErrorKind } from './port.js';

const codes: Readonly<Record<LedgerErrorKind, RefusalCode>> = {
  refused: 'TL-LEDGER-REFUSED',
  denied: 'TL-LEDGER-REFUSED',
  unknown: 'TL-LEDGER-REFUSED',
  conflict: 'TL-LEDGER-CONFLICT',
  mismatch: 'TL-LEDGER-MISMATCH',
  unavailable: 'TL-LEDGER-UNAVAILABLE',
  deadline: 'TL-LEDGER-UNAVAILABLE',
};

/** The coded refusal that a contract gave, from the reasons of the peers; undefined when it was not the contract. */
export function contractRefusal(error: LedgerError): Refusal | undefined {
  if (error.kind !== 'refused') return undefined;
  for (const message of [...error.peers.map((peer) => peer.message), error.message]) {
    const refusal = decodeRefusal(message);
    if (refusal) return refusal;
  }
  return undefined;
}

/** What the caller is told about a failed call: the contract's own refusal, else ours with every peer's reason. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof LedgerError)) return new Refusal('TL-INTERNAL');
  const coded = contractRefusal(error);
  if (coded) return coded;
  const peers = error.peers.map(
    ({ mspId, address, message }) => `${mspId} ${address}: ${message.slice(0, 300)}`,
  );
  return new Refusal(codes[error.kind], {
    ...(peers.length > 0 ? { peers } : { reason: error.message.slice(0, 300) }),
    ...(error.txId === undefined ? {} : { txId: error.txId }),
  });
}
