// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  canonicalJson,
  COMPARED_MEMBERS,
  DEFAULT_ACCESS,
  operationId,
  operations,
  Refusal,
  type AccessRow,
  type InputForm,
  type Operation,
  type Output,
  type RefusalCode,
  type Role,
  type RuleSettings,
} from '@thingledger/protocol';
import { createReader, LedgerError, refusalOf, type Ledger, type LedgerReader } from './ledger/index.js';
import type { Target } from './ledger/index.js';
import type { Principal } from './principal.js';
import { publicKeyOf } from './wallet/signing.js';

/** One member as it is to stand on the ledger. */
export interface SeedMember {
  readonly name: string;
  readonly regulator: boolean;
  readonly ledger: Ledger;
  readonly administrator: Principal;
  readonly participants: readonly { readonly principal: Principal; readonly roles: readonly Role[] }[];
  readonly informationServer: { readonly address: string; readonly certificateAuthorityPem: string };
}

/** The rules a local consortium starts with; its peers' clock window comes from the topology. */
export const sampleRules: Omit<RuleSettings, 'clockWindowSeconds'> = {
  verificationQuorum: 2,
  verificationSeconds: 3600,
  maximumSpeedKmh: 1000,
  clockToleranceSeconds: 60,
  proposalSeconds: 86_400,
};

/** What is open of goods to everybody: where they come from, how they grew and travelled, who inspected them. */
const OPEN: readonly (readonly [documentType: string, ...fields: string[]])[] = [
  ['harvest record', '/origin', '/sensorReadings', '/certificates', '/inspections'],
  ['EPCIS event', '/event/bizStep', '/event/disposition'],
  ['transport record', '/sensorReadings', '/setPoint'],
];

/**
 * Who sees what in a local consortium: regulators, auditors, owner and parties all; who is downstream the goods'
 * journey without names, prices and numbers of business; the public, so also consumers, the open members.
 */
export const sampleAccess: readonly AccessRow[] = [
  ...DEFAULT_ACCESS.filter(({ relation }) => relation !== 'downstream'),
  {
    who: 'accounting',
    relation: 'downstream',
    fields: [
      ...COMPARED_MEMBERS,
      ...['/origin', '/sensorReadings', '/certificates', '/inspections'],
      ...['/event/bizStep', '/event/disposition', '/event/readPoint', '/event/sensorElementList'],
    ],
  },
  { who: 'public', relation: 'any', fields: ['/documentType'] },
  ...OPEN.map(([documentType, ...fields]) => ({
    who: 'public' as const,
    relation: 'any' as const,
    documentType,
    fields,
  })),
];

const ATTEMPTS = 8;
const reason = 'Sample consortium';

/**
 * Gives a consortium its rules, participants, information servers and access matrix, each by the administrator of its
 * member, as people would. What is on the ledger already is left as it is, so it can run at every start.
 */
export async function seedGovernance(
  members: readonly SeedMember[],
  target: Target,
  { rules, access }: { readonly rules: RuleSettings; readonly access?: readonly AccessRow[] },
  onProgress: (line: string) => void,
): Promise<void> {
  const [founder] = members;
  if (!founder) return;
  const ask = new Seeder(founder, target);
  const inForce = await ask.unless('TL-GOVERNANCE-UNINITIALISED', operations.getRules, {});
  if (!inForce) {
    onProgress('founding the consortium: members and rules');
    await ask.submit([
      [
        operations.initialiseGovernance,
        { ...rules, members: members.map(({ name, regulator }) => ({ name, regulator })), reason },
      ],
    ]);
  }
  for (const member of members) {
    const seeder = new Seeder(member, target);
    const missing = await seeder.missing();
    if (missing.length === 0) continue;
    onProgress(`${member.name}: registering ${String(missing.length)} participants and servers`);
    await seeder.submit(missing);
  }
  const { version } = await ask.reader.evaluate(operations.getAccessMatrix, {}, founder.administrator);
  if (access && version === 0) {
    onProgress('enacting the access matrix');
    await enactAccess(members, target, access);
  }
}

