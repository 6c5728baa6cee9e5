// Time travel through the package: moments, history, commits, schemas of the past.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from 'driftdb-wasm';
import { fails, value, withDatabase, withDirectory } from './support.mjs';

const withOrders = (use) =>
  withDatabase(async (db) => {
    await db.exec("CREATE TABLE orders (id INT PRIMARY KEY, status TEXT, total NUMERIC(8,2)); INSERT INTO orders VALUES (7, 'pending', 10)");
    await sleep(5);
    const between = new Date();
    await sleep(5);
    await db.exec("UPDATE orders SET status = 'paid' WHERE id = 7; DELETE FROM orders WHERE id = 7; INSERT INTO orders VALUES (7, 'again', 10)");
    await use(db, between);
  });

test('every way to name a moment', () =>
  withOrders(async (db, between) => {
    const status = async (moment) => (await db.asOf(moment).query('SELECT status FROM orders')).rows.map((row) => row.status);
    assert.deepEqual(await status({ seq: 1 }), ['pending']);
    assert.deepEqual(await status({ seq: 2n }), ['paid']);
    assert.deepEqual(await status({ seq: 3 }), []);
    assert.deepEqual(await status({ seq: 4 }), ['again']);
    assert.deepEqual(await status(between), ['pending']);
    assert.deepEqual(await status(between.toISOString()), ['pending']);
    assert.deepEqual(await status({ time: between }), ['pending']);
    assert.deepEqual(await status(new Date(Date.now() + 60_000)), ['again'], 'later than the last commit is the present');
    const [, paid] = await db.history('orders', 7);
    assert.deepEqual(await status(paid), ['paid'], 'an entry of a history is a moment');
    assert.deepEqual((await db.query('SELECT status FROM orders', [], { asOf: { seq: 1 } })).rows, [{ status: 'pending' }]);
  }));

test('a Date is the end of its millisecond', () =>
  withOrders(async (db) => {
    const [inserted] = await db.history('orders', 7);
    assert.equal(await value(db.asOf(inserted.time), 'SELECT status FROM orders'), 'pending');
    const exact = await value(db, "SELECT system_time_start::text FROM orders FOR SYSTEM_TIME ALL WHERE status = 'paid'");
    assert.equal(await value(db.asOf(exact), 'SELECT status FROM orders'), 'paid', 'a time read back is exact');
  }));

test('moments that are not there are errors of their own', () =>
  withOrders(async (db) => {
    await fails(db.asOf({ seq: 99 }).query('SELECT 1 FROM orders'), 'MOMENT_IN_FUTURE');
    await fails(db.asOf(new Date(0)).query('SELECT * FROM orders'), 'MOMENT_BEFORE_FIRST');
    await fails(async () => db.asOf({ seq: -1 }), 'MOMENT_BEFORE_FIRST');
    await fails(async () => db.asOf({ seq: 1.5 }), 'INVALID_PARAMETER_VALUE');
    await fails(async () => db.asOf(7), 'INVALID_PARAMETER_VALUE');
    await fails(async () => db.asOf(new Date(NaN)), 'INVALID_DATETIME_FORMAT');
    await fails(db.asOf('not a time').query('SELECT * FROM orders'), 'INVALID_DATETIME_FORMAT');
    await withDatabase((empty) => fails(empty.asOf(new Date()).query('SELECT 1'), 'MOMENT_BEFORE_FIRST'));
  }));

test('the past can only be read', () =>
  withOrders(async (db) => {
    const past = db.asOf({ seq: 1 });
    await fails(past.query('DELETE FROM orders'), 'READ_ONLY');
    await fails(past.exec("INSERT INTO orders VALUES (8, 'x', 1)"), 'READ_ONLY');
    await fails(past.exec('DROP TABLE orders'), 'READ_ONLY');
    await fails(past.query('SELECT 1', [], { asOf: { seq: 0 } }), 'INVALID_PARAMETER_VALUE');
    const statement = await past.prepare('SELECT status FROM orders WHERE id = $1');
    assert.deepEqual(await statement.get([7]), { status: 'pending' });
    assert.deepEqual((await past.sql`SELECT status FROM orders WHERE id = ${7}`).rows, [{ status: 'pending' }]);
    assert.equal((await past.exec('SELECT 1; SELECT status FROM orders'))[1].rows[0].status, 'pending');
  }));

