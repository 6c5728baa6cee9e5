// Databases in directories: kept, locked, damaged, killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { open, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Database } from 'driftdb-wasm';
import { errorOf, fails, value, withDatabase, withDirectory } from './support.mjs';

test('a database is there again, past included', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/shop`;
    await withDatabase(
      async (db) => {
        assert.equal(db.info.storage, 'file');
        assert.equal(db.info.persistent, true);
        assert.equal(db.info.created, true);
        await db.exec("CREATE TABLE t (id INT PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'one'); UPDATE t SET s = 'zwei'");
      },
      {},
      url,
    );
    await withDatabase(
      async (db) => {
        assert.equal(db.info.created, false);
        assert.equal(await value(db, 'SELECT s FROM t'), 'zwei');
        assert.equal(await value(db.asOf({ seq: 1 }), 'SELECT s FROM t'), 'one');
        assert.equal((await db.history('t', 1)).length, 2);
        await db.exec("UPDATE t SET s = 'drei'");
        assert.equal((await db.status()).appliedSeq, 3);
      },
      {},
      url,
    );
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT s FROM t'), 'drei'), {}, url);
    assert.equal(existsSync(join(directory, 'shop', 'lock.node')), false);
    await Database.delete(url);
    assert.equal(existsSync(join(directory, 'shop')), false);
    await Database.delete(url);
  }));

test('relaxed durability keeps everything through a close', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)'), { durability: 'relaxed' }, url);
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT count(*) FROM t'), 1), {}, url);
  }));

test('`create: false` opens only what is there', () =>
  withDirectory(async (directory) => {
    await fails(Database.open(`file://${directory}/none`, { create: false }), 'STORAGE_UNAVAILABLE');
    if (process.platform === 'linux') await fails(Database.open('file:///proc/none/db'), 'STORAGE_UNAVAILABLE');
    assert.equal(existsSync(join(directory, 'none')), false);
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT)'), {}, `file://${directory}/some`);
    await withDatabase((db) => db.query('SELECT * FROM t'), { create: false }, `file://${directory}/some`);
  }));

test('a directory has one opener; the URLs of one directory share an engine', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (a INT)');
        await withDatabase((same) => same.query('SELECT * FROM t'), {}, `file://${directory}/x/../db`);
        // What holds for the engine was said by who opened it.
        await withDatabase((same) => same.query('SELECT * FROM t'), { lockTimeout: 5000, durability: 'strict' }, url);
        const error = await fails(Database.open(url, { lockTimeout: 200 }), 'INVALID_PARAMETER_VALUE');
        assert.match(error.message, /is open already, with lockTimeout 5000$/);
        await fails(Database.open(url, { durability: 'relaxed' }), 'INVALID_PARAMETER_VALUE');
        await fails(Database.open(url, { salvage: true }), 'INVALID_PARAMETER_VALUE');
        await fails(Database.delete(url), 'BUSY');
        const child = await childOf(`
          try { await Database.open(${JSON.stringify(url)}); console.log('opened'); } catch (error) { console.log(error.code); }
        `);
        assert.equal(child.trim(), 'BUSY');
      },
      {},
      url,
    );
    assert.equal((await childOf(`const db = await Database.open(${JSON.stringify(url)}); console.log('opened'); await db.close();`)).trim(), 'opened');
  }));

test('the lock of a process that is gone is taken over', () =>
  withDirectory(async (directory) => {
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT)'), {}, `file://${directory}`);
    for (const stale of ['', 'nonsense', '999999999 boot:1 x', `${process.pid} other-boot:1 x`, '1 boot:1 x']) {
      await writeFile(join(directory, 'lock.node'), stale);
      await withDatabase((db) => db.query('SELECT * FROM t'), {}, `file://${directory}`);
    }
    assert.deepEqual((await readdir(directory)).filter((name) => name.includes('lock')), []);
  }));

