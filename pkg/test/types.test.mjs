// Every SQL type into JavaScript and back, and what does not fit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, value, withDatabase } from './support.mjs';

test('values come out as the table of types.ts says', () =>
  withDatabase(async (db) => {
    const cases = [
      ['true', true],
      ['1::smallint', 1],
      ['-2147483648', -2147483648],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
      ['9007199254740992', 9007199254740992n],
      ['(-9223372036854775807)::bigint', -9223372036854775807n],
      ['0.1::real', 0.1],
      ['0.1::double precision', 0.1],
      ["'NaN'::double precision", NaN],
      ["'-Infinity'::double precision", -Infinity],
      ['12345678901234567890.1230', '12345678901234567890.1230'],
      ["'NaN'::numeric", 'NaN'],
      ["'text'", 'text'],
      ["'ab'::char(4)", 'ab  '],
      ["'abc'::varchar(2)", 'ab'],
      ["DATE '2026-01-15'", new Date('2026-01-15T00:00:00Z')],
      ["TIMESTAMP '2026-01-15 10:00:00.123456'", new Date('2026-01-15T10:00:00.123Z')],
      ["TIMESTAMP '1969-12-31 23:59:59.9999'", new Date('1969-12-31T23:59:59.999Z')],
      ["TIMESTAMPTZ '2026-01-15 10:00:00+02'", new Date('2026-01-15T08:00:00Z')],
      ["TIMESTAMP '0001-01-01 00:00:00'", new Date('0001-01-01T00:00:00Z')],
      ["'infinity'::timestamptz", Infinity],
      ["'-infinity'::date", -Infinity],
      ["'\\x00ff10'::bytea", new Uint8Array([0, 255, 16])],
      [`'{"a": [1, null, "x"]}'::json`, { a: [1, null, 'x'] }],
      [`'{"b": 1, "a": 2}'::jsonb`, { a: 2, b: 1 }],
      ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      ['NULL', null],
      ['NULL::int', null],
    ];
    for (const [sql, expected] of cases) assert.deepEqual(await value(db, `SELECT ${sql}`), expected, sql);
  }));

test('labels of ENUM types are strings, and arrays of them arrays', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE TYPE mood AS ENUM ('sad', 'a \"quoted\" one', 'happy'); CREATE TABLE t (m mood, l mood[])");
    await db.query('INSERT INTO t VALUES ($1, $2)', ['happy', ['sad', null, 'a "quoted" one']]);
    await db.exec("ALTER TYPE mood RENAME VALUE 'happy' TO 'glad'");
    const { rows } = await db.query("SELECT m, l, m > 'sad' AS more FROM t WHERE m = $1", ['glad']);
    assert.deepEqual(rows, [{ m: 'glad', l: ['sad', null, 'a "quoted" one'], more: true }]);
    const then = db.asOf({ seq: 2 });
    assert.equal((await then.query('SELECT m FROM t')).rows[0].m, 'happy');
    await fails(db.query('INSERT INTO t VALUES ($1)', ['happy']), 'INVALID_TEXT_REPRESENTATION');
  }));

test('temporary tables are of the session alone', () =>
  withDatabase(async (db) => {
    const created = await db.exec('CREATE TEMP TABLE t (id int primary key); INSERT INTO t VALUES (1), (2)');
    assert.equal(created[1].seq, null);
    assert.deepEqual((await db.query('SELECT id FROM t WHERE id > $1', [1])).rows, [{ id: 2 }]);
    await db.transaction((tx) => fails(tx.query('SELECT * FROM t'), 'UNDEFINED_TABLE').then(() => undefined)).catch(() => undefined);
    await db.exec('DROP TABLE t');
    await fails(db.query('SELECT * FROM t'), 'UNDEFINED_TABLE');
  }));