test('history tells every state of a row, oldest first', () =>
  withOrders(async (db) => {
    const history = await db.history('orders', 7);
    assert.deepEqual(
      history.map(({ seq, op, row, changed, until }) => ({ seq, op, status: row?.status ?? null, changed, until: until?.seq ?? null })),
      [
        { seq: 1, op: 'INSERT', status: 'pending', changed: ['id', 'status', 'total'], until: 2 },
        { seq: 2, op: 'UPDATE', status: 'paid', changed: ['status'], until: 3 },
        { seq: 3, op: 'DELETE', status: null, changed: [], until: 4 },
        { seq: 4, op: 'INSERT', status: 'again', changed: ['id', 'status', 'total'], until: null },
      ],
    );
    assert.deepEqual(history[0].row, { id: 7, status: 'pending', total: '10.00' });
    assert.equal(history[2].row, null);
    assert.ok(history.every(({ time }) => time instanceof Date));
    assert.deepEqual(history[0].until.time, history[1].time);
    assert.deepEqual((await db.history('orders', 7, { rowMode: 'array' }))[0].row, [7, 'pending', '10.00']);
    await fails(db.history('orders', 8), 'UNDEFINED_KEY');
    await fails(db.history('nothing', 8), 'UNDEFINED_TABLE');
    assert.equal((await db.asOf({ seq: 2 }).history('orders', 7)).length, 2);
    const parsed = await db.history('orders', 7, { parsers: { 25: (text) => text.toUpperCase(), 1184: (text) => text, 20: (text) => text } });
    assert.equal(parsed[0].row.status, 'PENDING');
    assert.ok(parsed[0].time instanceof Date && parsed[0].seq === 1, 'what is not of the row is not parsed');
  }));

test('history takes composite keys as an array or by name', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE TABLE stock (sku TEXT, place INT, n INT, PRIMARY KEY (place, sku)); INSERT INTO stock VALUES ('a', 1, 5); UPDATE stock SET n = 6");
    const states = (history) => history.map(({ row }) => row.n);
    assert.deepEqual(states(await db.history('stock', [1, 'a'])), [5, 6]);
    assert.deepEqual(states(await db.history('stock', { sku: 'a', place: 1 })), [5, 6]);
    await fails(db.history('stock', 1), 'WRONG_PARAMETERS');
    await fails(db.history('stock', [1]), 'WRONG_PARAMETERS');
    await fails(db.history('stock', { sku: 'a' }), 'WRONG_PARAMETERS');
    await fails(db.history('stock', { sku: 'a', shelf: 1 }), 'WRONG_PARAMETERS');
    await fails(db.history('nowhere', 1), 'UNDEFINED_TABLE');
    await db.exec('CREATE TABLE keyless (a INT)');
    const error = await db.history('keyless', 1).catch((error) => error);
    assert.equal(error.name, 'DatabaseError', 'a table without a key has no such history');
  }));

