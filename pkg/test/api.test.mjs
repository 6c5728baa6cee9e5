// The calls of a database and the shapes of their answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database, DatabaseError, types } from 'driftdb-wasm';
import { errorOf, fails, value, withDatabase } from './support.mjs';

test('the quick start works to the letter', () =>
  withDatabase(async (db) => {
    await db.exec(`
      CREATE TABLE events (id INT PRIMARY KEY, data VARCHAR);
      INSERT INTO events (id, data) VALUES (1, 'original');
      UPDATE events SET data = 'modified' WHERE id = 1;
    `);
    assert.deepEqual((await db.query('SELECT * FROM events AS OF @seq:1')).rows, [{ id: 1, data: 'original' }]);
    assert.deepEqual((await db.query('SELECT * FROM events')).rows, [{ id: 1, data: 'modified' }]);
  }));

test('exec answers one result for each statement', () =>
  withDatabase(async (db) => {
    const results = await db.exec(`CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2); SELECT a FROM t ORDER BY a; UPDATE t SET a = a + 1`);
    assert.deepEqual(
      results.map(({ command, affectedRows, rows }) => ({ command, affectedRows, rows })),
      [
        { command: 'CREATE TABLE', affectedRows: 0, rows: [] },
        { command: 'INSERT', affectedRows: 2, rows: [] },
        { command: 'SELECT', affectedRows: 0, rows: [{ a: 1 }, { a: 2 }] },
        { command: 'UPDATE', affectedRows: 2, rows: [] },
      ],
    );
    assert.deepEqual(results.map(({ seq }) => seq), [0, 1, 1, 2]);
    assert.deepEqual(await db.exec(''), []);
    assert.deepEqual(await db.exec(' -- nothing\n;'), []);
  }));

test('exec stops at the first error, keeps what came before it and says which statement it was', () =>
  withDatabase(async (db) => {
    const error = await fails(db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1); SELECT nothing FROM t; INSERT INTO t VALUES (2)'), 'UNDEFINED_COLUMN');
    assert.equal(error.statementIndex, 2);
    assert.deepEqual(error.results.map(({ command }) => command), ['CREATE TABLE', 'INSERT']);
    assert.equal(error.query.slice(error.position - 1, error.position + 6), 'nothing');
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 1);
  }));

test('an atomic exec is one transaction', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY)');
    await fails(db.exec('INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)', { atomic: true }), 'UNIQUE_VIOLATION');
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 0);
    const results = await db.exec('INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)', { atomic: true });
    assert.equal(results.length, 2);
    assert.equal((await db.status()).appliedSeq, 1);
  }));

test('query runs exactly one statement', () =>
  withDatabase(async (db) => {
    await fails(db.query('SELECT 1; SELECT 2'), 'SYNTAX_ERROR');
    await fails(db.query(''), 'SYNTAX_ERROR');
    await fails(db.query(undefined), 'INVALID_PARAMETER_VALUE');
    await fails(db.exec(42), 'INVALID_PARAMETER_VALUE');
  }));

test('fields name the columns and their types as PostgreSQL does', () =>
  withDatabase(async (db) => {
    const { fields } = await db.query("SELECT 1 AS a, 'x'::text AS b, true AS c, 1.5 AS d, 1::bigint AS e");
    assert.deepEqual(fields, [
      { name: 'a', dataTypeID: types.INT4 },
      { name: 'b', dataTypeID: types.TEXT },
      { name: 'c', dataTypeID: types.BOOL },
      { name: 'd', dataTypeID: types.NUMERIC },
      { name: 'e', dataTypeID: types.INT8 },
    ]);
  }));

test('rows are objects or arrays', () =>
  withDatabase(async (db) => {
    const sql = 'SELECT 1 AS a, 2 AS a, 3 AS b';
    assert.deepEqual((await db.query(sql)).rows, [{ a: 2, b: 3 }]);
    assert.deepEqual((await db.query(sql, [], { rowMode: 'array' })).rows, [[1, 2, 3]]);
    await fails(db.query(sql, [], { rowMode: 'tuple' }), 'INVALID_PARAMETER_VALUE');
    await withDatabase(async (arrays) => assert.deepEqual((await arrays.query(sql)).rows, [[1, 2, 3]]), { rowMode: 'array' });
  }));

