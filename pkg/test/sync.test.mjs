// The synchronous calls, for an engine on the calling thread.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOf, fails, value, withDatabase, withDirectory } from './support.mjs';

const throws = (call, code) => errorOf(async () => call()).then((error) => assert.equal(error.code, code));

test('the synchronous calls answer as the others do', () =>
  withDatabase(async (db) => {
    assert.equal(db.execSync('CREATE TABLE t (id INT PRIMARY KEY, name TEXT)')[0].command, 'CREATE TABLE');
    const insert = db.prepareSync('INSERT INTO t VALUES ($1, $2)');
    assert.deepEqual(insert.run([1, 'ä𝄞']), { affectedRows: 1, seq: 1 });
    assert.deepEqual(insert.run([2, null]), { affectedRows: 1, seq: 2 });
    assert.deepEqual(insert.runMany([[3, 'c'], [4, 'd']]), { affectedRows: 2, seq: 3 });
    const select = db.prepareSync('SELECT id, name FROM t WHERE id = $1');
    for (let again = 0; again < 3; again += 1) {
      assert.deepEqual(select.get([1]), { id: 1, name: 'ä𝄞' });
      assert.deepEqual(select.get([2]), { id: 2, name: null });
      assert.equal(select.get([9]), undefined);
    }
    const all = select.query([3]);
    assert.deepEqual(all.rows, [{ id: 3, name: 'c' }]);
    assert.deepEqual(all.fields.map(({ name }) => name), ['id', 'name']);
    assert.deepEqual([...db.prepareSync('SELECT id FROM t ORDER BY id').iterate()], [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
    assert.deepEqual(db.querySync('SELECT $1::int + 1 AS n', [1]).rows, [{ n: 2 }]);
    assert.deepEqual((await db.query('SELECT count(*)::int AS n FROM t')).rows, [{ n: 4 }]);
    select.close();
    await throws(() => select.get([1]), 'CLOSED');
    await throws(() => insert.run([1, 'x']), 'UNIQUE_VIOLATION');
    await throws(() => insert.run([1]), 'WRONG_PARAMETERS');
    await throws(() => insert.run(['x', 'y']), 'INVALID_TEXT_REPRESENTATION');
  }));

test('every type comes through the short way', () =>
  withDatabase(async (db) => {
    db.execSync('CREATE TABLE t (id INT PRIMARY KEY, b BOOLEAN, n BIGINT, f REAL, d NUMERIC, at TIMESTAMPTZ, day DATE, x BYTEA, j JSONB, u UUID)');
    const row = {
      id: 1,
      b: true,
      n: 2n ** 60n,
      f: 0.1,
      d: '1.50',
      at: new Date('2026-01-15T10:00:00.5Z'),
      day: new Date('2026-01-15'),
      x: new Uint8Array([1, 2]),
      j: { a: [1] },
      u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    };
    db.prepareSync('INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)').run(Object.values(row));
    const select = db.prepareSync('SELECT * FROM t WHERE id = $1');
    assert.deepEqual(select.get([1]), row);
    assert.deepEqual(select.get([1]), row);
    const long = 'é'.repeat(5000);
    assert.equal(db.prepareSync('SELECT $1::text AS t').get([long]).t, long);
  }));

test('a statement follows a schema that changes under it', () =>
  withDatabase(async (db) => {
    db.execSync('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
    const select = db.prepareSync('SELECT * FROM t WHERE a = 1');
    assert.deepEqual(select.get(), { a: 1 });
    assert.deepEqual(select.get(), { a: 1 });
    db.execSync('DROP TABLE t; CREATE TABLE t (b INT, a INT PRIMARY KEY); INSERT INTO t VALUES (5, 1)');
    assert.deepEqual(select.get(), { b: 5, a: 1 });
    assert.deepEqual(select.get(), { b: 5, a: 1 });
  }));

test('a synchronous transaction', () =>
  withDatabase(async (db) => {
    db.execSync('CREATE TABLE t (a INT PRIMARY KEY)');
    const insert = db.prepareSync('INSERT INTO t VALUES ($1)');
    db.transactionSync(() => {
      for (let a = 0; a < 1000; a += 1) insert.run([a]);
    });
    assert.equal((await db.status()).appliedSeq, 1);
    await throws(() => db.transactionSync(() => insert.run([5])), 'UNIQUE_VIOLATION');
    await throws(() => db.transactionSync(async () => {}), 'INVALID_PARAMETER_VALUE');
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 1000);
  }));

test('a synchronous write does not wait for a transaction', () =>
  withDatabase(async (db) => {
    db.execSync('CREATE TABLE t (a INT)');
    await db.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      await throws(() => db.execSync('INSERT INTO t VALUES (2)'), 'LOCK_TIMEOUT');
    });
    db.execSync('INSERT INTO t VALUES (3)');
    assert.equal(await value(db, 'SELECT sum(a) FROM t'), 4);
  }));