test('a process killed while it writes loses nothing that it acknowledged', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    for (let round = 0; round < 5; round += 1) {
      const acknowledged = await killedAfter(
        `const db = await Database.open(${JSON.stringify(url)});
         await db.exec('CREATE TABLE IF NOT EXISTS t (a INT)');
         for (;;) { const { seq } = await db.query('INSERT INTO t VALUES (1)'); console.log(seq); }`,
        20 + round * 15,
      );
      await withDatabase(
        async (db) => {
          const { appliedSeq } = await db.status();
          assert.ok(appliedSeq >= acknowledged, `${appliedSeq} of ${acknowledged}`);
          assert.equal(await value(db, 'SELECT count(*) FROM t'), appliedSeq, 'every commit but the first is a row');
        },
        {},
        url,
      );
    }
  }));

test('damage is an error that changes nothing', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (a INT)');
        for (let a = 0; a < 20; a += 1) await db.query('INSERT INTO t VALUES ($1)', [a]);
      },
      {},
      url,
    );
    const segment = join(directory, 'db', '00001');
    const before = await readFile(segment);
    const file = await open(segment, 'r+');
    await file.write(Buffer.from([before[4200] ^ 0x10]), 0, 1, 4200);
    await file.close();
    const error = await fails(Database.open(url), 'CORRUPT');
    assert.match(`${error.message} ${error.detail ?? ''}`, /segment|offset/);
    const after = await readFile(segment);
    after[4200] ^= 0x10;
    assert.ok(after.equals(before), 'the files are as they were');
    assert.equal((await errorOf(Database.open(url))).code, 'CORRUPT', 'the lock was given back');
  }));

test('what precedes damage is read with `salvage`, and nothing is written', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)');
        for (let a = 0; a < 20; a += 1) await db.query('INSERT INTO t VALUES ($1, $2)', [a, `row ${a}`]);
      },
      {},
      url,
    );
    const segment = join(directory, 'db', '00001');
    const bytes = await readFile(segment);
    bytes[bytes.indexOf('row 12')] ^= 1;
    await writeFile(segment, bytes);
    const error = await fails(Database.open(url), 'CORRUPT');
    assert.match(error.message, /segment 0.* offset \d+, seq 13/);
    assert.match(error.hint, /salvage: true/);
    await withDatabase(
      async (db) => {
        const { readOnly, damage, commits } = db.info.recovery;
        assert.equal(readOnly.code, 'READ_ONLY');
        assert.equal(damage.code, 'CORRUPT');
        assert.equal(damage.message, error.message);
        assert.equal(commits, 13);
        assert.deepEqual((await db.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' })).rows.flat(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert.equal(await value(db.asOf({ seq: 3 }), 'SELECT count(*)::int FROM t'), 3);
        assert.equal((await db.history('t', 11))[0].seq, 12);
        await fails(db.query('DELETE FROM t'), 'READ_ONLY');
        await db.query('SELECT 1');
      },
      { salvage: true },
      url,
    );
    assert.ok((await readFile(segment)).equals(bytes), 'the files are as they were');
    await fails(Database.open(`file://${directory}/none`, { salvage: true }), 'STORAGE_UNAVAILABLE');
  }));

test('a sound database is opened by `salvage` for reading', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)'), {}, url);
    await withDatabase(
      async (db) => {
        assert.equal(db.info.recovery.damage, null);
        assert.equal(await value(db, 'SELECT a FROM t'), 1);
        await fails(db.query('INSERT INTO t VALUES (2)'), 'READ_ONLY');
      },
      { salvage: true },
      url,
    );
    await withDatabase((db) => db.query('INSERT INTO t VALUES (2)'), {}, url);
  }));