test('the sql template binds its values', () =>
  withDatabase(async (db) => {
    const evil = "'; DROP TABLE t; --";
    await db.exec('CREATE TABLE t (id INT, name TEXT)');
    await db.sql`INSERT INTO t VALUES (${1}, ${evil})`;
    assert.deepEqual((await db.sql`SELECT name FROM t WHERE id = ${1} AND name = ${evil}`).rows, [{ name: evil }]);
    assert.deepEqual((await db.sql`SELECT count(*)::int AS n FROM t`).rows, [{ n: 1 }]);
  }));

test('a prepared statement is run many ways', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, name TEXT)');
    const insert = await db.prepare('INSERT INTO t VALUES ($1, $2)');
    assert.deepEqual(insert.paramTypes, [types.INT4, types.TEXT]);
    assert.deepEqual(insert.fields, []);
    assert.deepEqual(await insert.run([1, 'one']), { affectedRows: 1, seq: 1 });
    assert.deepEqual(await insert.runMany([[2, 'two'], [3, 'three']]), { affectedRows: 2, seq: 2 });
    assert.equal((await insert.runMany([])).affectedRows, 0);

    const select = await db.prepare('SELECT name FROM t WHERE id >= $1 ORDER BY id');
    assert.deepEqual(select.fields, [{ name: 'name', dataTypeID: types.TEXT }]);
    assert.deepEqual((await select.query([2])).rows, [{ name: 'two' }, { name: 'three' }]);
    assert.deepEqual(await select.get([3]), { name: 'three' });
    assert.equal(await select.get([9]), undefined);
    const names = [];
    for await (const row of select.iterate([1])) names.push(row.name);
    assert.deepEqual(names, ['one', 'two', 'three']);
    assert.deepEqual((await select.query([3], { rowMode: 'array' })).rows, [['three']]);

    await fails(select.query([]), 'WRONG_PARAMETERS');
    await fails(select.query([1, 2]), 'WRONG_PARAMETERS');
    await select.close();
    await select.close();
    await fails(select.query([1]), 'CLOSED');
  }));

test('runMany is one commit, or none', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY)');
    const insert = await db.prepare('INSERT INTO t VALUES ($1)');
    const error = await errorOf(insert.runMany([[1], [2], [1]]));
    assert.equal(error.code, 'UNIQUE_VIOLATION');
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 0);
    await insert.runMany(Array.from({ length: 1000 }, (_, id) => [id]));
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 1000);
    assert.equal((await db.status()).appliedSeq, 1);
  }));

test('a prepared statement is bound again when the schema has changed', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
    const select = await db.prepare('SELECT * FROM t');
    assert.deepEqual((await select.query()).rows, [{ a: 1 }]);
    await db.exec("DROP TABLE t; CREATE TABLE t (b TEXT, c INT); INSERT INTO t VALUES ('x', 2)");
    assert.deepEqual((await select.query()).rows, [{ b: 'x', c: 2 }]);
  }));

test('parsers get the text that PostgreSQL would print, serializers give it', () =>
  withDatabase(async (db) => {
    const parsers = { [types.INT4]: (text) => `int ${text}`, [types.TIMESTAMPTZ]: (text) => text, [types.BOOL]: (text) => text };
    const sql = "SELECT 7 AS a, NULL::int AS b, TIMESTAMPTZ '2026-01-15 10:00:00+00' AS c, true AS d";
    assert.deepEqual((await db.query(sql, [], { parsers })).rows, [{ a: 'int 7', b: null, c: '2026-01-15 10:00:00+00', d: 't' }]);
    const serializers = { [types.JSONB]: (value) => JSON.stringify({ wrapped: value }) };
    assert.deepEqual(await value(db, 'SELECT $1::jsonb', [5], { serializers }), { wrapped: 5 });
    assert.equal(await value(db, 'SELECT $1::jsonb', [null], { serializers }), null);
    await withDatabase(async (own) => assert.equal(await value(own, 'SELECT 1'), 'int 1'), { parsers });
  }));

