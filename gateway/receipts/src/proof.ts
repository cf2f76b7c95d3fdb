// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '@thingledger/protocol/canonical';
import type { Proven } from '@thingledger/protocol/proof';
import { type BundleReport, openBundle, type OpenedBundle } from './bundle.js';
import { fromBase64 } from './bytes.js';
import { attempt, Checks, fail } from './checks.js';
import { type Claims, deriveClaims } from './claims.js';
import { verifyEndorsements } from './endorsements.js';
import { type Person, personOf } from './report.js';
import { ProvenState } from './state.js';
import { type Provenance, requireTrace, type Trace } from './trace.js';
import { readTransaction, type Transaction } from './transaction.js';

/** What came of verifying an answer with its proof. */
export interface ProofReport extends Omit<BundleReport, 'kind'> {
  readonly kind: 'proof';
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly answer: unknown;
  /** Whose peers computed and signed the answer, and when, as the caller stated it. */
  readonly saidBy: readonly Person[];
  readonly saidAt?: string;
  /** Which chaincode of the channel answered: one with another policy is another witness. */
  readonly chaincode?: string;
  /** Which parts of the answer follow from the transactions, and which are the peers’ word alone. */
  readonly claims: Claims;
}

/** What the checks find out on their way. */
interface Found {
  saidBy: readonly Person[];
  saidAt?: string;
  chaincode?: string;
  claims: Claims;
  /** Hops of a trace without a document. */
  open: readonly string[];
}

/** Operations whose answers a gateway makes of another’s, and that one. */
const MADE_OF: Readonly<Record<string, string>> = {
  'gateway:traceThing': 'traceability:getProvenance',
};

/**
 * Verifies an answer. It is not believed: the peers’ signed answer must be the same, every key they read must have been
 * written by a transaction in the file, and what those transactions come to must be what the answer says.
 */
export async function verifyProof({ answer, proof }: Proven, anchor?: string): Promise<ProofReport> {
  const opened = await openBundle(proof.bundle, anchor);
  const checks = new Checks();
  const found: Found = { saidBy: [], claims: { proved: [], unproved: [] }, open: [] };
  if (opened.ok) await attempt(() => requireAnswer({ answer, proof }, opened, checks, found));
  const bundle = await opened.close();
  const ok = bundle.ok && checks.list.every((check) => check.ok);
  return {
    ...bundle,
    kind: 'proof',
    ok,
    checks: [...bundle.checks, ...checks.list],
    operation: proof.operation,
    input: proof.input,
    answer,
    saidBy: found.saidBy,
    ...(found.saidAt !== undefined && { saidAt: found.saidAt }),
    ...(found.chaincode !== undefined && { chaincode: found.chaincode }),
    claims: found.claims,
    notProved: [...limitsOfAnswer(found), ...bundle.notProved],
  };
}

/** Makes the checks `answer`, `reads`, `documents` of a trace, and `claims`. */
async function requireAnswer(
  { answer, proof }: Proven,
  opened: OpenedBundle,
  checks: Checks,
  found: Found,
): Promise<void> {
  const { said, basis } = await requireSaid({ answer, proof }, opened, checks, found);
  const state = await checks.make(
    'reads',
    () => new ProvenState(said, opened.places),
    ({ size }) => `each of ${String(size)} keys that the peers read was written by a transaction in the file`,
  );
  if (basis !== answer) {
    const { open } = await checks.make(
      'documents',
      () => requireTrace(answer as Trace, basis as Provenance),
      ({ documents }) => `${String(documents)} documents have the hashes that were announced`,
    );
    found.open = open;
  }
  const { at } = proof.input;
  const time = typeof at === 'string' ? at : (found.saidAt ?? '');
  found.claims = await checks.make(
    'claims',
    () => deriveClaims(basis, state, time),
    ({ proved }) => `${String(proved.length)} parts of the answer follow from the transactions`,
  );
}

function limitsOfAnswer({ saidAt = 'that time', saidBy, claims, open }: Found): string[] {
  const who = saidBy.map(({ member }) => member).join(', ') || 'nobody';
  return [
    `That nothing came later: it is as the peers of ${who} had it at ${saidAt}, and that nothing was newer then is their word.`,
    ...(claims.unproved.length > 0
      ? [`By transactions, these parts; they are the same peers’ word: ${claims.unproved.join(', ')}.`]
      : []),
    ...open.map((one) => `By a document, ${one}; that is the word of the gateway alone.`),
  ];
}

/** The peers’ answer; fails when it is to something else, differs from the answer in the file, or too few signed it. */
async function requireSaid(
  { answer, proof }: Proven,
  opened: OpenedBundle,
  checks: Checks,
  found: Found,
): Promise<{ readonly said: Transaction; readonly basis: unknown }> {
  return checks.make(
    'answer',
    async () => {
      const said = readTransaction(fromBase64(proof.said));
      const [fn, input, ...more] = said.args.map((bytes) => new TextDecoder().decode(bytes));
      if (said.channel !== proof.bundle.channel) fail(`the peers’ answer is of channel ${said.channel}`);
      if (fn !== (MADE_OF[proof.operation] ?? proof.operation) || more.length > 0)
        fail(`the peers answered ${String(fn)}, not ${proof.operation}`);
      if (canonicalJson(JSON.parse(input ?? '')) !== canonicalJson(proof.input))
        fail('the peers were asked with another input');
      const signers = await verifyEndorsements(
        said,
        await opened.policyOf(said),
        opened.identifyAt(said.time),
      );
      found.saidBy = signers.map(personOf);
      found.saidAt = new Date(said.time).toISOString();
      found.chaincode = said.chaincode;
      const basis: unknown = JSON.parse(new TextDecoder().decode(said.result));
      if (MADE_OF[proof.operation] !== undefined) return { said, basis };
      if (canonicalJson(basis) !== canonicalJson(answer)) fail('the peers answered something else');
      return { said, basis: answer };
    },
    () => `signed by ${found.saidBy.map(({ name, member }) => `${name} of ${member}`).join(', ')}`,
  );
}
