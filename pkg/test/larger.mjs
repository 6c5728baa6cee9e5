// A database many times larger than the memory that it is given, and what is asked of it, in Node and in browsers.

import assert from 'node:assert/strict';

/** Bytes that it is given. */
export const BUDGET = 3_000_000;

/** What makes it, in statements that themselves need no more: rows with four versions each, beside a small table. */
export const MADE = [
  'CREATE TABLE t (id INT PRIMARY KEY, g INT, v INT, s TEXT); CREATE INDEX of_g ON t (g)',
  "CREATE TABLE u (g INT PRIMARY KEY, name TEXT); INSERT INTO u SELECT g, 'group ' || g FROM generate_series(0, 199) AS x(g)",
  ...Array.from({ length: 8 }, (_, part) => `INSERT INTO t SELECT id, id % 200, id, 'customer ' || id * 7919 || ' of a long street' FROM generate_series(${part * 10_000 + 1}, ${(part + 1) * 10_000}) AS x(id)`),
  ...Array.from({ length: 9 }, (_, round) => `UPDATE t SET v = v + id % 7 + ${round} WHERE id % 3 = ${round % 3}`),
];

/** A row that is looked at by itself. */
export const KEY = 40_000;

/** Between the updates. */
const PAST = '@seq:14';

/** Texts, or a text and the moment of the view that is asked. */
export const QUESTIONS = [
  'SELECT count(*), sum(v), min(s), max(s) FROM t',
  `SELECT count(*), sum(v), max(s) FROM t AS OF ${PAST}`,
  'SELECT count(*), sum(v), sum(system_seq_end) FROM t FOR SYSTEM_TIME ALL',
  'SELECT count(*), sum(v) FROM t FOR SYSTEM_TIME FROM @seq:13 TO @seq:16 WHERE g < 5',
  'SELECT g, count(*), sum(v) FROM t GROUP BY g ORDER BY g',
  `SELECT g, count(*), sum(v) FROM t GROUP BY g ORDER BY g AS OF ${PAST}`,
  'SELECT * FROM t WHERE id IN (5, 40000, 79999)',
  'SELECT u.name, sum(t.v) FROM t JOIN u ON u.g = t.g WHERE t.id % 10 = 3 GROUP BY u.name ORDER BY u.name',
  'SELECT a.id, b.v FROM t a JOIN t b ON b.id = a.id + 1 WHERE a.g = 17 ORDER BY a.id LIMIT 50',
  `SELECT a.id, b.v FROM t a JOIN t b ON b.id = a.id + 1 WHERE a.g = 17 ORDER BY a.id LIMIT 50 AS OF ${PAST}`,
  ['SELECT a.id, b.v FROM t a JOIN t b ON b.id = a.id + 1 WHERE a.g = 17 ORDER BY a.id LIMIT 50', { seq: 14 }],
  ['SELECT id, v FROM t WHERE g BETWEEN 20 AND 30 ORDER BY id LIMIT 20', { seq: 14 }],
  `SELECT id, v FROM t FOR SYSTEM_TIME AS OF ${PAST} WHERE g = 3 ORDER BY v DESC, id LIMIT 20`,
  `SELECT *, system_seq_start, system_seq_end FROM t FOR SYSTEM_TIME ALL WHERE id = ${KEY} ORDER BY system_seq_start`,
  `SELECT seq, op, until_seq, v FROM history('t', ${KEY})`,
];

/** Checks what `stats().memory` told after each question, of an engine that has room for all and of one that has not. */
export function checkMemory({ whole, small, packed = 0 }) {
  const most = (told, name) => Math.max(...told.map((memory) => memory[name]));
  const seen = JSON.stringify({ whole: whole.at(-1), small: small.at(-1), most: ['held', 'used', 'reserved'].map((name) => [most(whole, name), most(small, name)]), packed });
  assert.deepEqual([whole[0].budget, small[0].budget], [1_000_000_000, BUDGET]);
  assert.ok(most(whole, 'held') > 10 * BUDGET, seen);
  assert.ok(most(small, 'held') < 1.5 * BUDGET + packed, seen);
  // All of what the engine has taken, before history() makes a list of all versions that ended.
  assert.ok(small[QUESTIONS.length - 2].reserved < 8 * BUDGET + 2 * packed, seen);
  console.log(seen);
}
