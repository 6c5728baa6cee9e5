// The deepest statements that are let through, on half of the stack that a thread of Node has: as much as Chromium gives
// to a worker.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Database } from 'driftdb-wasm';

/** Of 984 kB. */
const HALF = 492;

const around = (open, inner, close) => (n) => `SELECT ${open.repeat(n)}${inner}${close.repeat(n)}`;
const chain = (start, part, end = '') => (n) => `${start}${part.repeat(n)}${end}`;
const tables = (part, end = '') => (n) => `SELECT 1 FROM t t0${Array.from({ length: n }, (_, at) => part(at)).join('')}${end}`;

/** Statements by how often their part is repeated. */
const shapes = {
  parentheses: around('(', '1', ')'),
  sums: (n) => `SELECT ${'(a+'.repeat(n)}1${')'.repeat(n)} FROM t`,
  calls: around('abs(', '1', ')'),
  coalesce: around('coalesce(NULL, ', '1', ')'),
  casts: around('CAST(', '1', ' AS int)'),
  cases: around('CASE WHEN true THEN ', '1', ' END'),
  conditions: around('CASE WHEN ', 'true', ' THEN true END'),
  'cases and sums': around('CASE WHEN 1 IS NULL THEN (1+', '1', ') END'),
  'scalar subqueries': around('(SELECT ', '1', ')'),
  'subqueries of IN': around('1 IN (SELECT ', '1', ')'),
  'subqueries of EXISTS': around('EXISTS (SELECT 1 WHERE NOT ', 'true', ')'),
  'subqueries in cases': around('(SELECT CASE WHEN EXISTS(SELECT 1 WHERE ', 'true', ') THEN true END)'),
  'subqueries and sums': around('(SELECT 1+1+', '1', ')'),
  rows: around('ROW(', '1', ')'),
  nots: around('NOT ', 'true', ''),
  signs: around('- ', '1', ''),
  'AND in OR': (n) => `SELECT * FROM t WHERE ${'(a=1 OR (a=2 AND '.repeat(n)}true${'))'.repeat(n)}`,
  'subqueries of FROM': (n) => `SELECT * FROM ${'(SELECT a, b FROM '.repeat(n)}t${' WHERE a=1 ORDER BY a LIMIT 3) x'.repeat(n)}`,
  'joins in parentheses': (n) => `SELECT 1 FROM ${Array.from({ length: n }, (_, at) => `(t t${at} JOIN `).join('')}t${' ON false)'.repeat(n)}`,
  updates: (n) => `UPDATE t SET b = ${'(b+'.repeat(n)}1${')'.repeat(n)}`,
  'set operations in parentheses': (n) => `${'SELECT 1 UNION ALL ('.repeat(n)}SELECT 1${')'.repeat(n)}`,
  additions: chain('SELECT 1', '+1'),
  'additions of columns': chain('SELECT a', '+a', ' FROM t'),
  concatenations: chain("SELECT 'a'", "||'a'"),
  'chained casts': chain('SELECT a', '::int::bigint', ' FROM t'),
  'IS NULL': chain('SELECT 1', ' IS NULL'),
  'IS NOT DISTINCT FROM': chain('SELECT true', ' IS NOT DISTINCT FROM true'),
  BETWEEN: chain('SELECT true', ' BETWEEN true AND true'),
  'AND and OR': chain('SELECT a=1', ' AND a=1 OR b=1', ' FROM t'),
  subscripts: chain('SELECT a', '[1]', ' FROM t'),
  UNION: chain('SELECT 1', ' UNION SELECT 1'),
  'UNION ALL': chain('SELECT 1', ' UNION ALL SELECT 1'),
  EXCEPT: chain('SELECT 1', ' EXCEPT SELECT 1'),
  joins: tables((at) => ` JOIN t t${at + 1} ON t${at + 1}.a = t${at}.a`),
  'outer joins': tables((at) => ` LEFT JOIN t t${at + 1} ON t${at + 1}.a = t${at}.a AND t${at}.b > 0`),
  'WITH after WITH': (n) => `WITH c0 AS (SELECT 1 a)${Array.from({ length: n }, (_, at) => `, c${at + 1} AS (SELECT a+1 a FROM c${at})`).join('')} SELECT * FROM c${n}`,
  'WITH before WITH': (n) => `WITH RECURSIVE ${Array.from({ length: n }, (_, at) => `c${at} AS (SELECT a+1 a FROM c${at + 1})`).join(', ')}, c${n} AS (SELECT 1 a) SELECT * FROM c0`,
  'WITH after WITH inside': (n) => `SELECT (WITH c0 AS (SELECT t.a a)${Array.from({ length: n }, (_, at) => `, c${at + 1} AS (SELECT a+1 a FROM c${at})`).join('')} SELECT a FROM c${n}) FROM t`,
};

const HUGE = 100_000;
const SIZES = [5, 10, 15, 18, 20, 22, 24, 26, 28, 30, 31, 32, 40, 50, 60, 63, 100, 200, 400, 500, 1000, 2000, 20_000, HUGE, 1_000_000];

/** Runs every shape at growing sizes until it is refused, and prints the shapes that did something else. */
async function runAll() {
  const db = await Database.open('memory://');
  for (const [name, make] of Object.entries(shapes)) {
    db.execSync('DROP TABLE IF EXISTS t');
    db.execSync('CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1), (2, 2)');
    let isRefused = false;
    for (const size of SIZES) {
      // Once it is refused, what is far too much is refused as well.
      if (isRefused && size < HUGE) continue;
      const error = failure(() => db.querySync(make(size)));
      isRefused ||= error?.code === 'LIMIT_COMPLEXITY';
      if (/^LIMIT_/.test(error?.code)) continue;
      if (error?.name !== 'DatabaseError' ? error : ['ENGINE_CRASHED', 'INTERNAL'].includes(error.code)) {
        console.log(`${name}, ${size} times: ${error.message} ${error.detail ?? ''}`);
        return;
      }
      if (size >= HUGE) console.log(`${name}, ${size} times: there is no limit`);
    }
  }
  console.log('done');
}

function failure(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

if (process.argv.includes('--run')) {
  await runAll();
} else {
  // Which of V8's two compilers has made a function by the time it is called depends on the machine, and so does the stack it takes.
  for (const [compiler, flag] of [['fast', '--liftoff-only'], ['optimising', '--no-liftoff']]) {
    test(`the deepest statements take less than half of the stack, by the ${compiler} compiler`, () => {
      const flags = [`--stack-size=${HALF}`, flag, fileURLToPath(import.meta.url), '--run'];
      const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 300_000 });
      assert.equal(stdout, 'done\n', stderr);
    });
  }
}
