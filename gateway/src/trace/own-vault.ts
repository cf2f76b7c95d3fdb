// SPDX-License-Identifier: Apache-2.0
import { Refusal, type Disclosure, type RefusalCode } from '@thingledger/protocol';
import {
  checkDisclosure,
  fault,
  type DataRequest,
  type DataSource,
  type Fetched,
} from '../information-server/index.js';
import type { Asker } from '../principal.js';

/** What the vault's own refusals are called when a hop is judged. */
const FAULTS: Partial<Record<RefusalCode, RefusalCode>> = {
  'TL-DATA-UNKNOWN': 'TL-VERIFY-MISSING',
  'TL-DATA-DELETED': 'TL-VERIFY-MISSING',
  'TL-DATA-ALTERED': 'TL-VERIFY-HASH',
  'TL-DATA-NOT-ENTITLED': 'TL-VERIFY-REFUSED',
};

/**
 * The member's own documents taken straight from its vault, everything else from where `others` gets it. The same
 * rights and the same re-hashing hold on both ways.
 */
export class OwnVaultFirst implements DataSource {
  /** @param read what an entitled caller may see of a document of the own vault, or a refusal */
  constructor(
    private readonly ownAddress: string,
    private readonly read: (hash: string, as: Asker, through?: string) => Promise<Disclosure>,
    private readonly others: DataSource,
  ) {}

  async fetch(request: DataRequest, as: Asker, signal?: AbortSignal): Promise<Fetched> {
    if (request.address !== this.ownAddress) return this.others.fetch(request, as, signal);
    try {
      return checkDisclosure(await this.read(request.hash, as, request.through), request.hash);
    } catch (error) {
      const code = error instanceof Refusal ? FAULTS[error.code] : undefined;
      if (code === undefined) throw error;
      return { ok: false, fault: fault(code, { address: request.address }, (error as Refusal).message) };
    }
  }
}
