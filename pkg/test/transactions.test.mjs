// Sessions and transactions: what is seen when, who waits, what is undone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fails, value, withDatabase } from './support.mjs';

const withTable = (use, options) =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, n INT)');
    await use(db);
  }, options);

const count = (db) => value(db, 'SELECT count(*) FROM t');

test('a transaction commits when its callback resolves', () =>
  withTable(async (db) => {
    const result = await db.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES ($1, $2)', [1, 10]);
      await tx.sql`INSERT INTO t VALUES (${2}, ${20})`;
      assert.equal(await count(tx), 2);
      assert.equal(await count(db), 0, 'the database is another session');
      return 'done';
    });
    assert.equal(result, 'done');
    assert.equal(await count(db), 2);
    assert.equal((await db.status()).appliedSeq, 1, 'one commit');
  }));

test('a transaction is rolled back when its callback rejects', () =>
  withTable(async (db) => {
    const mine = new Error('mine');
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.exec('INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (2, 2)');
        throw mine;
      }),
      mine,
    );
    assert.equal(await count(db), 0);
    assert.equal((await db.status()).appliedSeq, 0);
  }));

test('rollback undoes and ends it', () =>
  withTable(async (db) => {
    let kept;
    const result = await db.transaction(async (tx) => {
      kept = tx;
      await tx.query('INSERT INTO t VALUES (1, 1)');
      await tx.rollback();
      assert.equal(tx.closed, true);
      await fails(tx.query('SELECT 1'), 'CLOSED');
      return 7;
    });
    assert.equal(result, 7);
    assert.equal(await count(db), 0);
    await fails(kept.query('SELECT 1'), 'CLOSED');
  }));

test('a transaction in which a statement failed does not pass for committed', () =>
  withTable(async (db) => {
    await fails(
      db.transaction(async (tx) => {
        await tx.query('INSERT INTO t VALUES (1, 1)');
        await tx.query('INSERT INTO t VALUES (1, 1)').catch(() => {});
      }),
      'IN_FAILED_TRANSACTION',
    );
    assert.equal(await count(db), 0);
  }));

test('BEGIN binds the later calls of its session', () =>
  withTable(async (db) => {
    await db.exec('BEGIN');
    await db.query('INSERT INTO t VALUES (1, 1)');
    await fails(db.query('INSERT INTO t VALUES (1, 1)'), 'UNIQUE_VIOLATION');
    await fails(db.query('SELECT 1'), 'IN_FAILED_TRANSACTION');
    await db.exec('ROLLBACK');
    assert.equal(await count(db), 0);
    await db.exec('BEGIN; INSERT INTO t VALUES (2, 2); SAVEPOINT s; INSERT INTO t VALUES (3, 3); ROLLBACK TO s; COMMIT');
    assert.equal(await count(db), 1);
  }));

test('calls of one session run in the order they were made', () =>
  withTable(async (db) => {
    const calls = [];
    for (let id = 0; id < 200; id += 1) calls.push(db.query('INSERT INTO t VALUES ($1, (SELECT count(*)::int FROM t))', [id]));
    const results = await Promise.all(calls);
    assert.deepEqual(results.map(({ seq }) => seq), Array.from({ length: 200 }, (_, index) => index + 1));
    assert.equal(await value(db, 'SELECT count(*) FROM t WHERE id = n'), 200);
  }));

test('a writer waits for another to end', () =>
  withTable(async (db) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const first = db.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1, 1)');
      await held;
    });
    await sleep(20);
    const second = db.transaction((tx) => tx.query('INSERT INTO t VALUES (2, 2)'));
    await sleep(30);
    assert.equal(await count(db), 0, 'readers do not wait');
    release();
    await Promise.all([first, second]);
    assert.equal(await count(db), 2);
  }));

test('a writer that waits too long fails, and the one it waited for goes on', () =>
  withTable(
    async (db) => {
      await db.transaction(async (tx) => {
        await tx.query('INSERT INTO t VALUES (1, 1)');
        const started = performance.now();
        const error = await fails(db.query('INSERT INTO t VALUES (2, 2)'), 'LOCK_TIMEOUT');
        assert.equal(error.sqlstate, '55P03');
        assert.ok(performance.now() - started < 2000);
        await tx.query('INSERT INTO t VALUES (3, 3)');
      });
      assert.deepEqual((await db.query('SELECT id FROM t ORDER BY id', [], { rowMode: 'array' })).rows, [[1], [3]]);
    },
    { lockTimeout: 60 },
  ));

test('what a transaction says about itself is kept with its commit', () =>
  withTable(async (db) => {
    const meta = { user: 'ann', reason: 'stock count', tags: [1, null] };
    await db.transaction((tx) => tx.query('INSERT INTO t VALUES (1, 1)'), { meta });
    await db.query('UPDATE t SET n = 2', [], { meta: 'as text' });
    await db.exec('UPDATE t SET n = 3', { meta: { user: 'bob' } });
    await db.query('UPDATE t SET n = 4');
    const history = await db.history('t', 1);
    assert.deepEqual(history.map((entry) => entry.meta), [meta, 'as text', { user: 'bob' }, null]);
    await fails(db.query('UPDATE t SET n = 5', [], { meta: () => 1 }), 'INVALID_PARAMETER_VALUE');
  }));

test('a transaction can be cancelled and limited in time as a whole', () =>
  withTable(async (db) => {
    const stop = new AbortController();
    const cancelled = db.transaction(
      async (tx) => {
        await tx.query('INSERT INTO t VALUES (1, 1)');
        stop.abort();
        await new Promise(() => {});
      },
      { signal: stop.signal },
    );
    await fails(cancelled, 'CANCELLED');
    const late = db.transaction(
      async (tx) => {
        await tx.query('INSERT INTO t VALUES (2, 2)');
        await new Promise(() => {});
      },
      { timeout: 40 },
    );
    await fails(late, 'TIMEOUT');
    assert.equal(await count(db), 0);
    await db.query('INSERT INTO t VALUES (4, 4)');
  }));
