// SPDX-License-Identifier: Apache-2.0
import type { Block } from './block.js';
import { fail } from './checks.js';
import type { Configuration } from './configuration.js';

/** An orderer whose signature under a block was verified. */
export interface OrdererSeal {
  readonly consenter: number;
  readonly member: string;
}

/**
 * Verifies that a quorum of a configuration’s consenters signed a block. Stricter than a peer: each signature there is
 * must verify, and come from a consenter that has not signed before, so that no byte under a block is without meaning.
 *
 * @param at when the block was made, milliseconds since 1970
 */
export async function verifyOrderers(
  block: Block,
  configuration: Configuration,
  at: number,
): Promise<OrdererSeal[]> {
  const where = `block ${String(block.number)}`;
  const seals: OrdererSeal[] = [];
  for (const { consenter: id, message, signature } of block.signatures) {
    const consenter =
      configuration.consenters.find((one) => one.id === id) ??
      fail(`${where} is signed by consenter ${String(id)}, whom the configuration does not know`);
    if (seals.some((seal) => seal.consenter === id))
      fail(`${where} is signed by consenter ${String(id)} twice`);
    const signer = await configuration.msp(consenter.member).identify(consenter.certificate, at);
    if (!(await signer.verify(message, signature))) {
      fail(`the signature of consenter ${String(id)} (${consenter.member}) under ${where} does not verify`);
    }
    seals.push({ consenter: id, member: consenter.member });
  }
  const { quorum, consenters } = configuration;
  if (seals.length < quorum) {
    fail(
      `${where} is signed by ${String(seals.length)} of ${String(consenters.length)} orderers; ` +
        `${String(quorum)} are needed`,
    );
  }
  return seals;
}
