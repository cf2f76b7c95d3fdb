// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import {
  ALLOWED_FUNCTIONS,
  ALLOWED_NODES,
  ALLOWED_RELATIONS,
  ALLOWED_TYPES,
  ALLOWED_VALUES,
  REFUSED_MEMBERS,
} from './allowed.js';

type Node = Readonly<Record<string, unknown>>;

/** Deeper than this, nothing that a person writes is nested. */
const MOST_DEPTH = 300;

/** Loads PostgreSQL's own parser; once before the first {@link requireQuery}. */
export const loadParser: () => Promise<void> = loadModule;

/**
 * Checks that a text is one query over the published views that can do nothing but read them, and gives that query alone,
 * without what may stand around it. PostgreSQL's own parser reads it, so it means here what it means to the database.
 * Refuses with `TL-SQL-MALFORMED`, `TL-SQL-NOT-A-QUERY` and `TL-SQL-FORBIDDEN`.
 */
export function requireQuery(text: string): string {
  const [only, ...others] = parse(text);
  if (!only || others.length > 0) {
    throw new Refusal(
      'TL-SQL-NOT-A-QUERY',
      { statements: only ? others.length + 1 : 0 },
      'Send exactly one SELECT',
    );
  }
  if (!('SelectStmt' in only.stmt)) throw notAQuery(Object.keys(only.stmt)[0] ?? '');
  visit(only.stmt, new Set([...ALLOWED_RELATIONS, ...commonTables(only.stmt, 0)]), 0);
  const { stmt_location: start = 0, stmt_len: length } = only;
  // Places are counted in bytes.
  return Buffer.from(text, 'utf8')
    .subarray(start, length === undefined ? undefined : start + length)
    .toString('utf8');
}

interface RawStatement {
  readonly stmt: Node;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

function parse(text: string): readonly RawStatement[] {
  if (text.includes('\0')) throw new Refusal('TL-SQL-MALFORMED', {}, 'The text has a NUL character');
  try {
    return (parseSync(text) as { stmts?: readonly RawStatement[] }).stmts ?? [];
  } catch (error) {
    const place = hasSqlDetails(error) ? { position: error.sqlDetails?.cursorPosition ?? 0 } : {};
    const message = error instanceof Error ? error.message.slice(0, 200) : 'The text can not be parsed';
    throw new Refusal('TL-SQL-MALFORMED', place, message);
  }
}

/** The names that WITH gives to queries, wherever it stands. */
function commonTables(value: unknown, depth: number): string[] {
  if (typeof value !== 'object' || value === null) return [];
  requireDepth(depth);
  return Object.entries(value).flatMap(([name, inner]) => {
    const names = commonTables(inner, depth + 1);
    if (name !== 'CommonTableExpr') return names;
    const { ctename } = inner as { ctename: string };
    // Where the name is out of sight, the catalogue's own relation would be meant.
    if (ctename.startsWith('pg_')) throw forbidden('relation', ctename);
    return [ctename, ...names];
  });
}

function visit(value: unknown, relations: ReadonlySet<string>, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  requireDepth(depth);
  for (const [name, inner] of Object.entries(value)) {
    if (REFUSED_MEMBERS.has(name)) throw notAQuery(name);
    if (/^[A-Z]/.test(name)) requireAllowed(name, inner as Node, relations);
    if (name === 'typeName') requireType(inner as Node);
    // The parts of a type's name are no further nodes, and have been looked at.
    else visit(inner, relations, depth + 1);
  }
}

function requireAllowed(type: string, node: Node, relations: ReadonlySet<string>): void {
  if (!ALLOWED_NODES.has(type)) throw type.endsWith('Stmt') ? notAQuery(type) : forbidden('syntax', type);
  switch (type) {
    case 'RangeVar': {
      const { catalogname, schemaname, relname } = node as Readonly<Record<string, string | undefined>>;
      const name = [catalogname, schemaname, relname].filter((part) => part !== undefined).join('.');
      if (!relations.has(name)) throw forbidden('relation', name);
      return;
    }
    case 'FuncCall':
      requireName('function', node['funcname'], ALLOWED_FUNCTIONS);
      return;
    case 'A_Expr':
      if ((node['name'] as unknown[] | undefined)?.length !== 1) throw forbidden('syntax', 'OPERATOR');
      return;
    case 'SQLValueFunction': {
      const name = String(node['op']);
      if (!ALLOWED_VALUES.has(name)) throw forbidden('function', name.replace('SVFOP_', ''));
      return;
    }
    default:
  }
}

function requireType(type: Node): void {
  if (type['setof'] === true || type['pct_type'] === true) throw forbidden('syntax', 'SETOF');
  requireName('type', type['names'], ALLOWED_TYPES);
}

/** A bare name, or one of PostgreSQL's own by its full name, as its parser writes some. */
function requireName(kind: string, parts: unknown, allowed: ReadonlySet<string>): void {
  const names = (parts as readonly { String?: { sval?: string } }[]).map((part) => part.String?.sval ?? '');
  const own = names.length === 2 && names[0] === 'pg_catalog' ? names.slice(1) : names;
  if (own.length !== 1 || !allowed.has(own[0] ?? '')) throw forbidden(kind, names.join('.'));
}

function requireDepth(depth: number): void {
  if (depth > MOST_DEPTH) throw new Refusal('TL-SQL-MALFORMED', {}, 'The query is nested too deeply');
}

function notAQuery(what: string): Refusal {
  return new Refusal(
    'TL-SQL-NOT-A-QUERY',
    { found: what.slice(0, 60) },
    'Only a SELECT that changes nothing is taken',
  );
}

function forbidden(kind: string, name: string): Refusal {
  return new Refusal(
    'TL-SQL-FORBIDDEN',
    { kind, name: name.slice(0, 100) },
    `The ${kind} "${name.slice(0, 100)}" is not offered`,
  );
}