test('values go in and come back the same', () =>
  withDatabase(async (db) => {
    const now = new Date('2026-03-04T05:06:07.089Z');
    const cases = [
      ['boolean', true],
      ['boolean', false],
      ['smallint', -32768],
      ['int', 2147483647],
      ['bigint', 5],
      ['bigint', 2n ** 62n + 1n],
      ['real', 1.5],
      ['double precision', 5e-324],
      ['double precision', -0],
      ['double precision', NaN],
      ['double precision', Infinity],
      ['numeric', '-123456789012345678901234567890.00010'],
      ['text', ''],
      ['text', 'ä 𝄞 \u{10FFFF} \u0001 \ufeff 中'],
      ['text', 'x'.repeat(100_000)],
      ['text', "quote ' \" \\ ; --"],
      ['varchar', 'v'],
      ['date', new Date('2024-02-29T00:00:00Z')],
      ['timestamp', now],
      ['timestamptz', now],
      ['timestamptz', Infinity],
      ['timestamptz', -Infinity],
      ['bytea', new Uint8Array()],
      ['bytea', Uint8Array.from({ length: 1000 }, (_, index) => index % 256)],
      ['json', { nested: [1, { deep: null }], text: '𝄞' }],
      ['jsonb', [1, 2, 3]],
      ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ];
    for (const [type, given] of cases) {
      const back = await value(db, `SELECT $1::${type}`, [given]);
      assert.ok(Object.is(back, given) || (typeof given === 'object' && assert.deepEqual(back, given) === undefined), `${type}: ${String(back)}`);
      assert.equal(await value(db, `SELECT $1::${type}`, [null]), null);
    }
  }));

test('other values that a type takes', () =>
  withDatabase(async (db) => {
    assert.equal(await value(db, 'SELECT $1::int', ['42']), 42);
    assert.equal(await value(db, 'SELECT $1::int', [42n]), 42);
    assert.equal(await value(db, 'SELECT $1::numeric', [1.25]), '1.25');
    assert.equal(await value(db, 'SELECT $1::numeric', [10n ** 30n]), `1${'0'.repeat(30)}`);
    assert.equal(await value(db, 'SELECT $1::double precision', [7n]), 7);
    assert.equal(await value(db, 'SELECT $1::boolean', ['yes']), true);
    assert.equal(await value(db, 'SELECT $1::text', [1.5]), '1.5');
    assert.equal(await value(db, 'SELECT $1::text', [1e21]), '1e+21');
    assert.equal(await value(db, 'SELECT $1::text', [true]), 'true');
    assert.equal(await value(db, 'SELECT $1::text', [{ a: 1 }]), '{"a":1}');
    assert.equal(await value(db, 'SELECT $1::text', [new Date(0)]), '1970-01-01 00:00:00+00');
    assert.deepEqual(await value(db, 'SELECT $1::date', [new Date('2026-01-15T23:59:59.999Z')]), new Date('2026-01-15'));
    assert.deepEqual(await value(db, 'SELECT $1::date', [new Date('1969-12-31T12:00:00Z')]), new Date('1969-12-31'));
    assert.deepEqual(await value(db, 'SELECT $1::timestamp', ['2026-01-15 10:00']), new Date('2026-01-15T10:00:00Z'));
    assert.deepEqual(await value(db, 'SELECT $1::bytea', [new Uint8Array([1, 2, 3]).buffer]), new Uint8Array([1, 2, 3]));
    assert.deepEqual(await value(db, 'SELECT $1::bytea', [new DataView(new Uint8Array([9, 1, 2]).buffer, 1)]), new Uint8Array([1, 2]));
    assert.deepEqual(await value(db, 'SELECT $1::jsonb', ['{"text": "is JSON text"}']), { text: 'is JSON text' });
    assert.equal(await value(db, 'SELECT $1::jsonb', [5]), 5);
    assert.equal(await value(db, 'SELECT $1::jsonb', [true]), true);
  }));

test('a parameter takes the type of its place', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (id BIGINT PRIMARY KEY, at TIMESTAMPTZ, tags JSONB, price NUMERIC(10,2))');
    const at = new Date('2026-01-15T10:00:00Z');
    await db.query('INSERT INTO t VALUES ($1, $2, $3, $4)', [1, at, ['a', 'b'], 9.999]);
    assert.deepEqual((await db.query('SELECT * FROM t WHERE at = $1', [at])).rows, [{ id: 1, at, tags: ['a', 'b'], price: '10.00' }]);
  }));

