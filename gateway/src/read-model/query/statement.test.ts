// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '@thingledger/protocol';
import { loadParser, requireQuery } from './statement.js';

function codeOf(text: string): string {
  try {
    requireQuery(text);
    return 'taken';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code;
  }
}

beforeAll(() => loadParser());

describe('a query is taken', () => {
  test.each([
    'select * from things',
    `select thing, count(*) over (partition by kind) from things where thing like '%21%' order by 1 limit 5;`,
    `with mine as (select * from mapping_records where "to" = 'farm@maker') select m.*, v.decision from mine m left join votes v using (record_id)`,
    `with recursive back as (
       select record_id, "from", "to", 1 as hop from mapping_records where thing = 'x'
       union all select r.record_id, r."from", r."to", hop + 1 from mapping_records r join back b on r."to" = b."from"
     ) select * from back`,
    `select jsonb_array_length(roles), extract(year from decision_at), quantity_value::numeric from participants, things`,
    `select substring(thing from 1 for 3), trim(both ' ' from kind), position('a' in thing), cast(1 as double precision) from things`,
    `select * from (values (1, 'a'), (2, 'b')) as v(n, t) where n in (select ledger_block from things) and exists (select 1)`,
    `select case when kind = 'batch' then 1 else 2 end, coalesce(kind, 'x'), greatest(1, 2), array[1, 2], (reasons -> 0) ->> 'code' from votes, things`,
    `select e ->> 'code' from votes, lateral jsonb_array_elements(reasons) as e`,
    `select count(*) filter (where deleted), ledger_block from things_history group by rollup (ledger_block) having count(*) > 1`,
    `select at at time zone 'UTC', current_timestamp - interval '1 day', date_trunc('day', at)::date from transactions`,
    `/* a comment; drop table things */ select 1 -- ; delete from things`,
    `select ';', $$ ; drop table things $$, e'\\'; drop'`,
  ])('%s', (text) => {
    expect(codeOf(text)).toBe('taken');
  });

  test('without what stands around it', () => {
    expect(requireQuery(' /* é */ select 1; -- rest').trim()).toMatch(/select 1$/);
  });
});

