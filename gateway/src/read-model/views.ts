// SPDX-License-Identifier: Apache-2.0
import { columnsOf, tables, type Column, type Table } from '@thingledger/protocol';

/** A published view: its name, what its rows are, and its columns. */
export interface View {
  readonly name: string;
  readonly summary: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly summary: string }[];
}

const SQL_TYPES: Readonly<Record<Column['type'], string>> = {
  text: 'text',
  time: 'timestamptz',
  integer: 'bigint',
  number: 'double precision',
  boolean: 'boolean',
  json: 'jsonb',
};

/** Where each row can be found on the ledger, so that it can be compared with other peers, or proved. */
const LEDGER_COLUMNS: View['columns'] = [
  { name: 'ledger_key', type: 'text', summary: 'State key that holds the row' },
  { name: 'ledger_block', type: 'bigint', summary: 'Block that last changed the row' },
  { name: 'ledger_tx', type: 'integer', summary: 'Place of the transaction in that block' },
  { name: 'ledger_tx_id', type: 'text', summary: 'Id of that transaction' },
  {
    name: 'ledger_value_hash',
    type: 'text',
    summary: 'SHA-256 of what that transaction wrote to the key, in hexadecimal',
  },
];
const LEDGER_SOURCES = 'key as ledger_key, block as ledger_block, tx as ledger_tx, tx_id as ledger_tx_id';

const plain = (name: string, summary: string, columns: Readonly<Record<string, string>>): View => ({
  name,
  summary,
  columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, summary: '' })),
});

/** Views that show a table of the projector just as it is. */
const plainViews: readonly View[] = [
  plain('blocks', 'Committed blocks', {
    block: 'bigint',
    hash: 'text',
    previous_hash: 'text',
    transactions: 'integer',
  }),
  plain('transactions', 'Transactions of the blocks, those turned down too', {
    block: 'bigint',
    tx: 'integer',
    tx_id: 'text',
    code: 'text',
    member: 'text',
    creator: 'text',
    at: 'timestamptz',
    operations: 'jsonb',
  }),
  plain(
    'subjects',
    'Things, participants, records and statements that transactions name, in their arguments and in the statements that they keep, also where they were refused or turned down',
    { block: 'bigint', tx: 'integer', kind: 'text', subject: 'text' },
  ),
  plain('events', 'Domain events of valid transactions', {
    block: 'bigint',
    tx: 'integer',
    place: 'integer',
    tx_id: 'text',
    name: 'text',
    type: 'text',
    event: 'jsonb',
  }),
  plain('writes', 'Writes of valid transactions to keys of the state; without a hash, the key was deleted', {
    block: 'bigint',
    tx: 'integer',
    place: 'integer',
    tx_id: 'text',
    namespace: 'text',
    key: 'text',
    value_hash: 'text',
  }),
  plain('state', 'Keys of the state with the version and hash of what they hold', {
    namespace: 'text',
    key: 'text',
    block: 'bigint',
    tx: 'integer',
    tx_id: 'text',
    value_hash: 'text',
  }),
];

const typed = (table: Table): View['columns'] =>
  columnsOf(table).map(({ name, type, summary }) => ({ name, type: SQL_TYPES[type], summary }));

/** All that people can ask for in SQL, in a fixed order. */
export const publishedViews: readonly View[] = [
  ...tables.map((table) => ({
    name: table.name,
    summary: table.summary,
    columns: [...typed(table), ...LEDGER_COLUMNS],
  })),
  ...tables.map((table) => ({
    name: historyOf(table),
    summary: `What \`${table.name}\` said, change by change`,
    columns: [
      ...typed(table),
      ...LEDGER_COLUMNS,
      { name: 'deleted', type: 'boolean', summary: 'The row was taken away' },
    ],
  })),
  ...plainViews,
];

/** The statements that make the views in the current schema over the tables of another. */
export function viewStatements(rows: string): string[] {
  return [
    ...tables.flatMap((table) => [
      `create view ${table.name} as select ${selected(table)}, ${LEDGER_SOURCES}, value_hash as ledger_value_hash
        from "${rows}".entries where entry_table = '${table.name}'`,
      `create view ${historyOf(table)} as select ${selected(table)}, ${LEDGER_SOURCES},
        value_hash as ledger_value_hash, value is null as deleted
        from "${rows}".history where entry_table = '${table.name}'`,
    ]),
    ...plainViews.map(
      ({ name, columns }) =>
        `create view ${name} as select ${columns.map((column) => column.name).join(', ')} from "${rows}".${name}`,
    ),
  ];
}

/** An index over the rows of one table, by what a view gives for a member of them. */
export function indexStatement(table: Table, member: string): string {
  return `create index on entries ((value #>> '{${member}}')) where entry_table = '${table.name}'`;
}

function historyOf({ name }: Table): string {
  return `${name}_history`;
}

function selected(table: Table): string {
  return columnsOf(table)
    .map((column) => `${expressionOf(table, column)} as "${column.name}"`)
    .join(', ');
}

function expressionOf({ id }: Table, { path, type }: Column): string {
  if (path.length === 1 && path[0] === id) return 'id';
  if (type === 'json') return `value #> '{${path.join(',')}}'`;
  const text = `value #>> '{${path.join(',')}}'`;
  if (type === 'text') return text;
  // Schemas take times that PostgreSQL does not, such as those of the year 0: no row may break a view for everybody.
  if (type === 'time')
    return `case when pg_input_is_valid(${text}, 'timestamptz') then (${text})::timestamptz end`;
  return `(${text})::${SQL_TYPES[type]}`;
}