test('opening a URL twice shares one engine, and closing counts', async () => {
  const one = await Database.open('memory://shared');
  const two = await Database.open('memory://shared');
  const other = await Database.open('memory://');
  await one.exec('CREATE TABLE t (a INT)');
  assert.equal(await value(two, 'SELECT count(*) FROM t'), 0);
  await fails(other.query('SELECT * FROM t'), 'UNDEFINED_TABLE');
  await one.exec('BEGIN; INSERT INTO t VALUES (1)');
  assert.equal(await value(two, 'SELECT count(*) FROM t'), 0, 'sessions are apart');
  await one.close();
  await one.close();
  await fails(one.query('SELECT 1'), 'CLOSED');
  await fails(one.exec('SELECT 1'), 'CLOSED');
  await fails(one.transaction(() => 1), 'CLOSED');
  await fails(one.prepare('SELECT 1'), 'CLOSED');
  await fails(one.history('t', 1), 'CLOSED');
  await fails(one.asOf({ seq: 0 }).query('SELECT 1'), 'CLOSED');
  assert.equal(one.closed, true);
  assert.equal(await value(two, 'SELECT count(*) FROM t'), 0, 'what was open was rolled back');
  await two.close();
  await other.close();
  await withDatabase((fresh) => fails(fresh.query('SELECT * FROM t'), 'UNDEFINED_TABLE'), {}, 'memory://shared');
});

test('info says what is in use', () =>
  withDatabase(async (db) => {
    const { version, ...info } = db.info;
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.deepEqual(info, {
      url: 'memory://',
      name: '',
      storage: 'memory',
      reason: 'the URL says so',
      persistent: false,
      created: true,
      durability: 'strict',
      worker: false,
      recovery: null,
    });
  }));

test('URLs that name nothing are refused', async () => {
  for (const url of ['', 'shop', 'memory:', 'opfs://', 'idb://', 'auto://', 'file://', 'http://x', 'sqlite://x', 42, null, undefined, `idb://${'x'.repeat(101)}`, 'opfs://a\u0000b', 'idb://\ud800']) {
    await fails(Database.open(url), 'INVALID_URL');
    await fails(Database.delete(url), 'INVALID_URL');
  }
});

test('storages that Node lacks are refused, and a fallback is never silent', async () => {
  await fails(Database.open('opfs://shop'), 'STORAGE_UNAVAILABLE');
  await fails(Database.open('idb://shop'), 'STORAGE_UNAVAILABLE');
  await fails(Database.open('auto://shop'), 'STORAGE_UNAVAILABLE');
  await withDatabase(
    async (db) => {
      assert.equal(db.info.storage, 'memory');
      assert.match(db.info.reason, /^memory, since/);
    },
    { allowFallback: 'memory' },
    'auto://shop',
  );
});

test('status counts', () =>
  withDatabase(async (db) => {
    assert.deepEqual({ ...(await db.status()), memoryBytes: 0 }.appliedSeq, null);
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
    const before = await db.status();
    for (let id = 0; id < 50; id += 1) await db.query(`SELECT * FROM t WHERE a = ${id}`);
    const after = await db.status();
    assert.equal(after.appliedSeq, 1);
    assert.equal(after.durableSeq, 1);
    assert.equal(after.parses - before.parses, 1, 'one shape, one parse');
    assert.ok(after.planCacheHits - before.planCacheHits >= 49);
    assert.ok(after.memoryBytes > 0);
    assert.equal(after.restarts, 0);
  }));

test('100,000 rows of five columns arrive whole', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, name TEXT, price DOUBLE PRECISION, active BOOLEAN, big BIGINT)');
    const insert = await db.prepare('INSERT INTO t VALUES ($1, $2, $3, $4, $5)');
    const row = (id) => [id, `näme ${id % 977}`, id / 8, id % 3 === 0, id % 2 === 0 ? null : id * 4_294_967_296];
    await insert.runMany(Array.from({ length: 100_000 }, (_, id) => row(id)));
    const { rows } = await db.query('SELECT * FROM t ORDER BY id', [], { rowMode: 'array' });
    assert.equal(rows.length, 100_000);
    for (const id of [0, 1, 2, 2047, 2048, 2049, 65_535, 99_999]) assert.deepEqual(rows[id], row(id));
    const objects = (await db.query('SELECT id, name, big FROM t ORDER BY id DESC')).rows;
    assert.deepEqual(objects[0], { id: 99_999, name: row(99_999)[1], big: row(99_999)[4] });
    assert.equal(objects.reduce((sum, { id }) => sum + id, 0), (99_999 * 100_000) / 2);
  }));

