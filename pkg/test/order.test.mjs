// Calls of one session run in the order in which they were made, whether they are short or long, and whatever the parameters do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, types } from '../dist/node.js';

const SELECT = 'SELECT b FROM t WHERE a = 1';
const ADD = 'UPDATE t SET b = b + 1 WHERE a = 1';

/** A database whose plans of the short statements are known. */
async function withRows(run, options) {
  const db = await Database.open('memory://', { worker: false, ...options });
  await db.exec('CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 0), (2, 2), (3, 3)');
  for (let i = 0; i < 2; i += 1) for (const sql of [SELECT, ADD]) await db.query(sql);
  await db.query('UPDATE t SET b = 0 WHERE a = 1');
  await sleep(20);
  await run(db, async () => (await db.query(SELECT)).rows[0].b);
  await db.close();
}

test('a short call waits for a long one before it', () =>
  withRows(async (db, value) => {
    const [, seen] = await Promise.all([db.query('UPDATE t SET b = 10 WHERE b >= 0 AND a < 2'), db.query(SELECT)]);
    assert.deepEqual(seen.rows, [{ b: 10 }]);
    await Promise.all([db.query('BEGIN'), db.query(ADD), db.query('ROLLBACK')]);
    assert.equal(await value(), 10);
    const add = await db.prepare(ADD);
    await add.run();
    await Promise.all([db.exec('BEGIN; UPDATE t SET b = 50'), add.run(), db.query('ROLLBACK')]);
    assert.equal(await value(), 11);
    const [inserted, deleted] = await Promise.all([db.query('INSERT INTO t VALUES (8, 8)'), db.exec('DELETE FROM t WHERE a > 1')]);
    assert.deepEqual([inserted.affectedRows, deleted[0].affectedRows], [1, 3]);
  }));

test('a call keeps its place while the types of its parameters are looked up', () =>
  withRows(
    async (db) => {
      const insert = db.query('INSERT INTO t VALUES ($1, $2)', [9, { number: 9 }]);
      const [, rows, deleted] = await Promise.all([insert, db.query('SELECT b FROM t WHERE a = 9'), db.exec('DELETE FROM t WHERE a = 9')]);
      assert.deepEqual([rows.rows, deleted[0].affectedRows], [[{ b: 9 }], 1]);
    },
    { serializers: { [types.INT4]: (value) => String(value.number ?? value) } },
  ));

test('a call that the parameters of another make runs before or after it, not inside', () =>
  withRows(async (db) => {
    const update = await db.prepare('UPDATE t SET b = $2 WHERE a = $1');
    await update.run([1, 1]);
    await update.run([1, 1]);
    await sleep(20);
    const row = [1, 0];
    Object.defineProperty(row, 1, {
      get() {
        void update.run([3, 333]);
        return 111;
      },
    });
    await update.run(row);
    await db.query('UPDATE t SET b = b + $2 WHERE a = $1', row);
    assert.deepEqual((await db.query('SELECT a, b FROM t ORDER BY a')).rows, [{ a: 1, b: 222 }, { a: 2, b: 2 }, { a: 3, b: 333 }]);
  }));