test('commits can be listed', () =>
  withOrders(async (db) => {
    await db.query('UPDATE orders SET status = $1', ['x'], { meta: { why: 'test' } });
    const commits = await db.commits();
    assert.deepEqual(commits.map(({ seq }) => seq), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(commits.map(({ tables }) => tables), Array(6).fill(['orders']));
    assert.deepEqual(commits[5].meta, { why: 'test' });
    assert.equal(commits[2].affectedRows, 1);
    assert.match(commits[2].statement, /^update orders set status = \? where id = \?$/i);
    assert.doesNotMatch(commits[2].statement, /paid/, 'without the literals');
    assert.ok(commits.every(({ time }, index) => time instanceof Date && (index === 0 || time >= commits[index - 1].time)));
    assert.deepEqual((await db.commits({ from: 2, to: 3 })).map(({ seq }) => seq), [2, 3]);
    assert.deepEqual((await db.commits({ from: 4, limit: 1 })).map(({ seq }) => seq), [4]);
    assert.deepEqual(await db.commits({ from: 50 }), []);
    await fails(db.commits({ from: -1 }), 'INVALID_PARAMETER_VALUE');
    await db.exec('DROP TABLE orders');
    assert.deepEqual((await db.commits({ from: 6 }))[0].tables, ['orders'], 'as it was called before it was dropped');
    await withDatabase(async (empty) => assert.deepEqual(await empty.commits(), []));
  }));

test('tables are told as they were at a moment', () =>
  withDatabase(async (db) => {
    assert.deepEqual(await db.tables(), []);
    await db.exec("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x'); CREATE INDEX t_name ON t (name); DROP TABLE t; CREATE TABLE u (a INT)");
    assert.deepEqual((await db.tables()).map(({ name }) => name), ['u']);
    const [table] = await db.asOf({ seq: 1 }).tables();
    assert.equal(table.name, 't');
    assert.deepEqual(table.primaryKey, ['id']);
    assert.deepEqual(table.columns[0], { name: 'id', type: 'integer', dataTypeID: 23, nullable: false, default: null });
    assert.equal(table.columns[1].type, 'character varying(20)');
    assert.match(table.columns[1].default, /'x'/);
    assert.deepEqual(table.indexes.find(({ name }) => name === 't_name'), { name: 't_name', columns: ['name'], unique: false });
    assert.deepEqual((await db.asOf({ seq: 0 }).tables())[0].indexes.map(({ name }) => name), ['t_pkey']);
  }));

test('diff: what is not the same at two moments, by row and cell', () =>
  withOrders(async (db, between) => {
    const pending = { id: 7, status: 'pending', total: '10.00' };
    const again = { id: 7, status: 'again', total: '10.00' };
    const columns = ['id', 'status', 'total'];
    assert.deepEqual(await db.diff({ seq: 1 }, { seq: 2 }, { table: 'orders' }), [
      { op: 'UPDATE', before: pending, after: { ...pending, status: 'paid' }, changed: ['status'] },
    ]);
    assert.deepEqual(await db.diff(between, new Date(Date.now() + 60_000), { table: 'orders' }), [
      { op: 'DELETE', before: pending, after: null, changed: [] },
      { op: 'INSERT', before: null, after: again, changed: columns },
    ]);
    assert.deepEqual(await db.diff({ seq: 4 }, { seq: 0 }, { table: 'orders', rowMode: 'array' }), [
      { op: 'DELETE', before: [7, 'again', '10.00'], after: null, changed: [] },
    ]);
    assert.deepEqual(await db.diff({ seq: 2 }, { seq: 2 }, { table: 'orders' }), []);
    const parsed = await db.diff({ seq: 0 }, { seq: 1 }, { table: 'orders', parsers: { 1700: Number, 25: (text) => text.toUpperCase() } });
    assert.deepEqual(parsed, [{ op: 'INSERT', before: null, after: { id: 7, status: 'PENDING', total: 10 }, changed: columns }]);
    await fails(db.diff({ seq: 0 }, { seq: 99 }, { table: 'orders' }), 'MOMENT_IN_FUTURE');
    await fails(db.diff({ seq: 0 }, { seq: 1 }, { table: "o'rders" }), 'UNDEFINED_TABLE');
  }));

test('history, blame and commits are tables in SQL', () =>
  withOrders(async (db) => {
    const history = await db.query("SELECT seq, op, changed, status FROM history('orders', $1) ORDER BY seq", [7]);
    assert.deepEqual(history.rows.map((row) => row.op), ['INSERT', 'UPDATE', 'DELETE', 'INSERT']);
    assert.deepEqual(history.rows[1], { seq: 2, op: 'UPDATE', changed: ['status'], status: 'paid' });
    await db.query("UPDATE orders SET status = 'late'", [], { meta: { user: 'eve' } });
    const blame = await db.query("SELECT column_name, seq, meta FROM blame('orders') ORDER BY seq DESC LIMIT 1");
    assert.deepEqual(blame.rows, [{ column_name: 'status', seq: 5, meta: { user: 'eve' } }]);
    const commits = await db.query("SELECT seq, tables, affected_rows FROM commits() WHERE meta->>'user' = $1", ['eve']);
    assert.deepEqual(commits.rows, [{ seq: 5, tables: ['orders'], affected_rows: 1 }]);
  }));

test('tags name moments', () =>
  withOrders(async (db, between) => {
    await db.tag('first', { seq: 1 });
    await db.tag('Before "noon"', between, { meta: { user: 'ann' } });
    const { seq } = await db.tag('now');
    assert.equal(seq, 7, 'a tag is a commit');
    const status = async (tag) => value(db.asOf({ tag }), 'SELECT status FROM orders');
    assert.deepEqual(await Promise.all(['first', 'Before "noon"', 'now'].map(status)), ['pending', 'pending', 'again']);
    assert.equal(await value(db, 'SELECT status FROM orders AS OF @tag:first'), 'pending');
    assert.deepEqual((await db.tags()).map(({ name, seq }) => [name, seq]), [['Before "noon"', 1], ['first', 1], ['now', 6]]);
    assert.equal((await db.diff({ tag: 'first' }, { seq: 2 }, { table: 'orders' })).length, 1);
    await fails(db.tag('first'), 'DUPLICATE_OBJECT');
    await db.dropTag('first');
    await fails(db.asOf({ tag: 'first' }).query('SELECT 1'), 'UNDEFINED_TAG');
    await fails(db.dropTag('first'), 'UNDEFINED_TAG');
  }));

test('restore brings rows back, as a new commit', () =>
  withOrders(async (db) => {
    const orders = async () => (await db.query('SELECT id, status FROM orders ORDER BY id')).rows.map((row) => `${row.id} ${row.status}`);
    await db.exec("INSERT INTO orders VALUES (8, 'new', 5)");
    const tried = await db.restore({ seq: 1 }, { table: 'orders', dryRun: true });
    assert.equal(tried.affectedRows, 3, 'two that go and one that comes back');
    assert.deepEqual(await orders(), ['7 again', '8 new'], 'nothing has happened');
    const { seq } = await db.restore({ seq: 1 }, { table: 'orders', meta: { why: 'mistake' } });
    assert.equal(seq, 6);
    assert.deepEqual(await orders(), ['7 pending']);
    assert.deepEqual((await db.commits({ from: 6 }))[0].meta, { why: 'mistake' });
    await db.restore({ seq: 5 }, { table: 'orders', key: 8 });
    assert.deepEqual(await orders(), ['7 pending', '8 new']);
    await db.restore({ seq: 1 }, { table: 'orders', where: 'status = $1', params: ['new'] });
    assert.deepEqual(await orders(), ['7 pending']);
    await db.exec('DROP TABLE orders');
    await db.restore({ seq: 5 }, { table: 'orders' });
    assert.deepEqual(await orders(), ['7 again', '8 new'], 'a dropped table is made again');
    await fails(db.restore({ seq: 99 }, { table: 'orders' }), 'MOMENT_IN_FUTURE');
  }));

test('undo reverses one commit, and redo that', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT); INSERT INTO t VALUES (1, 'a', 'b'); UPDATE t SET a = 'A', b = 'B'; UPDATE t SET b = 'again'");
    const row = async () => (await db.query('SELECT a, b FROM t')).rows[0];
    const error = await fails(db.undo(2), 'UNDO_CONFLICT');
    assert.match(error.detail, /t \(1\): b/);
    await db.undo(2, { policy: 'skip' });
    assert.deepEqual(await row(), { a: 'a', b: 'again' });
    await db.redo();
    assert.deepEqual(await row(), { a: 'A', b: 'again' });
    assert.equal(await db.redo(), null);
    await db.undo(2, { policy: 'force' });
    assert.deepEqual(await row(), { a: 'a', b: 'b' });
    await fails(async () => db.undo(2, { policy: 'maybe' }), 'INVALID_PARAMETER_VALUE');
    await fails(async () => db.undo(1.5), 'INVALID_PARAMETER_VALUE');
  }));

