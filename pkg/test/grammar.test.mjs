// What the build cuts out of the grammar's library is nothing that a statement can come to: texts around the places that would,
// and random ones made of their parts, are answered or refused, and the engine lives on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { value, withDatabase } from './support.mjs';

const EXPRESSIONS = [
  // Copies of the name of a type.
  `xml '<a/>'`, `XML 'a'`, `"xml" 'a'`, `a.xml 'b'`, `xml(1) 'a'`, `CAST('a' AS xml)`, `f(1).xml 'a'`, `identifier('xml') 'a'`,
  // Places of chains of names.
  'a.b.c', 'a.b.*', '(a).b', '(a.b).c.d', 'f(1).g', 'a.f(1)', 'a.b.f(1, 2)', 'f(1).g(2)', 'a.(b)', 'a.(b.c)', 'a(+)', 'a.b(+)', 'a.b (+)',
  `a.'b'`, `'a'.b`, 'a.$1', '1.b', 'a[1].b', 'a.b[1].c', '(SELECT 1).a', 'a.(SELECT 1)', 'count((a).*)', '(a + 1).*', 'a.interval', 'a.not', 'a..b',
  // Types in messages.
  'CAST(1 AS ARRAY<INT>>)', 'CAST(1 AS ARRAY<ARRAY<INT>>>)', 'CAST(1 AS STRUCT<a INT>>)', 'CAST(1 AS ARRAY<ENUM(1)>>)',
  'CAST(1 AS ARRAY<TABLE(a INT DEFAULT (1))>>)', 'CAST(1 AS TABLE(a INT CHECK (a > 1)))', 'CAST(1 AS MAP(INT, INT)>)', 'CAST(1 AS INT>)',
  // Words of other dialects.
  'top', 'TOP 1 a', 'TOP (1) a', 'DISTINCT TOP 1 a', 'convert', 'convert(1, 2)', `CONVERT(INT, '1')`, 'CONVERT(a USING utf8)', 'TRY_CONVERT(INT, 1)',
  'pivot', 'unpivot(1)', 'match_recognize(1)',
];

const FROM = [
  't', '(t)', '(t JOIN t u ON true) AS x', '(t AS x) AS y', '(SELECT 1) AS x (a INT)',
  't PIVOT (sum(a) FOR b IN (1))', '(SELECT 1) PIVOT (sum(a) FOR b IN (1))', 't UNPIVOT (a FOR b IN (c))',
  't AS x MATCH_RECOGNIZE (PATTERN (A B+) DEFINE A AS a > 1)', 't MATCH_RECOGNIZE (PATTERN (A* | B{1,2}) DEFINE A AS true)',
  'UNNEST(a.b) x', 'TABLE(f(a.b))',
];

/** Runs a statement, which may be refused. */
async function run(db, sql) {
  try {
    await db.query(sql);
  } catch (error) {
    assert.doesNotMatch(error.code, /^(ENGINE_CRASHED|INTERNAL)$/, sql);
  }
}

test('nothing around the cut places ends the engine', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT, b TEXT)');
    for (const expression of EXPRESSIONS) {
      for (const from of FROM) await run(db, `SELECT ${expression} FROM ${from}`);
      await run(db, `CREATE TABLE u (a INT DEFAULT ${expression}, CHECK (${expression}))`);
      await run(db, `UPDATE t SET a = ${expression} WHERE ${expression}`);
    }
    assert.equal(await value(db, 'SELECT 1'), 1);
  }));

test('random texts of their parts do not either', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT, b TEXT)');
    const words = [...new Set(EXPRESSIONS.concat(FROM).join(' ').match(/\w+|'[^']*'|"[^"]*"|<=|>=|[^\s\w]/g))];
    let state = 1;
    const next = (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 20000; round += 1) {
      const text = Array.from({ length: 2 + next(9) }, () => words[next(words.length)]).join(' ');
      await run(db, `SELECT ${text}`);
    }
    assert.equal(await value(db, 'SELECT 1'), 1);
  }));
