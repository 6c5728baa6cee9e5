// Functions of JavaScript in SQL: what they get and answer, how they fail, and how long they are there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from 'driftdb-wasm';
import { errorOf, fails, value, withDatabase, withDirectory } from './support.mjs';

const module = new URL('./browser/functions.js', import.meta.url);

test('a function is one of SQL, by each way of saying it', () =>
  withDatabase(async (db) => {
    await db.function('double', (x) => x * 2);
    await db.function('Add', { call: (a, b) => a + b, args: ['int', 'int'], returns: 'int', deterministic: true });
    await db.function('slug', { module, export: 'slug', args: ['text'], deterministic: true });
    await db.function('joined', { module: String(module) });
    const { rows, fields } = await db.query("SELECT double(21), ADD(1, '2') AS sum, slug('A Title, so'), joined(1, true, NULL, 2.50, 'x')");
    assert.deepEqual(rows, [{ double: '42', sum: 3, slug: 'a-title-so', joined: '1|true||2.50|x' }]);
    assert.deepEqual(fields.map(({ dataTypeID }) => dataTypeID), [25, 23, 25, 25]);
    assert.equal(db.querySync('SELECT add($1, $2) AS sum', [4, 5]).rows[0].sum, 9);
    await db.exec("CREATE TABLE posts (title TEXT, slug TEXT GENERATED ALWAYS AS (slug(title)) STORED); CREATE UNIQUE INDEX ON posts (slug)");
    await db.query("INSERT INTO posts SELECT 'Post ' || i FROM generate_series(1, 5000) AS i");
    assert.deepEqual((await db.query("SELECT title FROM posts WHERE slug = 'post-4711'")).rows, [{ title: 'Post 4711' }]);
    assert.equal((await errorOf(db.query("INSERT INTO posts VALUES ('POST 1')"))).sqlstate, '23505');
  }));

test('arguments are what rows hold, and answers are what parameters may be', () =>
  withDatabase(async (db) => {
    let got;
    await db.function('tell', { call: (...values) => void (got = values) });
    const sql = `true, 1, 9007199254740993, 0.1::real, 1.50, 'ä𝄞', NULL, TIMESTAMPTZ '2026-01-15 10:00:00+00', 'infinity'::date,
      '\\x00ff'::bytea, '{"a":[1]}'::jsonb, '{1,NULL,3}'::int[], interval '1 day', 'x'::char(3), '0d9f3a3e-0000-4000-8000-000000000001'::uuid`;
    const [row] = (await db.query(`SELECT ${sql}`, [], { rowMode: 'array' })).rows;
    assert.equal(await value(db, `SELECT tell(${sql})`), null);
    assert.deepEqual(got, row);
    for (const [type, answer, expected = answer] of [
      ['boolean', true],
      ['int', 7n, 7],
      ['bigint', 9007199254740993n],
      ['bigint', '12', 12],
      ['numeric(10, 2)', 1.5, '1.5'],
      ['double precision', -0],
      ['text', 'ä𝄞\n'],
      ['text', 12, '12'],
      ['text', { a: 1 }, '{"a":1}'],
      ['timestamptz', new Date(86_400_123)],
      ['date', Infinity],
      ['bytea', new Uint8Array([0, 255])],
      ['jsonb', { a: [1, null] }],
      ['int[]', [1, null, 3]],
      ['text[]', ['a', 'b,c']],
      ['interval', '1 day'],
      ['int', undefined, null],
      ['int', null],
    ]) {
      await db.function('answer', { call: () => answer, returns: type });
      assert.deepEqual(await value(db, 'SELECT answer()'), expected, `${type} ${String(answer)}`);
      assert.deepEqual(await value(db, 'SELECT max(answer()::text) FROM generate_series(1, 3)'), await value(db, 'SELECT answer()::text'));
    }
    for (const [type, answer, code] of [
      ['int', 1.5, 'INVALID_PARAMETER_VALUE'],
      ['int', 2 ** 40, 'NUMERIC_VALUE_OUT_OF_RANGE'],
      ['int', 'x', 'INVALID_TEXT_REPRESENTATION'],
      ['int', new Date(), 'INVALID_PARAMETER_VALUE'],
      ['bytea', true, 'INVALID_PARAMETER_VALUE'],
      ['text', Symbol('x'), 'INVALID_PARAMETER_VALUE'],
      ['text', () => 1, 'INVALID_PARAMETER_VALUE'],
      ['text', '\ud800', 'INVALID_PARAMETER_VALUE'],
      ['text', 'a\0b', 'CHARACTER_NOT_IN_REPERTOIRE'],
      ['text', new Date(NaN), 'INVALID_PARAMETER_VALUE'],
      ['text', Promise.resolve('x'), 'INVALID_PARAMETER_VALUE'],
    ]) {
      await db.function('answer', { call: () => answer, returns: type });
      await fails(db.query('SELECT answer()'), code);
    }
    await db.function('answer', async () => {
      throw new Error('late');
    });
    await fails(db.query('SELECT answer()'), 'INVALID_PARAMETER_VALUE');
    assert.equal(await value(db, 'SELECT 1'), 1);
  }));

