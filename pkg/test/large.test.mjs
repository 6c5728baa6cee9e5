// What is long: literals, parameters, values, results. Each is an answer, or an error of its own, and the database goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, value, withDatabase, withDirectory } from './support.mjs';

const MIB = 1 << 20;

/** A database in a directory: what a commit may be is what the log takes. */
const withTable = (use) =>
  withDirectory((directory) =>
    withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (id INT PRIMARY KEY, s TEXT, j JSONB, b BYTEA)');
        await use(db);
        assert.equal(await value(db, 'SELECT 1'), 1);
        assert.equal((await db.status()).restarts, 0);
      },
      {},
      `file://${directory}/db`,
    ),
  );

test('a jsonb parameter of 10 MB comes back as it was', () =>
  withTable(async (db) => {
    const document = { list: Array.from({ length: 100_000 }, (_, i) => ({ id: i, name: `name ${i}`, nested: { tags: ['a', 'b', null, i / 3] } })) };
    assert.ok(JSON.stringify(document).length > 7_000_000);
    document.text = 'x'.repeat(10_000_000 - JSON.stringify(document).length);
    await db.query('INSERT INTO t (id, j) VALUES (1, $1)', [document]);
    assert.deepEqual((await db.query('SELECT j FROM t WHERE id = 1')).rows[0].j, document);
    assert.equal(await value(db, "SELECT jsonb_array_length(j->'list')::int FROM t"), 100_000);
    await db.query('UPDATE t SET j = $1 WHERE id = 1', [[]]);
    assert.deepEqual((await db.asOf({ seq: 1 }).query('SELECT j FROM t')).rows[0].j, document);
  }));

test('values are stored up to 16 MiB, and one that is longer changes nothing', () =>
  withTable(async (db) => {
    const longest = 16 * MIB - 4;
    await db.query('INSERT INTO t (id, s) VALUES (1, $1)', ['x'.repeat(longest)]);
    await fails(db.query('INSERT INTO t (id, s) VALUES (2, $1)', ['x'.repeat(longest + 1)]), 'LIMIT_LENGTH');
    await fails(db.query('INSERT INTO t (id, b) VALUES (2, $1)', [new Uint8Array(17 * MIB)]), 'LIMIT_LENGTH');
    await fails(db.query('INSERT INTO t (id, j) VALUES (2, $1)', [{ x: 'y'.repeat(17 * MIB) }]), 'LIMIT_LENGTH');
    assert.equal(await value(db, 'SELECT sum(length(s))::int FROM t'), longest);
  }));

test('a transaction that is too large is refused whole', () =>
  withTable(async (db) => {
    const insert = await db.prepare('INSERT INTO t (id, s) VALUES ($1, $2)');
    const large = 'x'.repeat(15 * MIB);
    await fails(insert.runMany(Array.from({ length: 20 }, (_, id) => [id, `${id} ${large}`])), 'LIMIT_LENGTH');
    assert.equal(await value(db, 'SELECT count(*)::int FROM t'), 0);
    await insert.run([1, 'small']);
  }));

test('literals are as long as a statement may be', () =>
  withTable(async (db) => {
    const fits = 'x'.repeat(MIB - 100);
    assert.equal(await value(db, `SELECT length('${fits}')`), fits.length);
    await db.query(`INSERT INTO t (id, s) VALUES (1, '${'y'.repeat(10_000_000)}')`);
    assert.equal(await value(db, 'SELECT length(s) FROM t'), 10_000_000);
    for (const sql of [
      `SELECT length('${'x'.repeat(2 * MIB)}')`,
      `SELECT length($$${'x'.repeat(2 * MIB)}$$)`,
      `SELECT length(E'${'\\n'.repeat(2 * MIB)}')`,
      `SELECT '\\x${'00'.repeat(2 * MIB)}'::bytea`,
      `SELECT ${'9'.repeat(2 * MIB)}`,
      `SELECT 1 AS ${'a'.repeat(2 * MIB)}`,
      `SELECT 1 ${'-- comment\n'.repeat(MIB)}`,
      `SELECT 1 ${' '.repeat(2 * MIB)} + 1 FROM t`,
    ]) {
      const error = await db.query(sql).then(() => undefined, (error) => error);
      assert.ok(!error || /^(LIMIT_|NUMERIC_VALUE|INVALID_NAME|SYNTAX)/.test(error.code), `${sql.slice(0, 40)}: ${error?.code} ${error?.message}`);
    }
    for (const digits of [100, 131_072, 131_073, 500_000]) {
      const error = await db.query(`SELECT ${'9'.repeat(digits)} AS n`).then(({ rows }) => assert.equal(rows[0].n, '9'.repeat(digits)), (error) => error);
      assert.ok(!error || /^(NUMERIC_VALUE|LIMIT_)/.test(error.code), `${digits}: ${error?.code}`);
    }
  }));

test('results have ten million rows at most, and parameters are 65,535 at most', () =>
  withTable(async (db) => {
    const error = await fails(db.query('SELECT g FROM generate_series(1, 10000001) AS g'), 'LIMIT_ROWS');
    assert.equal(error.sqlstate, '54000');
    assert.equal(await value(db, 'SELECT count(*)::int FROM generate_series(1, 10000001) AS g'), 10_000_001);
    const many = Array.from({ length: 65_535 }, (_, at) => at);
    const list = (count) => Array.from({ length: count }, (_, at) => `$${at + 1}::int`).join();
    const sum = `SELECT count(*)::int FROM generate_series(0, 9) AS g WHERE g IN (${list(20_000)})`;
    const asked = await db.query(sum, many.slice(0, 20_000), { rowMode: 'array' }).then(({ rows }) => rows[0][0], (error) => error.code);
    assert.ok(asked === 10 || /^LIMIT_/.test(asked), String(asked));
    const beyond = await db.query('SELECT $65536::int', [...many, 1]).then(() => undefined, (error) => error);
    assert.ok(beyond && beyond.code !== 'INTERNAL' && beyond.code !== 'ENGINE_CRASHED', beyond?.code);
  }));
