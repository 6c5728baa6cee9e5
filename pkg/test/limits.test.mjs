// Cancelling, time limits, hostile input, and an engine that fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from 'driftdb-wasm';
import { fails, value, withDatabase, withDirectory } from './support.mjs';

/** A query that would take minutes. */
const ENDLESS = 'SELECT count(*) FROM n a CROSS JOIN n b CROSS JOIN n c CROSS JOIN n d WHERE a.i + b.i + c.i + d.i < 0';

const withNumbers = (use) =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE n (i INT)');
    const insert = await db.prepare('INSERT INTO n VALUES ($1)');
    await insert.runMany(Array.from({ length: 1000 }, (_, i) => [i]));
    await use(db);
  });

test('a signal stops a running query within a moment, and the database goes on', () =>
  withNumbers(async (db) => {
    const stop = new AbortController();
    const call = db.query(ENDLESS, [], { signal: stop.signal });
    await sleep(50);
    const aborted = performance.now();
    stop.abort();
    await fails(call, 'CANCELLED');
    assert.ok(performance.now() - aborted < 250, `${performance.now() - aborted} ms`);
    assert.equal(await value(db, 'SELECT count(*) FROM n'), 1000);
    await fails(db.query('SELECT 1', [], { signal: AbortSignal.abort() }), 'CANCELLED');
  }));

test('a timeout counts from the call', () =>
  withNumbers(async (db) => {
    const started = performance.now();
    const error = await fails(db.query(ENDLESS, [], { timeout: 50 }), 'TIMEOUT');
    assert.equal(error.sqlstate, '57014');
    assert.ok(performance.now() - started < 400, `${performance.now() - started} ms`);
    await fails(db.query('SELECT 1', [], { timeout: -1 }), 'INVALID_PARAMETER_VALUE');
    await fails(db.query('SELECT 1', [], { timeout: NaN }), 'INVALID_PARAMETER_VALUE');
  }));

test('a call that waits behind another can be stopped too', () =>
  withNumbers(async (db) => {
    const stop = new AbortController();
    const first = db.query(ENDLESS, [], { signal: stop.signal });
    const second = db.query('SELECT 1', [], { timeout: 30 });
    await fails(second, 'TIMEOUT');
    stop.abort();
    await fails(first, 'CANCELLED');
  }));

test('a short query is answered while a long one runs', () =>
  withNumbers(async (db) => {
    const stop = new AbortController();
    const long = db.transaction((tx) => tx.query(ENDLESS), { signal: stop.signal });
    await sleep(20);
    const started = performance.now();
    assert.equal(await value(db, 'SELECT count(*) FROM n'), 1000);
    assert.ok(performance.now() - started < 250, `${performance.now() - started} ms`);
    stop.abort();
    await fails(long, 'CANCELLED');
  }));

test('a cancelled statement has no effect', () =>
  withNumbers(async (db) => {
    const call = db.query('INSERT INTO n SELECT a.i FROM n a CROSS JOIN n b CROSS JOIN n c', [], { timeout: 40 });
    await fails(call, 'TIMEOUT');
    assert.equal(await value(db, 'SELECT count(*) FROM n'), 1000);
  }));