test('NULL comes as null, unless the function is strict', () =>
  withDatabase(async (db) => {
    await db.function('shown', (x) => `(${x})`);
    await db.function('strictly', { call: (x) => `(${x})`, strict: true });
    const { rows } = await db.query('SELECT shown(x), strictly(x) FROM (VALUES (1), (NULL)) AS v(x)', [], { rowMode: 'array' });
    assert.deepEqual(rows, [['(1)', '(1)'], ['(null)', null]]);
  }));

test('what a function throws is an error of the statement alone', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (2), (3)');
    await db.function('picky', (x) => {
      if (x === 2) throw new TypeError('not two');
      return x;
    });
    const error = await fails(db.query('UPDATE t SET i = picky(i)::int + 10'), 'EXTERNAL_ROUTINE_EXCEPTION');
    assert.deepEqual([error.sqlstate, error.message], ['38000', 'function picky: TypeError: not two']);
    assert.match(error.detail, /functions\.test\.mjs/);
    assert.equal(await value(db, 'SELECT sum(i) FROM t'), 6);
    for (const thrown of [undefined, null, Symbol('s'), Object.create(null), '\ud800', 'text', new Proxy({}, { getPrototypeOf() { throw 1; } })]) {
      await db.function('throws', () => {
        throw thrown;
      });
      assert.equal((await errorOf(db.query('SELECT throws()'))).code, 'EXTERNAL_ROUTINE_EXCEPTION');
    }
    assert.equal(await value(db, "SELECT count(*) FROM t WHERE i <> 2 AND picky(i) = '3'"), 1);
    assert.equal((await db.status()).restarts, 0);
  }));

test('a function that asks its engine gets an error, and the engine goes on', () =>
  withDatabase(async (db) => {
    const statement = db.prepareSync('SELECT 1 AS one');
    const stop = new AbortController();
    let later;
    for (const ask of [
      () => db.querySync('SELECT 1'),
      () => db.querySync('SELECT $1::int', [1], { rowMode: 'array' }),
      () => db.execSync('SELECT 1'),
      () => statement.get(),
      () => db.prepareSync('SELECT 2'),
      () => db.transactionSync(() => 1),
    ]) {
      await db.function('ask', ask);
      const error = await fails(db.query('SELECT ask()'), 'EXTERNAL_ROUTINE_EXCEPTION');
      assert.match(error.message, /cannot ask it/);
      await fails(() => db.querySync('SELECT ask() FROM generate_series(1, 2)'), 'EXTERNAL_ROUTINE_EXCEPTION');
    }
    await db.function('ask', () => {
      stop.abort();
      later = db.query("SELECT ask_me_later() AS 'x'").catch((error) => error.code);
      return 'asked';
    });
    await fails(db.query('SELECT ask() FROM generate_series(1, 100000)', [], { signal: stop.signal }), 'CANCELLED');
    assert.equal(await later, 'SYNTAX_ERROR');
    await db.function('ask', () => void (later = db.function('other', () => 'there')));
    assert.equal(await value(db, 'SELECT ask()'), null);
    await later;
    assert.equal(await value(db, 'SELECT other()'), 'there');
    await withDatabase(async (another) => {
      await db.function('ask', () => another.querySync('SELECT 5 AS five').rows[0].five);
      assert.equal(await value(db, 'SELECT ask()'), '5');
    });
    assert.equal((await db.status()).restarts, 0);
  }));

