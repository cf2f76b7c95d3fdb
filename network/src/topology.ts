// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}$/,
    'must be lower-case letters, digits and hyphens, at most 31, a letter first',
  );
const channelName = z
  .string()
  .regex(/^[a-z][a-z0-9.-]{0,248}$/, 'must be lower-case letters, digits, dots and hyphens, a letter first');
const chaincodeName = z.string().regex(/^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$/, 'is no Fabric chaincode name');

/** A policy as people write it: a member's name, or a combination of policies. */
export type PolicyExpression =
  | string
  | { allOf: PolicyExpression[] }
  | { anyOf: PolicyExpression[] }
  | { atLeast: number; of: PolicyExpression[] };

const policy: z.ZodType<PolicyExpression> = z.lazy(() =>
  z.union(
    [
      name,
      z.strictObject({ allOf: z.array(policy).min(1) }),
      z.strictObject({ anyOf: z.array(policy).min(1) }),
      z.strictObject({ atLeast: z.int().min(1), of: z.array(policy).min(1) }),
    ],
    { error: 'must be a member, {allOf: […]}, {anyOf: […]} or {atLeast: n, of: […]}' },
  ),
);

const collection = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  /** Organisations whose peers keep the values; the others see hashes. */
  members: z.array(name).min(1),
  /** Peers that must have the value before endorsement succeeds. */
  requiredPeerCount: z.int().min(0).default(0),
  maxPeerCount: z.int().min(0).default(3),
  /** Blocks after which peers forget the value; 0 keeps it for ever. */
  blockToLive: z.int().min(0).default(0),
  memberOnlyRead: z.boolean().default(true),
  memberOnlyWrite: z.boolean().default(true),
});

const chaincode = z.strictObject({
  name: chaincodeName,
  /** What the chaincode host imports: a package name, or a file (relative to the topology file). */
  entry: z.string().min(1),
  /** Taken from the entry's package.json when left out. */
  version: z.string().min(1).optional(),
  policy,
  collections: z.array(collection).default([]),
});

const organisation = z.strictObject({
  name,
  regulator: z.boolean().default(false),
  peer: z.boolean().default(true),
  orderer: z.boolean().default(false),
  participants: z.array(z.strictObject({ name, roles: z.array(z.string().min(1)).default([]) })).default([]),
});

const consortium = z.strictObject({
  channel: channelName,
  members: z.array(name).min(1),
  orderers: z.array(name).min(1),
  chaincodes: z.array(chaincode).default([]),
});

/** Times in milliseconds. The defaults were measured: a leader killed under load costs about five seconds. */
const consensus = z.strictObject({
  batchInterval: z.int().positive().default(10),
  batchMessages: z.int().positive().default(500),
  batchBytes: z.int().positive().default(10_485_760),
  forwardTimeout: z.int().positive().default(1_000),
  complainTimeout: z.int().positive().default(3_000),
  autoRemoveTimeout: z.int().positive().default(180_000),
  viewChangeResend: z.int().positive().default(1_000),
  viewChangeTimeout: z.int().positive().default(2_000),
  leaderHeartbeat: z.int().positive().default(10_000),
  reconnectBackoff: z.int().positive().default(3_000),
});

const limits = z.strictObject({
  /** Calls a peer's gateway service works on at once; the next is refused, not queued. */
  gatewayConcurrency: z.int().positive().default(2_500),
  /** Seconds a transaction's time may differ from the peer's clock, before or after. */
  transactionWindow: z.int().positive().default(900),
});

const peers = z.strictObject({
  /** Whether peers index the history of each key for chaincode that asks for it. Each write costs them one more. */
  keyHistory: z.boolean().default(false),
});

const schema = z.strictObject({
  name,
  ports: z.strictObject({ base: z.int().min(1024).max(64_000) }).default({ base: 7000 }),
  organisations: z.array(organisation).min(1),
  consortia: z.array(consortium).min(1),
  consensus: consensus.default(consensus.parse({})),
  limits: limits.default(limits.parse({})),
  peers: peers.default(peers.parse({})),
});

/** `topology.yaml`, checked, with its defaults filled in. Names still unchecked against one another: planNetwork does that. */
export type Topology = z.output<typeof schema>;
/** A chaincode as written in the topology, or handed to planNetwork as an extra. */
export type ChaincodeTopology = z.input<typeof chaincode>;

/** A topology file that cannot be used. The message is one line and names file and field. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
}

/** The topology in this repository. */
export const defaultTopologyFile = fileURLToPath(new URL('../topology.yaml', import.meta.url));

/**
 * Checks a parsed topology.
 *
 * @param source named in errors
 * @throws TopologyError for the first field that does not fit
 */
export function parseTopology(value: unknown, source = 'topology'): Topology {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const where = issue?.path.map(String).join('.') || 'the file';
  throw new TopologyError(`${source}: ${where}: ${issue?.message ?? 'is not a topology'}`);
}

/**
 * Reads a topology file, fills in each chaincode's version from its package and makes file entries absolute.
 *
 * @throws TopologyError when the file is missing, is no YAML, or does not fit the schema
 */
export function loadTopology(file: string = defaultTopologyFile): Topology {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new TopologyError(`${file}: cannot be read. Name an existing topology file`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new TopologyError(`${file}: is no YAML: ${firstLine(error)}`);
  }
  const topology = parseTopology(value, file);
  const folder = dirname(resolve(file));
  return {
    ...topology,
    consortia: topology.consortia.map((c) => ({
      ...c,
      chaincodes: c.chaincodes.map((chaincode) => ({ ...chaincode, ...locate(chaincode, folder) })),
    })),
  };
}

/** A chaincode's loadable entry and version; an entry that starts with a dot or slash is a file. */
export function locate(
  chaincode: { name: string; entry: string; version?: string | undefined },
  folder: string,
): { entry: string; version: string } {
  const isFile = chaincode.entry.startsWith('.') || isAbsolute(chaincode.entry);
  const entry = isFile ? resolve(folder, chaincode.entry) : chaincode.entry;
  const version = chaincode.version ?? (isFile ? versionAbove(dirname(entry)) : versionOf(entry, folder));
  if (version === undefined) {
    throw new TopologyError(
      `chaincode ${chaincode.name}: no package.json found for ${chaincode.entry}. Install it, or write its version`,
    );
  }
  return { entry, version };
}

function versionOf(packageName: string, folder: string): string | undefined {
  for (const parent of parents(folder)) {
    const version = readVersion(join(parent, 'node_modules', packageName, 'package.json'));
    if (version !== undefined) return version;
  }
  return undefined;
}

function versionAbove(folder: string): string | undefined {
  for (const parent of parents(folder)) {
    const version = readVersion(join(parent, 'package.json'));
    if (version !== undefined) return version;
  }
  return undefined;
}

function* parents(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (at === dirname(at)) return;
  }
}

function readVersion(file: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
