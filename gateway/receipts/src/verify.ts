// SPDX-License-Identifier: Apache-2.0
import { Receipt } from '@thingledger/protocol/receipt';
import { Checks, fail, Failed } from './checks.js';
import { verifyEmbedded } from './embedded.js';
import { verifyFabric } from './fabric.js';
import { type Draft, type Report, reportOf } from './report.js';

/** What the one who verifies knows by himself. */
export interface VerifyOptions {
  /**
   * Hash of the channel’s first block, 64 hexadecimal digits, from a source that has nothing to do with the receipt.
   * Left out, the report names the one it found, to be compared by hand.
   */
  readonly anchor?: string;
}

/**
 * Verifies a receipt without network, clock or files. Whatever the bytes, it answers with a report and never throws.
 *
 * @param receipt the parsed JSON of the file
 */
export async function verifyReceipt(receipt: unknown, { anchor }: VerifyOptions = {}): Promise<Report> {
  const draft: Draft = { checks: new Checks() };
  try {
    const parsed = await formOf(receipt, draft);
    draft.network = parsed.network;
    const given = anchor?.toLowerCase();
    await (parsed.network === 'fabric'
      ? verifyFabric(parsed, draft, given)
      : verifyEmbedded(parsed, draft, given));
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
  }
  return reportOf(draft, anchor !== undefined);
}

async function formOf(receipt: unknown, { checks }: Draft): Promise<Receipt> {
  const parsed = Receipt.safeParse(receipt);
  if (parsed.success) return parsed.data;
  return checks.make(
    'form',
    () => {
      const [issue] = parsed.error.issues;
      return fail(`no receipt: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'unreadable'}`);
    },
    () => '',
  );
}