test('aggregates, with everything that SQL says around them', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE TABLE t (g INT, x INT, s TEXT); INSERT INTO t VALUES (1, 5, 'a'), (1, 1, 'b'), (2, 9, NULL), (1, 1, 'c'), (2, NULL, 'd')");
    await db.function('median', { module, export: 'median', args: ['int'], returns: 'int' });
    await db.function('listed', { step: (list = '', ...values) => `${list}${values.join(':')};` });
    await db.function('product', { init: () => 1n, step: (all, x) => all * BigInt(x), returns: 'numeric' });
    const rows = async (sql) => (await db.query(sql, [], { rowMode: 'array' })).rows;
    assert.deepEqual(await rows('SELECT g, median(x), listed(s, x), product(x) FROM t GROUP BY g ORDER BY g'), [
      [1, 1, 'a:5;b:1;c:1;', '5'],
      [2, 9, 'd:;', '9'],
    ]);
    assert.deepEqual(await rows('SELECT median(x), listed(s), product(x) FROM t WHERE false'), [[null, null, '1']]);
    assert.deepEqual(
      await rows('SELECT listed(x ORDER BY x DESC), listed(DISTINCT x), listed(x) FILTER (WHERE g = 1), product(x) FROM t'),
      [['9;5;1;1;', '1;5;9;', '5;1;1;', '45']],
    );
    await db.exec('CREATE TABLE n AS SELECT i, i % 1000 AS g FROM generate_series(1, 20000) AS i');
    assert.equal(await value(db, 'SELECT count(*) FROM (SELECT g, product(g) FROM n GROUP BY g) AS p'), 1000);
    await fails(db.query('SELECT median(x) OVER () FROM t'), 'UNSUPPORTED');
    for (const broken of [
      { init: () => { throw new Error('init'); }, step: (s) => s },
      { step: () => { throw new Error('step'); } },
      { step: (s) => s, finalize: () => { throw new Error('finalize'); } },
    ]) {
      await db.function('broken', broken);
      await fails(db.query('SELECT broken(x) FROM t'), 'EXTERNAL_ROUTINE_EXCEPTION');
    }
    await db.function('wrong', { step: () => ({}), returns: 'int' });
    await fails(db.query('SELECT wrong(x) FROM t'), /INVALID/);
    // What the engine needs no more, it does not keep.
    const { routines } = db.connection.direct.begin(0).engine;
    routines.add('count', { call: () => 1 });
    const last = routines.begin(1);
    await rows('SELECT g, median(x) FROM t GROUP BY g');
    assert.ok(routines.begin(1) > last + 1);
    assert.throws(() => routines.finish(last + 1, 0, 1));
  }));

test('a name has one function at a time, for all who share the engine', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    const [db, other] = [await Database.open(url), await Database.open(url)];
    await db.exec('CREATE TABLE t (i INT CHECK (fine(i)))').catch((error) => assert.match(error.hint, /db\.function/));
    await db.function('fine', { call: (i) => i < 10, returns: 'boolean' });
    await other.exec('CREATE TABLE t (i INT CHECK (fine(i))); CREATE VIEW v AS SELECT fine(i) FROM t; INSERT INTO t VALUES (1)');
    await fails(other.query('INSERT INTO t VALUES (11)'), 'CHECK_VIOLATION');
    const statement = await other.prepare('SELECT fine(1) AS fine');
    assert.deepEqual(await statement.get(), { fine: true });
    await db.function('FINE', { call: () => 'very' });
    assert.deepEqual(await statement.get(), { fine: 'very' });
    await db.function('fine', null);
    await db.function('fine', null);
    assert.match((await fails(statement.get(), 'UNDEFINED_FUNCTION')).hint, /db\.function/);
    await fails(db.query('INSERT INTO t VALUES (1)'), 'UNDEFINED_FUNCTION');
    await fails(db.query('SELECT * FROM v'), 'UNDEFINED_FUNCTION');
    await db.transaction(async (tx) => {
      await other.function('fine', { call: (i) => i < 100, returns: 'boolean' });
      await tx.query('INSERT INTO t VALUES (50)');
    });
    await Promise.all([db.close(), other.close()]);
    await withDatabase(
      async (again) => {
        assert.equal(await value(again, 'SELECT sum(i) FROM t'), 51);
        await fails(again.query('SELECT * FROM v'), 'UNDEFINED_FUNCTION');
        const added = again.function('fine', { call: () => true, returns: 'boolean' });
        assert.equal((await again.query('INSERT INTO t VALUES (99)')).affectedRows, 1); // calls run in their order
        await added;
      },
      {},
      url,
    );
  }));