test('errors are of one class with everything about them', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, name TEXT NOT NULL)');
    await db.query("INSERT INTO t VALUES (1, 'a')");
    const error = await errorOf(db.query("INSERT INTO t VALUES (1, 'b')"));
    assert.ok(error instanceof DatabaseError && error instanceof Error);
    assert.equal(error.code, 'UNIQUE_VIOLATION');
    assert.equal(error.sqlstate, '23505');
    assert.equal(error.table, 't');
    assert.equal(error.constraint, 't_pkey');
    assert.equal(error.query, "INSERT INTO t VALUES (1, 'b')");
    const syntax = await errorOf(db.query('SELECT * FRUM t'));
    assert.equal(syntax.code, 'SYNTAX_ERROR');
    assert.equal(syntax.sqlstate, '42601');
    assert.ok(syntax.position > 0);
    await fails(db.query('SELECT * FROM nowhere'), 'UNDEFINED_TABLE');
    await fails(db.query('INSERT INTO t VALUES (2, NULL)'), 'NOT_NULL_VIOLATION');
    await fails(db.query('SELECT 1/0'), 'DIVISION_BY_ZERO');
    await fails(db.query('SELECT 2147483647 + 1'), 'NUMERIC_VALUE_OUT_OF_RANGE');
  }));

/** What may not even be looked at. */
function revoked() {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

test('an argument of another shape is an error of the package', () =>
  withDatabase(async (db) => {
    const statement = await db.prepare('SELECT 1');
    const wrong = {
      signal: () => db.query('SELECT 1', [], { signal: 5 }),
      options: () => db.query('SELECT 1', [], 5),
      'the signal of a transaction': () => db.transaction(() => {}, { signal: {} }),
      'a parser': () => db.query('SELECT 1', [], { parsers: { 23: 3 } }),
      parsers: () => db.query('SELECT 1', [], { parsers: 5 }),
      'the key of a parser': () => db.query('SELECT 1', [], { parsers: { int4: String } }),
      'a template': () => db.sql('SELECT 1'),
      callback: () => db.transaction(5),
      'synchronous callback': () => db.transactionSync(5),
      rows: () => statement.runMany(5),
      durability: () => Database.open('memory://', { durability: 'never' }),
      fallback: () => Database.open('memory://', { allowFallback: true }),
      'the options of open': () => Database.open('memory://', 'relaxed'),
      'parsers of all': () => Database.open('memory://', { parsers: { 23: 'text' } }),
      'where it runs': () => Database.open('memory://', { worker: 'yes' }),
      'whether it is made': () => Database.open('memory://', { create: 'no' }),
      'options that cannot be read': () => db.query('SELECT 1', [], revoked()),
      'a name that open has not': () => Database.open('memory://', { timeoutt: 5 }),
      'a name that query has not': () => db.query('SELECT 1', [], { atomic: true }),
      'a name that exec has not': () => db.exec('SELECT 1', { rowmode: 'array' }),
      'a name that execSync has not': () => db.execSync('SELECT 1', { rowmode: 'array' }),
      'a name that a statement has not': () => statement.query([], { timeuot: 5 }),
      'a name that a transaction has not': () => db.transaction(() => {}, { isolation: 'serializable' }),
      'a name that commits has not': () => db.commits({ last: 5 }),
      'a name that status has not': () => db.status({ meta: 1 }),
      'a name that restore has not': () => db.restore({ seq: 1 }, { dryrun: true }),
      'a name that undo has not': () => db.undo(1, { force: true }),
      'a name that diff has not': () => db.diff({ seq: 0 }, { seq: 1 }, { table: 't', keys: [] }),
      'a name that diffQuery has not': () => db.diffQuery('SELECT 1', { seq: 0 }, { seq: 1 }, { keys: [] }),
      'a name that live has not': () => db.live('SELECT 1', [], () => {}, { interval: 5 }),
      'a name that changes has not': () => db.changes({ from: 5 }),
    };
    for (const [what, call] of Object.entries(wrong)) {
      const error = await errorOf(async () => call());
      assert.equal(error.code, 'INVALID_PARAMETER_VALUE', what);
    }
    await fails(db.query('SELECT $1::json', [revoked()]), 'WRONG_PARAMETERS');
    await fails(db.query('SELECT $1::json', revoked()), 'WRONG_PARAMETERS');
    const misspelt = await errorOf(db.query('SELECT 1', [], { timeuot: 5 }));
    assert.match(`${misspelt.message}; ${misspelt.hint}`, /no option 'timeuot'.*timeout/);
    assert.equal((await db.query('SELECT 1 AS one', [], { timeuot: undefined })).rows[0].one, 1);
    assert.equal((await db.query('SELECT 1 AS one', null, null)).rows[0].one, 1);
    assert.equal((await db.exec('SELECT 1 AS one', null))[0].rows[0].one, 1);
    assert.equal(db.querySync('SELECT 1 AS one', null, null).rows[0].one, 1);
  }));
