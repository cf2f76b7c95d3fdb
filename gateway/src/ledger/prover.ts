// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, operationId, type AnswerProof, type Operation } from '@thingledger/protocol';
import { readTransaction } from '@thingledger/receipts';
import type { Caller, Target } from './caller.js';
import { LedgerError, type Ledger, type Wanted } from './port.js';
import { refusalOf } from './refusal-of.js';
import { pause } from './submit/pace.js';

/** Peers may stand a few blocks apart for a moment: differing answers are asked for again so long. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 150;

/** The ledger’s answer to an operation, with what proves it. */
export interface Evidence extends Pick<AnswerProof, 'said' | 'bundle'> {
  readonly answer: unknown;
}

/** Has answers of the ledger proved. */
export interface Prover {
  /**
   * Has an evaluate operation answered and signed as the chaincode’s policy asks, though nothing is ordered, and gathers
   * the transactions that wrote what was read (requirement X9). Throws the Refusal that the peers gave, and
   * `TL-PROOF-TOO-LARGE`.
   */
  prove(operation: Operation, input: unknown, as: Caller): Promise<Evidence>;
}

/** Makes a prover over any ledger. */
export function createProver(ledger: Ledger, route: (operation: Operation) => Target): Prover {
  return {
    async prove(operation, input, as) {
      const { channel, chaincode } = route(operation);
      const call = { channel, chaincode, fn: operationId(operation), args: [canonicalJson(input)] };
      const said = await patiently(() => ledger.signedAnswer(call, as.identity)).catch((error: unknown) => {
        throw refusalOf(error);
      });
      const { reads, result } = readTransaction(said);
      const places = new Map<string, Wanted>();
      for (const { namespace, block, index } of reads) {
        if (namespace === chaincode) places.set(`${String(block)}.${String(index)}`, { block, index });
      }
      const request = { transactions: [...places.values()], beside: said };
      return {
        answer: JSON.parse(Buffer.from(result).toString('utf8')),
        said: Buffer.from(said).toString('base64'),
        bundle: await ledger.bundle(channel, request, as.identity),
      };
    },
  };
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + PATIENCE_MS; ;) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof LedgerError && error.kind === 'mismatch';
      if (!passing || performance.now() > until) throw error;
      await pause(PAUSE_MS);
    }
  }
}