test('functions outlive an engine that fails', () =>
  withDirectory((directory) =>
    withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (i INT)');
        await db.function('double', { call: (x) => x * 2, returns: 'int' });
        await db.function('sums', { init: () => 0, step: (sum, x) => sum + x, returns: 'int' });
        for (const file of db.connection.direct.running.storage.files.files) {
          file.write = () => {
            throw new Error('the medium is gone');
          };
        }
        await errorOf(db.query('INSERT INTO t VALUES (1)'));
        await db.query('INSERT INTO t VALUES (double(4)), (double(5))');
        assert.equal(await value(db, 'SELECT sums(i) FROM t'), 18);
        assert.equal((await db.status()).restarts, 1);
      },
      {},
      `file://${directory}/db`,
    ),
  ));

test('a live query is answered again when a function becomes another', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (i INT); INSERT INTO t VALUES (1)');
    await db.function('shown', (i) => `a${i}`);
    const seen = [];
    let news;
    const live = await db.live('SELECT shown(i) AS s FROM t', [], ({ rows }) => {
      seen.push(rows[0].s);
      news?.();
    });
    const next = () => new Promise((resolve) => (news = resolve));
    let coming = next();
    await db.function('shown', (i) => `b${i}`);
    await coming;
    coming = next();
    await db.query('UPDATE t SET i = 2');
    await coming;
    assert.deepEqual(seen, ['a1', 'b1', 'b2']);
    await live.unsubscribe();
  }));

test('what is no function, and no name of one, is refused', () =>
  withDatabase(async (db) => {
    const call = () => 1;
    for (const [name, definition, code] of [
      ['f', undefined, 'INVALID_PARAMETER_VALUE'],
      ['f', {}, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, step: call }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, module }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call: 'x' }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, init: call }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, export: 'x' }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, args: 'int' }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, returns: null }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, args: [1] }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, strict: 1 }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, arguments: [] }, 'INVALID_PARAMETER_VALUE'],
      ['f', { step: call, args: [] }, 'INVALID_PARAMETER_VALUE'],
      ['f', { call, returns: 'nothing' }, 'UNDEFINED_OBJECT'],
      ['f', { call, args: ['int; DROP TABLE t'] }, 'SYNTAX_ERROR'],
      ['f', { module: './functions.js' }, 'INVALID_PARAMETER_VALUE'],
      ['f', { module: new URL('./nowhere.js', import.meta.url) }, 'INVALID_PARAMETER_VALUE'],
      ['f', { module, export: 'nothing' }, 'INVALID_PARAMETER_VALUE'],
      ['f', { module, export: 'text' }, 'INVALID_PARAMETER_VALUE'],
      ['lower', call, 'DUPLICATE_FUNCTION'],
      ['Count', call, 'DUPLICATE_FUNCTION'],
      ['no name', call, 'INVALID_NAME'],
      ['f\0int', call, /NAME|CHARACTER/],
      ['\ud800', call, /^INVALID/],
      [7, call, 'INVALID_PARAMETER_VALUE'],
    ]) {
      await fails(db.function(name, definition), code).catch((error) => assert.fail(`${name} ${JSON.stringify(definition)}: ${error.message}`));
    }
    await fails(db.query('SELECT f()'), 'UNDEFINED_FUNCTION');
    await fails(db.exec('CREATE TABLE t (i INT); CREATE INDEX ON t (f(i))'), 'UNDEFINED_FUNCTION');
    await db.function('f', { call, deterministic: true });
    assert.match((await fails(db.exec('CREATE INDEX ON t (f(i))'), 'UNSUPPORTED')).hint, /generated column/);
  }));
