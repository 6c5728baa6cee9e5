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
  const { detail } = await fails(db.query('SELECT now()'), 'ENGINE_CRASHED');
  assert.match(detail, /unreachable[^]*\bwasm-function\[\d+\]:0x/, 'why, and where');
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

    await db.exec('BEGIN; INSERT INTO t VALUES (5)');
    trap();
    await fails(db.query('SELECT now()'), 'ENGINE_CRASHED');
    await fails(db.exec('COMMIT'), 'IN_FAILED_TRANSACTION');
    assert.equal(await value(db, 'SELECT count(*) FROM t'), 2, 'the block has ended');
    await db.close();
  });
});

for (const way of ['write', 'flush']) {
  test(`a ${way} that fails is an error or a commit, and storage decides which`, async () => {
    await withDirectory(async (directory) => {
      const url = `file://${directory}/db`;
      const db = await Database.open(url);
      await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
      for (const file of db.connection.direct.running.storage.files.files) {
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

/** Storage that refuses what is asked of it, as a full disk does; answers with the means to make room again. */
function fill(db, ...ways) {
  const files = [...db.connection.direct.running.storage.files.files];
  for (const file of files) {
    for (const way of ways) {
      file[`sound_${way}`] = file[way];
      file[way] = () => {
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      };
    }
  }
  return () => {
    for (const file of files) for (const way of ways) file[way] = file[`sound_${way}`];
  };
}

const LARGE = 'x'.repeat(5 << 20);
const numbers = async (db) => (await db.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' })).rows.flat();

// A commit of this size is written at once, and not with the flush of its turn.
test('a large commit whose write fails is an error, and the next one goes on', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    const db = await Database.open(url);
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY, b TEXT)');
    fill(db, 'write'); // ends with the files being opened anew
    const together = [
      db.query("INSERT INTO t VALUES (1, 'in the same turn')"),
      db.query('INSERT INTO t VALUES (2, $1)', [LARGE]),
    ];
    await Promise.all(together.map((call) => fails(call, 'QUOTA')));
    assert.deepEqual(await numbers(db), []);
    await db.query("INSERT INTO t VALUES (3, 'there is room again')");
    assert.deepEqual(await numbers(db), [3]);
    assert.equal((await db.status()).restarts, 1);
    await db.close();
    await withDatabase(async (again) => assert.deepEqual(await numbers(again), [3]), {}, url);
  }));

test('the same by the synchronous calls', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    const db = await Database.open(url);
    db.execSync('CREATE TABLE t (a INT PRIMARY KEY, b TEXT)');
    const insert = db.prepareSync('INSERT INTO t VALUES ($1, $2)');
    const calls = [() => insert.run([1, LARGE]), () => db.querySync('INSERT INTO t VALUES (2, $1)', [LARGE]), () => insert.runMany([[3, LARGE]])];
    for (const call of calls) {
      const heal = fill(db, 'write');
      await fails(call, /QUOTA|COMMIT_UNKNOWN/);
      heal();
      await new Promise((resolve) => setTimeout(resolve, 1100)); // at most one attempt a second
      insert.run([4, 'there is room again']);
      assert.deepEqual(db.querySync('SELECT a FROM t').rows, [{ a: 4 }]);
      db.execSync('DELETE FROM t');
    }
    await db.close();
    await withDatabase(async (again) => assert.deepEqual(await numbers(again), []), {}, url);
  }));

test('a database that cannot be written is open for reading, and says so', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    const db = await Database.open(url);
    assert.deepEqual(
      { ...db.info.recovery, segments: 0 },
      { readOnly: null, damage: null, damagedAt: null, checkpointDamage: null, lostTables: [], torn: null, provisional: true, commits: 0, known: 0, segments: 0, halfDamagedFiles: [], foreignFiles: [] },
    );
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
    assert.equal((await db.status()).readOnly, null);
    // No write and no flush gets through any more, however often the files are opened.
    const { prototype } = Object.getPrototypeOf(db.connection.direct.running.storage.files).constructor;
    const callbacks = prototype.callbacks;
    prototype.callbacks = function (bytes) {
      return { ...callbacks.call(this, bytes), write: () => -2, failure: () => 'no space left on device' };
    };
    try {
      db.connection.direct.crashed(new Error('for the test'));
      assert.deepEqual(await numbers(db), [1]);
      const { readOnly } = await db.status();
      assert.equal(readOnly.code, 'QUOTA');
      for (const way of ['at first', 'again']) {
        await fails(db.query('INSERT INTO t VALUES (2)'), 'QUOTA');
        assert.deepEqual(await numbers(db), [1], way);
      }
      assert.equal((await db.status()).restarts, 1);
      prototype.callbacks = callbacks;
      await new Promise((resolve) => setTimeout(resolve, 1100)); // at most one attempt a second
      await db.query('INSERT INTO t VALUES (2)');
      assert.deepEqual([(await db.status()).readOnly, (await db.status()).restarts], [null, 2]);
      await db.close();
    } finally {
      prototype.callbacks = callbacks;
    }
    await withDatabase(
      async (again) => {
        const { readOnly, commits } = again.info.recovery;
        assert.deepEqual({ readOnly, commits }, { readOnly: null, commits: 3 });
      },
      {},
      url,
    );
  }));

test('a flush that fails while closing is an error of the close', () =>
  withDirectory(async (directory) => {
    const db = await Database.open(`file://${directory}/db`, { durability: 'relaxed' });
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY)');
    fill(db, 'flush');
    await fails(db.close(), /QUOTA|COMMIT_UNKNOWN|IO/);
    await fails(db.query('SELECT 1'), 'CLOSED');
    await withDatabase((again) => again.query('SELECT * FROM t'), {}, `file://${directory}/db`);
  }));

