// SPDX-License-Identifier: Apache-2.0
import { memberOf, operations, type MappingRecord } from '@thingledger/protocol';
import type { DataSource, Fault } from '../../information-server/client/fetch.js';
import type { LedgerDirectory } from '../../information-server/directory.js';
import type { LedgerReader } from '../../ledger/reader.js';
import type { Principal } from '../../principal.js';
import { announcerOf, checkDocument, checkRecord, type Facts } from './checks/index.js';
import { mayPass } from './patience.js';

/** What examining a record came to. */
export type Finding =
  | { readonly kind: 'accept'; readonly record: MappingRecord }
  | { readonly kind: 'reject'; readonly record: MappingRecord; readonly reasons: Fault[] }
  /** The data could not be had, which may pass. */
  | { readonly kind: 'wait'; readonly record: MappingRecord; readonly reason: Fault }
  | { readonly kind: 'voted'; readonly record: MappingRecord; readonly decision: 'accept' | 'reject' }
  /** Past its deadline, or not for this verifier to decide. */
  | { readonly kind: 'closed' };

/** What a verifier looks at records with. */
export interface Examiner {
  readonly reader: LedgerReader;
  readonly directory: LedgerDirectory;
  readonly source: DataSource;
  /** The verifier. */
  readonly as: Principal;
}

/**
 * Makes all checks of requirement T4 on one record. Throws when the ledger can not be asked: that is no finding.
 * A finding against the record is made twice, the second time from facts asked afresh.
 */
export async function examine(examiner: Examiner, recordId: string, signal: AbortSignal): Promise<Finding> {
  const first = await examineOnce(examiner, recordId, signal);
  if (first.kind !== 'reject') return first;
  examiner.directory.forget();
  return examineOnce(examiner, recordId, signal);
}

async function examineOnce(
  { reader, directory, source, as }: Examiner,
  recordId: string,
  signal: AbortSignal,
): Promise<Finding> {
  const { record, votes, status } = await reader.evaluate(operations.getMappingRecord, { recordId }, as);
  // A regulator has one vote, whichever of its verifiers cast it.
  const own = votes.find(({ regulator }) => regulator === as.member);
  if (own) return { kind: 'voted', record, decision: own.decision };
  if (status === 'expired' || !record.regulators.includes(as.member)) return { kind: 'closed' };

  const atOnce = checkRecord(await gatherFacts({ reader, directory, as }, record));
  // A record that is wrong by itself is no reason to contact the server it names.
  if (atOnce.length > 0) return { kind: 'reject', record, reasons: atOnce };

  const { informationServer: address, dataHash: hash } = record;
  const fetched = await source.fetch({ address, hash, member: memberOf(announcerOf(record)) }, as, signal);
  if (!fetched.ok) {
    return mayPass(fetched.fault.code)
      ? { kind: 'wait', record, reason: fetched.fault }
      : { kind: 'reject', record, reasons: [fetched.fault] };
  }
  const differences = checkDocument(record, fetched.document);
  return differences.length > 0
    ? { kind: 'reject', record, reasons: differences }
    : { kind: 'accept', record };
}

async function gatherFacts(
  { reader, directory, as }: Pick<Examiner, 'reader' | 'directory' | 'as'>,
  record: MappingRecord,
): Promise<Facts> {
  const previousOf = async (recordId: string): Promise<MappingRecord> =>
    (await reader.evaluate(operations.getMappingRecord, { recordId }, as)).record;
  const [announcer, recipient, server, rules, previous] = await Promise.all([
    directory.participant(announcerOf(record)),
    directory.participant(record.to),
    directory.server(record.informationServer),
    directory.rules(),
    record.previous === undefined ? undefined : previousOf(record.previous),
  ]);
  return { record, announcer, recipient, server, rules, previous, now: Date.now() };
}
