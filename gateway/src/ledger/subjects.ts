// SPDX-License-Identifier: Apache-2.0
import {
  allOperations,
  calledNames,
  Identifier,
  itemsOf,
  jsonSchemaOf,
  operationId,
  operations,
  placesIn,
  recordIdOf,
  registeredOperation,
  Runs,
  SignedStatement,
  StatementRoom,
} from '@thingledger/protocol';
import { keptTexts, type Written } from '@thingledger/receipts';

/** Somebody or something that a transaction names. */
export interface Subject {
  readonly kind: 'thing' | 'participant' | 'record' | 'statement';
  readonly id: string;
}

/** What of a schema says where its values are named; by id, because the schemas of the protocol name what they are. */
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

const KINDS: Readonly<Record<string, Subject['kind']>> = {
  Identifier: 'thing',
  ParticipantId: 'participant',
  RecordId: 'record',
  StatementId: 'statement',
};

const schemas = new Map<string, JsonSchema>(
  allOperations
    .filter(({ mode }) => mode === 'submit')
    .map((operation) => [
      operationId(operation),
      jsonSchemaOf(operation.item ?? operation.input) as JsonSchema,
    ]),
);

/** What a transaction called: operations, each once, and whom and what they name. */
export interface Called {
  readonly operations: readonly string[];
  readonly subjects: readonly Subject[];
}

/**
 * Reads the arguments of a proposal: a batch counts as the operations in it, a signed statement as its items. Where a
 * value stands for a thing or a participant, the schemas of the operations say. What is malformed names nothing, and so
 * does a statement whose text came beside the arguments when the transaction kept nothing of it.
 *
 * @param writes what the transaction wrote
 */
export function calledIn(args: readonly Uint8Array[], writes: readonly Written[] = []): Called {
  const [fn, text = ''] = args.map((arg) => Buffer.from(arg).toString('utf8'));
  if (fn === undefined) return { operations: [], subjects: [] };
  const calls = callsOf(fn, parsed(text));
  const subjects = new Map<string, Subject>();
  const said: Said = { room: new StatementRoom(), kept: keptTexts(writes) };
  for (const { operation, input } of calls) {
    const schema = typeof operation === 'string' ? schemas.get(operation) : undefined;
    if (!schema) continue;
    for (const value of valuesOf(String(operation), input, said)) {
      for (const subject of namedIn(schema, schema, value)) subjects.set(subject.kind + subject.id, subject);
    }
  }
  return {
    operations: calledNames(calls.map(({ operation }) => operation)),
    subjects: [...subjects.values()],
  };
}

/** A batch that can not be one is read as far as it can: whoever proves what was called reads it so, too. */
function callsOf(fn: string, input: unknown): readonly { operation: unknown; input?: unknown }[] {
  const asked = fn === operationId(operations.runBatch) ? memberOf(input, 'operations') : undefined;
  if (!Array.isArray(asked) || asked.length === 0) return [{ operation: fn, input }];
  return asked.map((one) => ({
    operation: memberOf(one, 'operation'),
    input: memberOf(one, 'input'),
  }));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** What the statements of a transaction say: as much of them as contracts take, and the texts of those that were kept. */
interface Said {
  readonly room: StatementRoom;
  readonly kept: ReadonlyMap<string, string>;
}

/** The inputs that an operation’s schema is about: of a statement, its items. */
function valuesOf(operation: string, input: unknown, { room, kept }: Said): readonly unknown[] {
  if (!registeredOperation(operation)?.item) return [input];
  const statement = SignedStatement.safeParse(input);
  const text = statement.data && (statement.data.text ?? kept.get(statement.data.signature));
  if (text === undefined) return [];
  try {
    return itemsOf(room.inflate(text), operation);
  } catch {
    return [];
  }
}

function* namedIn(root: JsonSchema, schema: JsonSchema, value: unknown): Generator<Subject> {
  const name = nameOf(schema);
  const kind = name === undefined ? undefined : KINDS[name];
  if (kind) {
    const id = idOf(kind, value);
    if (id !== undefined) yield { kind, id };
    return;
  }
  const resolved = name === undefined ? schema : (root.$defs?.[name] ?? {});
  const { properties, items, anyOf = [], oneOf = [], allOf = [] } = resolved;
  for (const choice of [...anyOf, ...oneOf, ...allOf]) yield* namedIn(root, choice, value);
  if (items && Array.isArray(value)) for (const item of value) yield* namedIn(root, items, item);
  if (!properties || typeof value !== 'object' || value === null) return;
  const records = recordsIn(properties, value);
  yield* records;
  for (const [member, inner] of Object.entries(properties)) {
    if (records.length > 0 && nameOf(inner) === 'StatementId') continue;
    if (Object.hasOwn(value, member)) yield* namedIn(root, inner, (value as Record<string, unknown>)[member]);
  }
}

/** A statement beside places in it names the records there. */
function recordsIn(properties: Readonly<Record<string, JsonSchema>>, value: object): Subject[] {
  const valueOf = (wanted: string): unknown => {
    const [member] = Object.entries(properties).find(([, inner]) => nameOf(inner) === wanted) ?? [];
    return member === undefined ? undefined : (value as Record<string, unknown>)[member];
  };
  const runs = Runs.safeParse(valueOf('Runs'));
  const statementId = idOf('statement', valueOf('StatementId'));
  if (!runs.success || statementId === undefined) return [];
  return placesIn(runs.data).map((place) => ({ kind: 'record', id: recordIdOf(statementId, place) }));
}

function nameOf({ $ref }: JsonSchema): string | undefined {
  return $ref?.replace('#/$defs/', '');
}

/** Whoever may write to the channel can send any text: only what is an id is kept. */
function idOf(kind: Subject['kind'], value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 512) return undefined;
  if (kind !== 'thing') return value;
  const identifier = Identifier.safeParse(value);
  return identifier.success ? identifier.data : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