test('redo undoes the last undo, whoever made it and when', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}`;
    const a = async (db) => (await db.query('SELECT a FROM t')).rows[0].a;
    await withDatabase(async (db) => {
      await db.exec('CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 0); UPDATE t SET a = 1; UPDATE t SET a = 2; UPDATE t SET a = 3');
      assert.equal(await db.redo(), null);
      await db.undo(4);
      await db.undo(3);
      assert.equal(await a(db), 1);
    }, {}, url);
    await withDatabase(async (db) => {
      assert.equal((await db.redo()).affectedRows, 1);
      assert.equal(await a(db), 2);
    }, {}, url);
    await withDatabase(async (db) => {
      const other = await Database.open(url);
      assert.equal((await other.redo({ meta: { by: 'other' } })).seq, 8);
      await other.close();
      assert.equal(await a(db), 3);
      assert.equal(await db.redo(), null);
      await db.undo(4);
      assert.equal(await a(db), 2);
      await db.redo();
      assert.equal(await a(db), 3);
    }, {}, url);
  }));

test('restore of the whole database, with dropped tables and without those made since', () =>
  withOrders(async (db) => {
    await db.exec("CREATE TABLE lines (id INT PRIMARY KEY, o INT REFERENCES orders); INSERT INTO lines VALUES (1, 7)");
    const { seq } = await db.query('SELECT 1');
    await db.exec(`UPDATE orders SET status = 'wrong'; INSERT INTO orders VALUES (8, 'new', 1); UPDATE lines SET o = 8; DELETE FROM orders WHERE id = 7;
      DROP TABLE lines; CREATE TABLE made (x INT); INSERT INTO made VALUES (1)`);
    const tried = await db.restore({ seq }, { dryRun: true });
    const done = await db.restore({ seq }, { meta: { why: 'all of it' } });
    assert.equal(tried.affectedRows, done.affectedRows);
    assert.deepEqual((await db.tables()).map(({ name }) => name), ['lines', 'orders']);
    assert.deepEqual((await db.query('SELECT o, status FROM lines JOIN orders ON orders.id = o')).rows, [{ o: 7, status: 'again' }]);
    assert.equal(await value(db, 'SELECT count(*)::int FROM orders'), 1);
    await fails(db.query('DELETE FROM orders'), 'FOREIGN_KEY_VIOLATION');
    assert.equal(await value(db.asOf({ seq: done.seq - 1 }), 'SELECT x FROM made'), 1, 'what went is in the past');
    await fails(db.restore({ seq }, { key: 7 }), 'INVALID_PARAMETER_VALUE');
  }));

test('a row that was changed 10,000 times has its beginning, as written and as read back', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}`;
    const isWhole = async (db) => {
      assert.deepEqual((await db.query('SELECT count(*)::int AS n, min(v), max(v) FROM t FOR SYSTEM_TIME ALL WHERE id = 7')).rows, [{ n: 10_001, min: 0, max: 10_000 }]);
      const history = await db.history('t', 7);
      assert.deepEqual([history.length, history[0].row.v, history[0].op, history[10_000].row.v], [10_001, 0, 'INSERT', 10_000]);
      for (const seq of [1, 2, 5000, 10_001]) {
        const before = (await db.status()).entriesTouched;
        assert.equal(await value(db, 'SELECT v FROM t WHERE id = 7', [], { asOf: { seq } }), seq - 1);
        assert.ok((await db.status()).entriesTouched - before < 50, 'whatever the row has been through');
      }
      // ALL of another key touches what that key had, and nothing else.
      const explained = async (sql) => (await db.query(`EXPLAIN ANALYZE ${sql}`)).rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.match(await explained('SELECT v FROM t FOR SYSTEM_TIME ALL WHERE id = 8'), /Index Scan on t .* using t_pkey \(id = 8\).*\(rows 1, .*, 1 index entries\)/);
      assert.match(await explained("SELECT v FROM t FOR SYSTEM_TIME ALL WHERE k = 'k8'"), /Index Scan on t .* using t_k \(k = 'k8'\).*\(rows 1, .*, 1 index entries\)/);
    };
    await withDatabase(async (db) => {
      await db.exec("CREATE TABLE t (id INT PRIMARY KEY, v INT, k TEXT); INSERT INTO t SELECT g, 0, 'k' || g FROM generate_series(1, 100) g");
      const update = await db.prepare('UPDATE t SET v = v + 1 WHERE id = 7');
      await db.exec('UPDATE t SET v = v + 1 WHERE id = 7;'.repeat(9_999));
      await update.run();
      await db.exec('CREATE INDEX t_k ON t (k)');
      await isWhole(db);
    }, { durability: 'relaxed' }, url);
    await withDatabase(isWhole, {}, url);
  }));