describe('a query is refused', () => {
  const notAQuery = [
    ';',
    '-- nothing',
    'select 1; select 2',
    'select 1; drop table things',
    `insert into things values ('x')`,
    `update things set kind = 'x'`,
    'delete from things',
    'merge into things using votes on true when matched then delete',
    'truncate things',
    'create table x (a int)',
    'create view v as select 1',
    'drop schema public cascade',
    'alter role postgres superuser',
    'grant all on things to public',
    'set role postgres',
    'reset role',
    'set session authorization postgres',
    `set local statement_timeout to 0`,
    'show all',
    'begin',
    'commit',
    'rollback; select 1',
    `copy things to '/tmp/x'`,
    `copy things from program 'id'`,
    `do $$ begin perform pg_sleep(10); end $$`,
    'explain select 1',
    'explain analyze select * from things',
    'explain (analyze, verbose) delete from things',
    'prepare p as select 1',
    'execute p',
    'declare c cursor for select 1',
    'fetch all from c',
    'lock table things',
    'listen x',
    `notify x, 'y'`,
    'vacuum',
    'analyze',
    'call f()',
    `load 'x'`,
    'select * into x from things',
    'select * from things for update',
    'with x as (delete from things returning *) select * from x',
    `with x as (insert into things values ('x') returning *) select * from x`,
    'with x as (select 1 into y) select * from x',
    'select * from (select * from things for share) t',
  ];
  test.each(notAQuery)('as no query: %s', (text) => {
    expect(codeOf(text)).toBe('TL-SQL-NOT-A-QUERY');
  });

  const forbidden = [
    'select * from pg_catalog.pg_class',
    'select * from pg_class',
    'select * from pg_roles',
    'select * from pg_shadow',
    'select * from information_schema.tables',
    'select * from "maker.traceability.rows".entries',
    'select * from entries',
    'table checkpoint',
    'select * from public.things',
    'with x as (with pg_class as (select 1) select 1) select * from pg_class',
    `select pg_sleep(10)`,
    `select pg_read_file('/etc/passwd')`,
    `select pg_ls_dir('/')`,
    `select lo_import('/etc/passwd')`,
    `select set_config('role', 'postgres', false)`,
    `select current_setting('data_directory')`,
    `select nextval('x')`,
    `select pg_advisory_lock(1)`,
    `select pg_terminate_backend(1)`,
    `select query_to_xml('select * from pg_shadow', true, true, '')`,
    `select dblink('x', 'y')`,
    `select pg_catalog.pg_sleep(1)`,
    `select public.lower('x')`,
    `select a.b.lower('x')`,
    `select version()`,
    `select current_user`,
    `select session_user`,
    `select current_catalog`,
    `select * from generate_series(1, 1000000000)`,
    `select generate_series(1, 1000000000)`,
    `select repeat('x', 1000000000)`,
    `select lpad('x', 1000000000)`,
    `select format('%1000000000s', 'x')`,
    `select regexp_replace('aaaa', '(a+)+b', '')`,
    `select 'pg_class'::regclass`,
    `select 1::regproc`,
    `select cast('x' as regrole)`,
    `select '1'::oid`,
    `select 1 operator(pg_catalog.+) 2`,
    `select $1`,
    `select 'a' collate "C"`,
    `select * from things tablesample system (1)`,
    `select xmlparse(content '<a/>')`,
    `select * from xmltable('/a' passing '<a/>' columns b text)`,
    `select * from json_table('[]', '$' columns (a int path '$'))`,
    `select json_value('{}', '$.a')`,
    `select * from unnest(array[1]) as t(a pg_class)`,
    `select * from json_each('{}') as (key text, value json)`,
    `select 1 as a, (select relname from pg_class limit 1) as b from things`,
    `select * from things order by (select pg_sleep(1))`,
    `select count(*) filter (where pg_sleep(1) is null) from things`,
    `select * from things limit (select count(*) from pg_class)`,
    `select sum(1) over (order by pg_sleep(1)) from things`,
    `values (pg_sleep(1))`,
    `select 1 union select oid from pg_class`,
    `select '{}'::pg_class[]`,
  ];
  test.each(forbidden)('as forbidden: %s', (text) => {
    expect(codeOf(text)).toBe('TL-SQL-FORBIDDEN');
  });

  test.each([
    '',
    'selec 1',
    `select 'a`,
    'select 1 /*',
    'select (1',
    'select 1\0; drop table things',
    '((((((',
  ])('as malformed: %s', (text) => {
    expect(codeOf(text)).toBe('TL-SQL-MALFORMED');
  });

  test.each([
    ['negations', `select ${'not '.repeat(2000)}true`],
    ['sums', `select 1${' + 1'.repeat(2400)}`],
    ['queries', `select * from ${'(select * from '.repeat(600)}things${') t'.repeat(600)}`],
  ])('as malformed when %s are nested beyond reason; the parser lives on', (_what, text) => {
    expect(codeOf(text)).toBe('TL-SQL-MALFORMED');
    expect(codeOf(`select ${'('.repeat(4000)}1${')'.repeat(4000)}`)).toBe('taken');
  });

  test('naming what is in the way', () => {
    expect(() => requireQuery('select pg_sleep(1)')).toThrow(
      expect.objectContaining({
        code: 'TL-SQL-FORBIDDEN',
        fields: { kind: 'function', name: 'pg_sleep' },
      }) as Error,
    );
    expect(() => requireQuery('selec 1')).toThrow(
      expect.objectContaining({ code: 'TL-SQL-MALFORMED', fields: { position: 0 } }) as Error,
    );
  });
});
