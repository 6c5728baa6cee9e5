/** The words of DriftDB's SQL, for highlighting and completion: those that it reads, and not the hundreds that it does not. */

import { SQLDialect } from '@codemirror/lang-sql';

const words = (text: string): string => text.trim().split(/\s+/).join(' ');

export const dialect = SQLDialect.define({
  keywords: words(`add all and any as asc begin between by cascade case cast check column commit constraint create cross current_date
    current_timestamp default delete desc distinct drop else end escape exists explain false first for from full group having
    if ilike in index inner insert into is isnull join key last left like limit natural not notnull null nulls offset on only
    or order outer primary release restrict returning right rollback savepoint select set table then to transaction true
    truncate union unique update using values view when where with work`),
  types: words(`bigint bool boolean bytea char character date decimal double float int integer interval json jsonb numeric precision
    real smallint text time timestamp timestamptz uuid varchar varying zone`),
  // What travels in time is highlighted as such.
  builtin: 'of system_time system_seq_start system_seq_end system_time_start system_time_end',
  operatorChars: '+-*/<>=~!#%^&|?',
  specialVar: '@',
  doubleDollarQuotedStrings: true,
});
