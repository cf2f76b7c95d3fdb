// SPDX-License-Identifier: Apache-2.0
import { publishedViews } from '../views.js';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

/**
 * What a query may be made of, by the names of PostgreSQL's parse nodes. All else is refused: statements that are no
 * query, tables made of XML or JSON paths, parameters, samples, locks.
 */
export const ALLOWED_NODES = words(`
  SelectStmt ResTarget ColumnRef A_Star A_Const A_Expr BoolExpr NullTest BooleanTest FuncCall NamedArgExpr TypeCast
  JoinExpr RangeVar RangeSubselect RangeFunction SubLink CaseExpr CaseWhen CoalesceExpr MinMaxExpr SortBy
  WindowDef CommonTableExpr A_ArrayExpr A_Indirection A_Indices RowExpr GroupingSet GroupingFunc
  SQLValueFunction List String Integer Float Boolean
`);

/** Members of parse nodes that may not be there: SELECT INTO makes a table, FOR UPDATE locks rows. */
export const REFUSED_MEMBERS = words('intoClause lockingClause');

/** What can be asked for: the published views and nothing else. */
export const ALLOWED_RELATIONS: ReadonlySet<string> = new Set(publishedViews.map(({ name }) => name));

/** None reads files or other tables, waits, changes anything, or makes much out of little. */
export const ALLOWED_FUNCTIONS = words(`
  count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg
  jsonb_object_agg stddev stddev_pop stddev_samp variance var_pop var_samp corr percentile_cont percentile_disc mode
  any_value
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  lower upper initcap length char_length character_length octet_length substring substr left right btrim ltrim rtrim
  replace translate reverse split_part position strpos concat concat_ws starts_with overlay like_escape ascii
  abs round ceil ceiling floor trunc sign mod sqrt
  date_trunc date_part extract age to_char to_timestamp to_date to_number make_date make_timestamptz make_interval
  timezone now
  json_array_length jsonb_array_length json_array_elements jsonb_array_elements json_array_elements_text
  jsonb_array_elements_text json_object_keys jsonb_object_keys json_each jsonb_each json_each_text jsonb_each_text
  json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text json_typeof jsonb_typeof
  json_build_object jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb row_to_json
  unnest array_length cardinality array_to_string array_position
  encode decode sha256 convert_to
`);

/** Types to cast to. Those that look names up in the catalogue, such as regclass, are not among them. */
export const ALLOWED_TYPES = words(`
  text varchar bpchar char int2 int4 int8 smallint integer int bigint numeric decimal float4 float8 real bool boolean
  date time timetz timestamp timestamptz interval json jsonb bytea uuid
`);

/** CURRENT_USER and its like would tell of the database's own accounts. */
export const ALLOWED_VALUES = words(`
  SVFOP_CURRENT_DATE SVFOP_CURRENT_TIME SVFOP_CURRENT_TIME_N SVFOP_CURRENT_TIMESTAMP SVFOP_CURRENT_TIMESTAMP_N
  SVFOP_LOCALTIME SVFOP_LOCALTIME_N SVFOP_LOCALTIMESTAMP SVFOP_LOCALTIMESTAMP_N
`);