test('a torn write at the end of the log is told of, and cut', () =>
  withDirectory(async (directory) => {
    const db = await Database.open(`file://${directory}/db`);
    await db.exec("CREATE TABLE t (a INT); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    // As a power failure leaves it: the last frame is not whole, and nothing says that it had been flushed.
    cpSync(join(directory, 'db'), join(directory, 'torn'), { recursive: true, filter: (name) => !name.endsWith('lock.node') });
    await db.close();
    const segment = join(directory, 'torn', '00001');
    const bytes = await readFile(segment);
    const end = bytes.findLastIndex((byte) => byte !== 0);
    await truncate(segment, end - 10);
    const url = `file://${directory}/torn`;
    await withDatabase(
      async (again) => {
        const { torn, readOnly, commits } = again.info.recovery;
        assert.deepEqual([readOnly, commits, torn.seq, torn.file], [null, 2, 2, 1]);
        assert.ok(torn.offset > 4096 && torn.offset < end);
        assert.equal(await value(again, 'SELECT max(a) FROM t'), 1);
        await again.query('INSERT INTO t VALUES (3)');
      },
      {},
      url,
    );
    await withDatabase(
      async (again) => {
        assert.equal(again.info.recovery.torn, null);
        assert.equal(await value(again, 'SELECT max(a) FROM t'), 3);
      },
      {},
      url,
    );
  }));

/** Runs a module in another process and gives what it printed. */
function run(code, whenPrinted) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import { Database } from 'driftdb-wasm'; ${code}`], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
    whenPrinted?.(child, printed);
  });
  return new Promise((resolve) => child.on('close', () => resolve(printed)));
}

const childOf = (code) => run(code);

/** Kills a process when it has acknowledged so many commits, and gives the last one it did. */
async function killedAfter(code, commits) {
  const printed = await run(code, (child, printed) => {
    if (printed.split('\n').length > commits) child.kill('SIGKILL');
  });
  return Number(printed.trimEnd().split('\n').at(-1));
}

test('files are made while an application writes without a pause', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/busy`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (s TEXT)');
        const segments = () => readdirSync(join(directory, 'busy')).filter((name) => statSync(join(directory, 'busy', name)).size > 100_000).length;
        // The first is to be succeeded at a megabyte, of which each statement writes a fifth.
        let statements = 0;
        while (segments() < 3 && statements < 1000) {
          await db.query('INSERT INTO t VALUES ($1)', ['x'.repeat(200_000)]);
          statements += 1;
        }
        assert.ok(segments() >= 3, `${segments()} after ${statements} statements`);
      },
      {},
      url,
    );
  }));

test('a check reads all of the storage again, and says what changed there and where', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (id INT PRIMARY KEY, s TEXT UNIQUE)');
        await db.exec("INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 40000) AS g(i); UPDATE t SET s = s || '!' WHERE id % 2 = 0");
        const told = [];
        const sound = await db.check({ onProgress: (progress) => told.push(progress) });
        assert.deepEqual(sound.problems, []);
        assert.equal(sound.versions, 60_000);
        assert.ok(sound.bytes > 500_000, `${sound.bytes} bytes`);
        assert.ok(told.length > 1 && told.every(({ done, total }) => done <= total));
        assert.equal(told.at(-1).done, told.at(-1).total);

        const file = join(directory, 'db', '00001');
        const flip = async (at) => {
          const handle = await open(file, 'r+');
          const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
          await handle.write(Buffer.from([buffer[0] ^ 4]), 0, 1, at);
          await handle.close();
        };
        await flip(300_000);
        const { problems } = await db.check();
        assert.equal(problems.length, 1);
        const [{ code, message, segment, file: number, offset }] = problems;
        assert.deepEqual([code, segment, number], ['CORRUPT', 0, 1]);
        assert.ok(offset > 4096 && offset <= 300_000, message);
        assert.match(message, /does not verify/);
        await flip(300_000);

        const stop = new AbortController();
        await fails(db.check({ signal: stop.signal, onProgress: () => stop.abort() }), 'CANCELLED');
        await fails(db.check({ onProgress: 7 }), 'INVALID_PARAMETER_VALUE');
        // While statements run.
        const [again] = await Promise.all([db.check(), db.exec("UPDATE t SET s = s || '?' WHERE id < 100; UPDATE t SET s = s || '?' WHERE id < 50")]);
        assert.deepEqual(again.problems, []);
      },
      {},
      url,
    );
  }));

test('a check of a database in memory compares its indexes', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1), (2); DELETE FROM t WHERE a = 1');
    assert.deepEqual(await db.check(), { problems: [], bytes: 0, versions: 2 });
  }));
