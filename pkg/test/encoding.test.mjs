// The buffers between JavaScript and the engine, at their edges.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { value, withDatabase } from './support.mjs';

test('text of every length and width survives in both directions', () =>
  withDatabase(async (db) => {
    const alphabets = ['a', 'é', '中', '𝄞', '\u0001', '\ufeff', 'a\u0301', '👩‍👩‍👧'];
    const texts = [''];
    for (const letter of alphabets) for (const length of [1, 2, 7, 8, 9, 23, 24, 25, 31, 32, 33, 1000]) texts.push(letter.repeat(length));
    await db.exec('CREATE TABLE t (i INT PRIMARY KEY, s TEXT)');
    const insert = await db.prepare('INSERT INTO t VALUES ($1, $2)');
    await insert.runMany(texts.map((text, index) => [index, text]));
    const { rows } = await db.query('SELECT s FROM t ORDER BY i', [], { rowMode: 'array' });
    assert.deepEqual(rows.map(([text]) => text), texts);
    const select = db.prepareSync('SELECT s FROM t WHERE i = $1');
    texts.forEach((text, index) => assert.equal(select.get([index]).s, text));
  }));

test('NULLs are found at every place of a byte and a block', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (i INT PRIMARY KEY, a INT, b TEXT, c BIGINT, d BYTEA, e BOOLEAN)');
    const isNull = (i, every) => i % every === every - 1;
    const row = (i) => [
      i,
      isNull(i, 3) ? null : i,
      isNull(i, 7) ? null : `s${i}`,
      isNull(i, 8) ? null : i * 2 ** 33,
      isNull(i, 9) ? null : new Uint8Array([i & 255]),
      isNull(i, 2048) ? null : i % 2 === 0,
    ];
    const insert = await db.prepare('INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)');
    await insert.runMany(Array.from({ length: 5000 }, (_, i) => row(i)));
    const { rows } = await db.query('SELECT * FROM t ORDER BY i', [], { rowMode: 'array' });
    assert.deepEqual(rows, Array.from({ length: 5000 }, (_, i) => row(i)));
  }));

test('results of no rows and of no columns', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT, b TEXT, c BYTEA, d TIMESTAMPTZ)');
    const { rows, fields } = await db.query('SELECT * FROM t');
    assert.deepEqual(rows, []);
    assert.equal(fields.length, 4);
    assert.deepEqual((await db.query('INSERT INTO t VALUES (1) RETURNING a')).rows, [{ a: 1 }]);
  }));

test('large parameters and large values', () =>
  withDatabase(async (db) => {
    const bytes = new Uint8Array(5_000_000).map((_, index) => (index * 31) & 255);
    assert.deepEqual(await value(db, 'SELECT $1::bytea', [bytes]), bytes);
    const text = 'ü'.repeat(2_000_000);
    assert.equal(await value(db, 'SELECT length($1::text)', [text]), 2_000_000);
    assert.equal(await value(db, 'SELECT $1::text', [text]), text);
  }));

test('memory that grows between calls does not disturb the views of it', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (i INT PRIMARY KEY, s TEXT)');
    const insert = db.prepareSync('INSERT INTO t VALUES ($1, $2)');
    const select = db.prepareSync('SELECT s FROM t WHERE i = $1');
    let grown = 0;
    let memory = (await db.status()).memoryBytes;
    for (let i = 0; i < 60; i += 1) {
      const text = String(i).repeat(40_000);
      insert.run([i, text]);
      assert.equal(select.get([i]).s, text);
      const now = (await db.status()).memoryBytes;
      if (now > memory) grown += 1;
      memory = now;
    }
    assert.ok(grown > 0, 'the memory did grow');
  }));

test('arrays of every kind survive in both directions', () =>
  withDatabase(async (db) => {
    const arrays = [
      ['int[]', [1, null, -3], 1007],
      ['int[]', [], 1007],
      ['bigint[]', [5, 2n ** 62n], 1016],
      ['double precision[]', [1.5, NaN, -Infinity], 1022],
      ['boolean[]', [true, null, false], 1000],
      ['text[]', ['a', 'b c', 'NULL', '', null, 'q"\\,{}', 'é👩'], 1009],
      ['numeric[]', ['1.50', '2'], 1231],
      ['timestamptz[]', [new Date('2026-01-15T10:00:00.123Z'), null], 1185],
      ['date[]', [new Date('2026-01-15')], 1182],
      ['time[]', ['12:30:00', null], 1183],
      ['bytea[]', [new Uint8Array([1, 255]), new Uint8Array()], 1001],
      ['jsonb[]', [{ a: [1, 2] }, 'x'], 3807],
    ];
    for (const [type, array, oid] of arrays) {
      const { rows, fields } = await db.query(`SELECT $1::${type} AS a`, [array]);
      assert.deepEqual(rows, [{ a: array }], type);
      assert.equal(fields[0].dataTypeID, oid);
    }
    const any = 'SELECT x FROM generate_series(1, 9) x WHERE x = ANY($1) ORDER BY x';
    assert.deepEqual((await db.query(any, [[7, 2, 11]])).rows, [{ x: 2 }, { x: 7 }]);
    assert.deepEqual((await db.query(any, [[]])).rows, []);
  }));