test('what a synchronous call has committed is in the files when it returns', () =>
  withDirectory(async (directory) => {
    await withDatabase(
      async (db) => {
        db.execSync('CREATE TABLE t (a INT)');
        db.prepareSync('INSERT INTO t VALUES ($1)').run([7]);
        assert.equal((await db.status()).durableSeq, 1);
      },
      {},
      `file://${directory}/db`,
    );
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT a FROM t'), 7), {}, `file://${directory}/db`);
  }));

test('a closed database has no synchronous calls either', async () => {
  let kept;
  await withDatabase(async (db) => {
    kept = db;
    db.execSync('CREATE TABLE t (a INT)');
  });
  await throws(() => kept.execSync('SELECT 1'), 'CLOSED');
  await throws(() => kept.prepareSync('SELECT 1'), 'CLOSED');
  await fails(kept.status(), 'CLOSED');
});

test('texts with other constants answer as the first did, whatever ran in between', () =>
  withDatabase(async (db) => {
    db.execSync('CREATE TABLE t (id INT PRIMARY KEY, name TEXT)');
    for (let id = 0; id < 5; id += 1) {
      const { command, affectedRows, seq } = db.querySync(`INSERT INTO t VALUES (${id}, 'name ${id}')`);
      assert.deepEqual({ command, affectedRows, seq }, { command: 'INSERT', affectedRows: 1, seq: id + 1 });
    }
    const name = (id) => {
      const { rows, fields, command } = db.querySync(`SELECT name FROM t WHERE id = ${id}`);
      assert.deepEqual(fields.map((field) => field.name), ['name']);
      assert.equal(command, 'SELECT');
      return rows;
    };
    const between = [
      () => {},
      () => assert.deepEqual(db.querySync('SELECT id AS other FROM t WHERE id = 1').rows, [{ other: 1 }]),
      () => assert.deepEqual(db.querySync('SELECT count(*)::int AS n FROM t').rows, [{ n: 5 }]),
      () => assert.throws(() => db.querySync('SELECT nothing FROM t')),
      () => assert.throws(() => db.querySync(`INSERT INTO t VALUES (1, 'again')`)),
      () => assert.deepEqual(db.querySync('SELECT name FROM t WHERE id = $1', [2]).rows, [{ name: 'name 2' }]),
      () => assert.equal(db.querySync(`UPDATE t SET name = 'name 4' WHERE id = 4`).affectedRows, 1),
      () => db.execSync('SELECT 1; SELECT 2'),
    ];
    for (const run of between) {
      for (const id of [3, 4, 9]) {
        run();
        assert.deepEqual(name(id), id === 9 ? [] : [{ name: `name ${id}` }]);
      }
    }
    const second = await db.query(`SELECT name FROM t WHERE id = 3`);
    assert.deepEqual(second.rows, name(3));
    // Texts of every kind are written for the engine as they are.
    for (const text of ['', 'é', '𝄞', 'a'.repeat(127), 'a'.repeat(300), 'é'.repeat(300), `it''s`]) {
      assert.deepEqual(db.querySync(`SELECT id, '${text}' AS t FROM t WHERE id = 1`).rows, [{ id: 1, t: text.replace("''", "'") }]);
    }
    await throws(() => db.querySync(`SELECT '\ud800' AS t`), 'CHARACTER_NOT_IN_REPERTOIRE');
  }));