test('SQL of any kind is answered with a result or an error', () =>
  withDatabase(async (db) => {
    const shapes = [
      `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
      `SELECT ${'1+'.repeat(100_000)}1`,
      Array(100_001).fill('SELECT 1').join(' UNION ALL '),
      `SELECT ${'NOT '.repeat(10_000)}true`,
      `SELECT ${'-'.repeat(1).concat(' -'.repeat(10_000))}1`,
      `SELECT * FROM (${'SELECT * FROM ('.repeat(2_000)}SELECT 1${') x'.repeat(2_000)}) x`,
      `SELECT ${'CASE WHEN true THEN '.repeat(5_000)}1${' END'.repeat(5_000)}`,
      `SELECT 1 WHERE 1 IN (${Array(100_000).fill('1').join(',')})`,
      `SELECT ${"'a'||".repeat(50_000)}'a'`,
      `SELECT 1 ${'AND true '.repeat(50_000)}`,
      'SELECT \u0000',
      "SELECT 'unterminated",
      'SELECT "unterminated',
      '/* unterminated',
      '$$',
      ';;;;',
      '\\',
      '🙂',
      'SELECT 🙂 FROM 🙂',
      'SELECT * FROM',
      'AS OF @seq:1',
      'SELECT 1 AS OF @seq:99999999999999999999',
      'SELECT $0',
      'SELECT $99999999999',
    ];
    for (const sql of shapes) {
      const outcome = await db.exec(sql).then(
        () => 'answered',
        (error) => {
          assert.equal(error.name, 'DatabaseError', error.stack);
          assert.notEqual(error.code, 'ENGINE_CRASHED', `${sql.slice(0, 60)}: ${error.detail}`);
          assert.notEqual(error.code, 'INTERNAL', `${sql.slice(0, 60)}: ${error.message}`);
          return error.code;
        },
      );
      assert.equal(typeof outcome, 'string');
    }
    assert.equal((await db.status()).restarts, 0);
    assert.equal(await value(db, 'SELECT 1'), 1);
  }));

test('random texts from the words of SQL are answered with a result or an error', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY, b TEXT)');
    const words = "SELECT FROM WHERE t a b * , ( ) 1 'x' $1 NULL AND OR NOT IN JOIN ON GROUP BY ORDER LIMIT AS OF @seq:0 FOR SYSTEM_TIME ALL INSERT INTO VALUES UPDATE SET DELETE = < + :: int -- /* */ ; \" ' . UNION CASE WHEN THEN END BEGIN ROLLBACK".split(' ');
    let seed = 12345;
    const random = (below) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let round = 0; round < 3000; round += 1) {
      const sql = Array.from({ length: 1 + random(12) }, () => words[random(words.length)]).join(' ');
      const error = await db.exec(sql).then(() => undefined, (error) => error);
      if (error) assert.ok(error.name === 'DatabaseError' && !['ENGINE_CRASHED', 'INTERNAL'].includes(error.code), `${sql}: ${error.stack} ${error.detail}`);
    }
    await db.exec('ROLLBACK').catch(() => {});
    assert.equal(await value(db, 'SELECT 1'), 1);
  }));

test('an engine that traps is discarded; in memory its data goes with it, loudly', async () => {
  const db = await Database.open('memory://');
  await db.exec('CREATE TABLE t (a INT)');
  trap();
  await fails(db.query('SELECT now()'), 'ENGINE_CRASHED');
  await fails(db.query('SELECT * FROM t'), 'DATA_LOSS');
  await db.close();
});

test('an engine that traps over files is opened anew and has everything', async () => {
  await withDirectory(async (directory) => {
    const db = await Database.open(`file://${directory}/db`);
    await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
    const select = await db.prepare('SELECT a FROM t');
    trap();
    await fails(db.query('SELECT now()'), 'ENGINE_CRASHED');
    assert.equal(await value(db, 'SELECT a FROM t'), 1);
    assert.deepEqual(await select.get(), { a: 1 }, 'prepared statements are prepared again');
    assert.equal((await db.status()).restarts, 1);

    await db.exec('BEGIN; INSERT INTO t VALUES (2)');
    trap();
    await fails(db.query('SELECT now()'), 'ENGINE_CRASHED');
    await fails(db.query('INSERT INTO t VALUES (3)'), 'IN_FAILED_TRANSACTION');
    await db.exec('ROLLBACK');
    await db.query('INSERT INTO t VALUES (4)');
    assert.deepEqual((await db.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' })).rows, [[1], [4]]);
    await db.close();
  });
});

for (const way of ['write', 'flush']) {
  test(`a ${way} that fails is an error or a commit, and storage decides which`, async () => {
    await withDirectory(async (directory) => {
      const url = `file://${directory}/db`;
      const db = await Database.open(url);
      await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
      for (const file of db.connection.storage.files.files) {
        file[way] = () => {
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        };
      }
      const outcome = await db.query('INSERT INTO t VALUES (2)').then(
        () => 'committed',
        (error) => error.code,
      );
      assert.ok(outcome === 'QUOTA' || (outcome === 'committed' && way === 'flush'), outcome);
      await db.query('INSERT INTO t VALUES (3)');
      const expected = outcome === 'committed' ? [[1], [2], [3]] : [[1], [3]];
      const rows = async (open) => (await open.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' })).rows;
      assert.deepEqual(await rows(db), expected);
      assert.equal((await db.status()).restarts, 1);
      await db.close();
      await withDatabase(async (again) => assert.deepEqual(await rows(again), expected), {}, url);
    });
  });
}

/** Makes the engine's next look at the clock end in an exception out of it, as a trap does. */
function trap() {
  const real = Date.now;
  Date.now = () => {
    Date.now = real;
    throw new WebAssembly.RuntimeError('unreachable');
  };
}
