// SPDX-License-Identifier: Apache-2.0
import { AuditReport } from '@thingledger/protocol/audit';
import { Bundle } from '@thingledger/protocol/bundle';
import { Proven } from '@thingledger/protocol/proof';
import { Receipt } from '@thingledger/protocol/receipt';
import { type AuditVerification, verifyAudit } from './audit.js';
import { type BundleReport, openBundle } from './bundle.js';
import { attempt, Checks, fail } from './checks.js';
import { type DisclosureReport, verifyDisclosure } from './disclosure.js';
import { verifyEmbedded } from './embedded.js';
import { verifyFabric } from './fabric.js';
import { type ProofReport, verifyProof } from './proof.js';
import { type Draft, type Report, reportOf } from './report.js';

/** What the one who verifies knows by himself. */
export interface VerifyOptions {
  /**
   * Hash of the channel’s first block, 64 hexadecimal digits, from a source that has nothing to do with the receipt.
   * Left out, the report names the one it found, to be compared by hand.
   */
  readonly anchor?: string;
}

/** What the one who verifies a file of any kind knows by himself. */
export interface FileOptions extends VerifyOptions {
  /**
   * Of a copy of traceability data: the `dataHash` of its mapping record, 64 hexadecimal digits. Left out, the report
   * names the one it found. A copy has no anchor and other files have no such hash: with the wrong one no file holds.
   */
  readonly hash?: string;
}

/**
 * Verifies a receipt without network, clock or files. Whatever the bytes, it answers with a report and never throws.
 *
 * @param receipt the parsed JSON of the file
 */
export async function verifyReceipt(receipt: unknown, { anchor }: VerifyOptions = {}): Promise<Report> {
  const draft: Draft = { checks: new Checks() };
  await attempt(async () => {
    const parsed = await formOf(Receipt, receipt, draft);
    draft.network = parsed.network;
    const given = anchor?.toLowerCase();
    await (parsed.network === 'fabric'
      ? verifyFabric(parsed, draft, given)
      : verifyEmbedded(parsed, draft, given));
  });
  return reportOf(draft, anchor !== undefined);
}

/** What came of verifying a file. A receipt’s report has no `kind`. */
export type FileReport = Report | BundleReport | AuditVerification | ProofReport | DisclosureReport;

/**
 * Verifies a file of any kind that gateways give as proof: a receipt, a bundle of them, an audit report, an answer with
 * its proof, or a copy of traceability data. Whatever the bytes, it answers with a report and never throws.
 *
 * @param file the parsed JSON of the file
 */
export async function verifyFile(file: unknown, options: FileOptions = {}): Promise<FileReport> {
  const { anchor, hash } = options;
  const type = typeOf(file);
  // What was given and can not be compared must not pass in silence.
  if (type === 'ThingLedgerDisclosure' && anchor !== undefined)
    return formFailed('a copy of traceability data has no anchor, but a hash');
  if (type !== 'ThingLedgerDisclosure' && hash !== undefined)
    return formFailed('only a copy of traceability data has a hash to compare');
  switch (type) {
    case 'ThingLedgerDisclosure':
      return verifyDisclosure(file, hash);
    case 'ThingLedgerBundle':
      return verifyParsed(Bundle, file, async (bundle) => (await openBundle(bundle, anchor)).close());
    case 'ThingLedgerAuditReport':
      return verifyParsed(AuditReport, file, (report) => verifyAudit(report, anchor));
    case 'ThingLedgerProof':
      return verifyParsed(Proven, file, (proven) => verifyProof(proven, anchor));
    default:
      return verifyReceipt(file, options);
  }
}

/** What kind of file it says to be; an answer says it in its proof. */
function typeOf(file: unknown): unknown {
  const { proof, type } = membersOf(file);
  return proof === undefined ? type : membersOf(proof).type;
}

function membersOf(value: unknown): { readonly proof?: unknown; readonly type?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

function formFailed(detail: string): Report {
  const draft: Draft = { checks: new Checks() };
  draft.checks.list.push({ check: 'form', ok: false, detail });
  return reportOf(draft, false);
}

/** What a file is that says to be no proof at all: a refusal saved in place of the answer, most often. */
function otherKind(file: unknown): string | undefined {
  const type = typeOf(file);
  if (typeof type === 'string' && type.startsWith('ThingLedger')) return undefined;
  if (typeof file === 'object' && file !== null && 'code' in file && 'fix' in file)
    return `no receipt but a gateway’s refusal, ${String(file.code)}: ${String(file.fix)}`;
  return 'no receipt: nothing of what gateways give as proof (receipt, bundle, audit report, answer with its proof)';
}

/** A schema of the protocol. */
interface Form<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { path: readonly PropertyKey[]; message: string }[] };
      };
}

/** Gives the report of a file that fits its form, else one that says where it does not. */
async function verifyParsed<T, R>(
  schema: Form<T>,
  file: unknown,
  verify: (parsed: T) => Promise<R>,
): Promise<R | Report> {
  const draft: Draft = { checks: new Checks() };
  const report = await attempt(async () => verify(await formOf(schema, file, draft)));
  return report ?? reportOf(draft, false);
}

async function formOf<T>(schema: Form<T>, file: unknown, { checks }: Draft): Promise<T> {
  const parsed = schema.safeParse(file);
  if (parsed.success) return parsed.data;
  return checks.make(
    'form',
    () => {
      const [issue] = parsed.error.issues;
      return fail(
        otherKind(file) ??
          `no receipt: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'unreadable'}`,
      );
    },
    () => '',
  );
}