test('what does not fit is an error, never another value', () =>
  withDatabase(async (db) => {
    const cases = [
      ['int', 1.5, 'WRONG_PARAMETERS'],
      ['int', 'one', 'INVALID_TEXT_REPRESENTATION'],
      ['int', 2 ** 31, 'NUMERIC_VALUE_OUT_OF_RANGE'],
      ['smallint', 32768, 'NUMERIC_VALUE_OUT_OF_RANGE'],
      ['bigint', 2n ** 63n, 'NUMERIC_VALUE_OUT_OF_RANGE'],
      ['int', NaN, 'WRONG_PARAMETERS'],
      ['timestamptz', 5, 'WRONG_PARAMETERS'],
      ['boolean', 1, 'WRONG_PARAMETERS'],
      ['bytea', new Date(0), 'WRONG_PARAMETERS'],
      ['int', new Uint8Array(1), 'WRONG_PARAMETERS'],
      ['uuid', true, 'WRONG_PARAMETERS'],
      ['int', { a: 1 }, 'INVALID_TEXT_REPRESENTATION'],
      ['boolean', 'perhaps', 'INVALID_TEXT_REPRESENTATION'],
      ['uuid', 'not one', 'INVALID_TEXT_REPRESENTATION'],
      ['jsonb', '{not json', 'INVALID_TEXT_REPRESENTATION'],
      ['timestamptz', 'yesterday-ish', 'INVALID_DATETIME_FORMAT'],
      ['timestamptz', new Date(NaN), 'INVALID_DATETIME_FORMAT'],
      ['text', undefined, 'WRONG_PARAMETERS'],
      ['text', () => 1, 'WRONG_PARAMETERS'],
      ['text', Symbol('s'), 'WRONG_PARAMETERS'],
      ['jsonb', { big: 1n }, 'WRONG_PARAMETERS'],
      ['text', '\ud800 alone', 'CHARACTER_NOT_IN_REPERTOIRE'],
      ['text', 'a'.repeat(40) + '\udfff', 'CHARACTER_NOT_IN_REPERTOIRE'],
    ];
    for (const [type, given, code] of cases) await fails(db.query(`SELECT $1::${type}`, [given]), code);
    const cycle = {};
    cycle.self = cycle;
    await fails(db.query('SELECT $1::jsonb', [cycle]), 'WRONG_PARAMETERS');
    await fails(db.query('SELECT $1::int + $2::int', [1]), 'WRONG_PARAMETERS');
    await fails(db.query('SELECT $1::int', [1, 2]), 'WRONG_PARAMETERS');
    await fails(db.query('SELECT 1', [1]), 'WRONG_PARAMETERS');
    await fails(db.query('SELECT $1::int', []), 'WRONG_PARAMETERS');
    await fails(db.query('SELECT $1::int', 'not an array'), 'WRONG_PARAMETERS');
    await fails(db.query("SELECT '\ud800'"), 'CHARACTER_NOT_IN_REPERTOIRE');
  }));

test('names that mean something to JavaScript are data', () =>
  withDatabase(async (db) => {
    await db.exec(`CREATE TABLE "select" (id INT PRIMARY KEY, "__proto__" TEXT, "constructor" TEXT, "then" TEXT, "toString" INT, "hasOwnProperty" INT)`);
    await db.query(`INSERT INTO "select" VALUES (1, 'p', 'c', 't', 1, 2)`);
    const statement = await db.prepare('SELECT * FROM "select"');
    const many = (await db.query('SELECT s.* FROM "select" s, (VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),(15),(16),(17)) v')).rows;
    for (const row of [(await db.query('SELECT * FROM "select"')).rows[0], await statement.get(), many[16]]) {
      assert.deepEqual(Object.keys(row), ['id', '__proto__', 'constructor', 'then', 'toString', 'hasOwnProperty']);
      assert.equal(Object.getOwnPropertyDescriptor(row, '__proto__').value, 'p');
      assert.equal(Object.getPrototypeOf(row), Object.prototype);
      assert.equal(row.constructor, 'c');
      assert.equal(row.then, 't');
    }
    assert.equal({}.p, undefined);
    const [entry] = await db.history('select', 1);
    assert.equal(Object.getOwnPropertyDescriptor(entry.row, '__proto__').value, 'p');
  }));

test('bigint survives where numbers would not', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (n BIGINT)');
    const numbers = [0, 1, -1, 2 ** 31, -(2 ** 40), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n];
    const insert = await db.prepare('INSERT INTO t VALUES ($1)');
    await insert.runMany(numbers.map((number) => [number]));
    const { rows } = await db.query('SELECT n FROM t ORDER BY n', [], { rowMode: 'array' });
    const sorted = [...numbers].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    assert.deepEqual(rows.map(([number]) => number), sorted);
  }));