/** By the vote of all members. A start cut short leaves a proposal that nobody enacts; the next one makes its own. */
async function enactAccess(
  members: readonly SeedMember[],
  target: Target,
  rows: readonly AccessRow[],
): Promise<void> {
  const [founder, ...others] = members.map((member) => new Seeder(member, target));
  const proposalId = `sample-access-${randomUUID()}`;
  const ballot: Step = [operations.castBallot, { proposalId, vote: 'for', reason }];
  const change = { kind: 'access-matrix', rows };
  await founder?.submit([[operations.proposeRuleChange, { proposalId, change, reason }], ballot]);
  for (const other of others) await other.submit([ballot]);
  await founder?.submit([[operations.enactProposal, { proposalId }]]);
}

/** What another member's transaction, on its way to this member's peer, may stand behind. */
const LAGGING: readonly string[] = [
  'conflict',
  'mismatch',
  'unavailable',
  'TL-PROPOSAL-UNKNOWN',
  'TL-PROPOSAL-UNDECIDED',
];

function mayPass(error: unknown): error is LedgerError | Refusal {
  return (
    (error instanceof LedgerError && LAGGING.includes(error.kind)) ||
    (error instanceof Refusal && LAGGING.includes(error.code))
  );
}

type Step = readonly [operation: Operation, input: unknown];

/** One member's administrator at work. */
class Seeder {
  readonly #member: SeedMember;
  readonly #target: Target;
  readonly reader: LedgerReader;

  constructor(member: SeedMember, target: Target) {
    this.#member = member;
    this.#target = target;
    this.reader = createReader(member.ledger, () => target);
  }

  async missing(): Promise<Step[]> {
    const steps: Step[] = [];
    for (const { principal, roles } of this.#member.participants) {
      const participant = principal.id;
      if (await this.unless('TL-PARTICIPANT-UNKNOWN', operations.getParticipant, { participant })) continue;
      steps.push([
        operations.registerParticipant,
        { participant, publicKey: publicKeyOf(principal.identity), roles, reason },
      ]);
    }
    const { address, certificateAuthorityPem: certificateAuthority } = this.#member.informationServer;
    if (!(await this.unless('TL-SERVER-UNKNOWN', operations.getInformationServer, { address }))) {
      steps.push([operations.registerInformationServer, { address, certificateAuthority, reason }]);
    }
    return steps;
  }

  /** The answer, or undefined when the ledger says with `code` that there is none. */
  async unless<T extends Operation>(
    code: RefusalCode,
    operation: T,
    input: InputForm<T>,
  ): Promise<Output<T> | undefined> {
    try {
      return await this.reader.evaluate(operation, input, this.#member.administrator);
    } catch (error) {
      if (error instanceof Refusal && error.code === code) return undefined;
      throw error;
    }
  }

  /** All steps in one transaction; tried again when another member's transaction came between or is not here yet. */
  async submit(steps: readonly Step[]): Promise<void> {
    const calls = steps.map(([operation, input]) => ({ operation: operationId(operation), input }));
    const call = {
      ...this.#target,
      fn: operationId(operations.runBatch),
      args: [canonicalJson({ operations: calls })],
    };
    for (let attempt = 1; ; attempt++) {
      const code = await this.#transact(call).catch((error: unknown) => {
        if (attempt < ATTEMPTS && mayPass(error)) return error instanceof Refusal ? error.code : error.kind;
        throw error instanceof LedgerError ? refusalOf(error) : error;
      });
      if (code === 'VALID') return;
      if (attempt === ATTEMPTS) throw new Refusal('TL-LEDGER-CONFLICT', { validation: code });
      await new Promise((resolve) => setTimeout(resolve, 250 * attempt));
    }
  }

  async #transact(call: Parameters<Ledger['endorse']>[0]): Promise<string> {
    const { ledger, administrator } = this.#member;
    const endorsed = await ledger.endorse(call, administrator.identity);
    const { outcomes } = JSON.parse(Buffer.from(endorsed.result).toString('utf8')) as Output<
      typeof operations.runBatch
    >;
    for (const outcome of outcomes) {
      if (!outcome.ok)
        throw new Refusal(outcome.refusal.code, outcome.refusal.fields, outcome.refusal.detail);
    }
    await ledger.submit(endorsed, administrator.identity);
    return (await ledger.commitStatus(endorsed.channel, endorsed.txId, administrator.identity)).code;
  }
}
