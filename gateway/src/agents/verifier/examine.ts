// SPDX-License-Identifier: Apache-2.0
import { memberOf, type MappingRecord } from '@thingledger/protocol';
import { fault, type DataSource, type Fault } from '../../information-server/client/fetch.js';
import { verifiersSeeAll } from '../../information-server/entitlement.js';
import type { LedgerDirectory } from '../../information-server/directory.js';
import type { LedgerReader } from '../../ledger/reader.js';
import type { Principal } from '../../principal.js';
import { announcerOf, checkDocument, checkRecord, type Facts } from './checks/index.js';
import { mayPass } from './patience.js';
import type { RecordReader } from './records.js';
import type { ReadStatement } from './statement.js';

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

/** What a record is looked at in: its statement, and the records that come before those of the statement. */
export interface Context {
  readonly statement: ReadStatement;
  readonly previous: RecordReader;
}

/** Makes all checks of requirement T4 on one record. Throws when the ledger can not be asked: that is no finding. */
export async function examine(
  examiner: Examiner,
  context: Context,
  recordId: string,
  signal: AbortSignal,
): Promise<Finding> {
  const { source, as } = examiner;
  const { record, votes, status } = context.statement.require(recordId);
  // A regulator has one vote, whichever of its verifiers cast it.
  const own = votes.find(({ regulator }) => regulator === as.member);
  if (own) return { kind: 'voted', record, decision: own.decision };
  if (status === 'expired' || !record.regulators.includes(as.member)) return { kind: 'closed' };

  const atOnce = checkRecord(await gatherFacts(examiner, context, record));
  // A record that is wrong by itself is no reason to contact the server it names.
  if (atOnce.length > 0) return { kind: 'reject', record, reasons: atOnce };

  const { informationServer: address, dataHash: hash } = record;
  const fetched = await source.fetch({ address, hash, member: memberOf(announcerOf(record)) }, as, signal);
  if (!fetched.ok) {
    return mayPass(fetched.fault.code)
      ? { kind: 'wait', record, reason: fetched.fault }
      : { kind: 'reject', record, reasons: [fetched.fault] };
  }
  if (fetched.hidden > 0 && verifiersSeeAll(await examiner.directory.access(), as.member))
    return {
      kind: 'wait',
      record,
      reason: fault(
        'TL-VERIFY-REFUSED',
        { address, hidden: fetched.hidden },
        'The copy hides what verifiers see',
      ),
    };
  const differences = checkDocument(record, fetched.document);
  return differences.length > 0
    ? { kind: 'reject', record, reasons: differences }
    : { kind: 'accept', record };
}

async function gatherFacts({ directory }: Examiner, context: Context, record: MappingRecord): Promise<Facts> {
  const [announcer, recipient, server, rules, previous] = await Promise.all([
    directory.participant(announcerOf(record)),
    directory.participant(record.to),
    directory.server(record.informationServer),
    directory.rules(),
    record.previous === undefined ? undefined : context.previous.get(record.previous),
  ]);
  const signed = context.statement.isSigned(record, announcer);
  return { record, announcer, recipient, signed, server, rules, previous: previous?.record, now: Date.now() };
}