test('a timeout may be as long as one likes, and must be a number', async () => {
  const db = await Database.open('memory://', { lockTimeout: Infinity, timeout: Infinity });
  await db.exec('CREATE TABLE t (a INT)');
  assert.equal(await value(db, 'SELECT 1', [], { timeout: Infinity }), 1);
  assert.equal(await value(db, 'SELECT 1', [], { timeout: 2 ** 40 }), 1);
  await db.transaction(
    async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      const waiting = db.query('INSERT INTO t VALUES (2)');
      const first = await Promise.race([waiting.catch((error) => error.code), new Promise((soon) => setTimeout(soon, 50, 'waits'))]);
      assert.equal(first, 'waits');
    },
    { timeout: Infinity },
  );
  for (const timeout of [NaN, -1, '5']) {
    await fails(db.query('SELECT 1', [], { timeout }), 'INVALID_PARAMETER_VALUE');
    await fails(
      db.transaction(() => {}, { timeout }),
      'INVALID_PARAMETER_VALUE',
    );
    await fails(Database.open('memory://', { timeout }), 'INVALID_PARAMETER_VALUE');
    await fails(Database.open('memory://', { lockTimeout: timeout }), 'INVALID_PARAMETER_VALUE');
  }
  await db.close();
});

test('a synchronous call keeps its timeout', async () => {
  const db = await Database.open('memory://');
  db.execSync(`CREATE TABLE t (a INT); INSERT INTO t VALUES ${Array.from({ length: 3000 }, (_, at) => `(${at})`).join()}`);
  const endless = 'SELECT count(*) FROM t x, t y, t z WHERE x.a + y.a + z.a < 0';
  for (const call of [() => db.querySync(endless, [], { timeout: 50 }), () => db.execSync(endless, { timeout: 50 })]) {
    const start = performance.now();
    await fails(call, 'TIMEOUT');
    assert.ok(performance.now() - start < 5000);
  }
  assert.equal(db.querySync('SELECT 1 AS a', [], { timeout: 50 }).rows[0].a, 1);
  await db.close();
});

/** Makes the engine's next look at the clock end in an exception out of it, as a trap does. */
function trap() {
  const real = Date.now;
  Date.now = () => {
    Date.now = real;
    throw new WebAssembly.RuntimeError('unreachable');
  };
}

test('a database that fills its memory refuses writes, and reads what it has', () =>
  withDatabase(
    async (db) => {
      await db.exec('CREATE TABLE t (i INT PRIMARY KEY, v TEXT)');
      const insert = await db.prepare('INSERT INTO t VALUES ($1, $2)');
      const megabyte = (of) => String(of % 10).repeat(1 << 20);
      let rows = 0;
      const fill = async () => {
        for (; rows < 1000; rows += 1) await insert.run([rows, megabyte(rows)]);
      };
      const error = await fails(fill(), 'MEMORY_LIMIT');
      assert.equal(error.sqlstate, '53200');
      assert.ok(rows >= 20 && rows <= 54, `${rows} MB`);
      const check = async () => {
        assert.equal(await value(db, 'SELECT count(*) FROM t WHERE length(v) = 1 << 20'), rows);
        assert.equal(await value(db, 'SELECT v FROM t WHERE i = $1', [rows - 1]), megabyte(rows - 1));
      };
      await check();
      await fails(db.query('UPDATE t SET v = v || i'), 'MEMORY_LIMIT');
      await fails(db.query('INSERT INTO t VALUES (-1, $1)', ['x'.repeat(50 << 20)]), 'MEMORY_LIMIT');
      await fails(db.query("SELECT upper(repeat('x', 60000000)), lower(repeat('x', 60000000))"), 'MEMORY_LIMIT');
      await db.exec('BEGIN');
      await fails(db.exec('UPDATE t SET v = upper(v)'), 'MEMORY_LIMIT');
      await db.exec('ROLLBACK');
      await check();
      assert.equal((await db.status()).restarts, 0);
    },
    { memory: 64 << 20 },
  ));

test('a transaction that could not be committed is refused before', () =>
  withDatabase(
    async (db) => {
      await db.exec('CREATE TABLE t (v TEXT)');
      const error = await fails(
        db.transaction(async (tx) => {
          for (let row = 0; row < 100; row += 1) await tx.query("INSERT INTO t VALUES (repeat('x', 1000000))");
        }),
        'MEMORY_LIMIT',
      );
      assert.equal(error.sqlstate, '53200');
      await db.exec("BEGIN; INSERT INTO t SELECT repeat('x', 1000000) FROM generate_series(1, 10); COMMIT");
      assert.equal(await value(db, 'SELECT sum(length(v)) FROM t'), 10_000_000);
      for (const memory of [-1, 0, NaN, '', 'much', '5 XB', '-5 MB', '0 MB', {}]) {
        await fails(Database.open('memory://', { memory }), 'INVALID_PARAMETER_VALUE');
      }
      for (const [memory, max] of [['64 MB', 64e6], ['1.5 GiB', 1.5 * 2 ** 30], ['70000kb', 7e7], [8e7, 8e7]]) {
        const sized = await Database.open('memory://', { memory });
        assert.equal((await sized.stats()).memory.max, max);
        await sized.close();
      }
    },
    { memory: 64 << 20 },
  ));