test('a statement prepared at a moment knows the columns of then', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE TABLE t (id INT PRIMARY KEY, v TEXT, n INT); INSERT INTO t VALUES (1, 'a', 1); ALTER TABLE t RENAME COLUMN v TO w");
    const then = db.asOf({ seq: 1 });
    const all = await then.prepare('SELECT * FROM t WHERE id = $1');
    assert.deepEqual(all.fields.map(({ name }) => name), ['id', 'v', 'n']);
    await db.exec('DROP TABLE t');
    assert.deepEqual(await all.get([1]), { id: 1, v: 'a', n: 1 });
    const one = await db.prepare('SELECT v FROM t WHERE id = $1', { asOf: { seq: 1 } });
    assert.deepEqual(await one.get([1]), { v: 'a' });
    await fails(db.prepare('SELECT v FROM t'), 'UNDEFINED_TABLE');
  }));

test('what is asked of a moment leaves the session as it is', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
    for (const sql of ['SET SESSION AS OF @seq:0', 'RESET SESSION AS OF', 'BEGIN', 'COMMIT', 'SAVEPOINT s']) {
      await fails(db.asOf({ seq: 1 }).exec(sql), 'READ_ONLY');
    }
    await db.exec('INSERT INTO t VALUES (2)');
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 2);
  }));

test('a restore is tried in the transaction that is open', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE TABLE other (b INT); DELETE FROM t');
    await db.exec('BEGIN; INSERT INTO other VALUES (7)');
    assert.equal((await db.restore({ seq: 1 }, { table: 't', dryRun: true })).affectedRows, 2);
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 0);
    await fails(db.restore({ seq: 9 }, { table: 't', dryRun: true }), 'MOMENT_IN_FUTURE');
    await db.exec('INSERT INTO t VALUES (3); COMMIT');
    assert.deepEqual((await db.query('SELECT a, b FROM t, other')).rows, [{ a: 3, b: 7 }]);
  }));
