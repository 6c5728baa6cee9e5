// What is left of a damaged database becomes a new one.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Database } from 'driftdb-wasm';
import { fails, value, withDatabase, withDirectory } from './support.mjs';

/** A database whose commit 13 is damaged, in a directory of its own. */
async function withDamage(use) {
  await withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)');
        for (let a = 0; a < 20; a += 1) await db.query('INSERT INTO t VALUES ($1, $2)', [a, `row ${a} ${'x'.repeat(5000)}`]);
      },
      {},
      url,
    );
    const segment = join(directory, 'db', '00001');
    const bytes = await readFile(segment);
    bytes[bytes.indexOf('row 12')] ^= 1;
    await writeFile(segment, bytes);
    await use(url, `file://${directory}/new`, directory);
    assert.ok((await readFile(segment)).equals(bytes), 'the damaged one is as it was');
  });
}

test('all commits before the damage are a new database, with their past', () =>
  withDamage(async (from, to) => {
    const damaged = await fails(Database.open(from), 'CORRUPT');
    const told = [];
    const report = await Database.salvage(from, to, { onProgress: (progress) => told.push(progress) });
    assert.deepEqual([report.commits, report.lostFrom, report.lost, report.torn], [13, 13, 8, null]);
    assert.deepEqual([report.damage.code, report.damage.message], ['CORRUPT', damaged.message]);
    const { segment, file, offset, seq } = report.damagedAt;
    assert.ok(segment === 0 && file === 1 && offset > 4096 && seq === 13, JSON.stringify(report));
    assert.ok(told.length > 2 && told.every(({ done, total }) => done <= total), JSON.stringify(told));
    assert.equal(told.at(-1).done, told.at(-1).total);
    await withDatabase(
      async (db) => {
        assert.equal(db.info.created, false);
        assert.deepEqual((await db.check()).problems, []);
        assert.equal(await value(db, 'SELECT count(*)::int FROM t'), 12);
        assert.equal(await value(db.asOf({ seq: 3 }), 'SELECT count(*)::int FROM t'), 3);
        assert.equal((await db.history('t', 11))[0].seq, 12);
        const { seq } = await db.query("INSERT INTO t VALUES (100, 'new')");
        assert.equal(seq, 13);
      },
      {},
      to,
    );
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT count(*)::int FROM t'), 13), {}, to);
    await fails(Database.salvage(from, to), 'INVALID_PARAMETER_VALUE');
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT count(*)::int FROM t'), 13), {}, to);
  }));

test('a salvage that is stopped, or cannot be, leaves nothing behind', () =>
  withDamage(async (from, to, directory) => {
    const stop = new AbortController();
    await fails(Database.salvage(from, to, { signal: stop.signal, onProgress: () => stop.abort() }), 'CANCELLED');
    assert.equal(existsSync(join(directory, 'new')), false);
    await fails(Database.salvage(from, 'memory://new'), 'INVALID_PARAMETER_VALUE');
    await fails(Database.salvage(from, from), /BUSY|INVALID_PARAMETER_VALUE/);
    await fails(Database.salvage(from, to, { onProgress: 7 }), 'INVALID_PARAMETER_VALUE');
    await fails(Database.salvage(from, to, { durability: 'strict' }), 'INVALID_PARAMETER_VALUE');
    await fails(Database.salvage(`${from}-none`, to), 'STORAGE_UNAVAILABLE');
    assert.equal(existsSync(join(directory, 'new')), false);
    assert.equal((await Database.salvage(from, to)).commits, 13);
  }));

test('where a checkpoint is damaged, tables are lost and told, and all others are whole', () =>
  withDirectory(async (directory) => {
    const [from, to] = [`file://${directory}/db`, `file://${directory}/new`];
    await withDatabase(
      async (db) => {
        await db.exec("CREATE TABLE kept (a INT PRIMARY KEY); CREATE SCHEMA s; CREATE TABLE s.t (a INT, s TEXT); INSERT INTO s.t VALUES (1, 'unmistakable')");
        await db.exec('INSERT INTO kept VALUES (1), (2); DELETE FROM kept WHERE a = 1');
        await db.compact();
        await db.exec("INSERT INTO kept VALUES (3); INSERT INTO s.t VALUES (2, 'later')");
      },
      {},
      from,
    );
    const files = (await readdir(join(directory, 'db'))).map((name) => join(directory, 'db', name));
    const found = await Promise.all(files.map(async (path) => ({ path, bytes: await readFile(path) })));
    const { path, bytes } = found.find(({ bytes }) => bytes.includes('driftchk'));
    bytes[bytes.indexOf('unmistakable')] ^= 1;
    await writeFile(path, bytes);
    const { message } = await fails(Database.open(from), 'CORRUPT');

    const reads = async (db) => {
      assert.equal(await value(db, 'SELECT sum(a)::int FROM kept'), 5);
      assert.equal(await value(db.asOf({ seq: 4 }), 'SELECT sum(a)::int FROM kept'), 3);
      for (const sql of ['SELECT * FROM s.t', 'SELECT * FROM s.t AS OF @seq:3', "SELECT * FROM diff('s.t', 2, 3)"]) {
        assert.match((await fails(db.query(sql), 'CORRUPT')).message, /table s\.t is lost/);
      }
      assert.deepEqual(db.info.recovery.lostTables, ['s.t']);
    };
    await withDatabase(
      async (db) => {
        await reads(db);
        assert.deepEqual(db.info.recovery.checkpointDamage, { code: 'CORRUPT', message });
        await fails(db.query('INSERT INTO kept VALUES (9)'), 'READ_ONLY');
      },
      { salvage: true },
      from,
    );
    const changed = async (db, options) => {
      const all = [];
      for await (const { seq, lost, changes } of db.changes({ since: -1, ...options })) {
        all.push([seq, lost, changes.map(({ table }) => table)]);
        if (seq === (await db.commits()).at(-1).seq) break;
      }
      return all;
    };
    const report = await Database.salvage(from, to);
    assert.deepEqual([report.lostTables, report.lostFrom, report.lost, report.damage], [['s.t'], null, 0, null]);
    assert.equal(report.checkpointDamage.message, message);
    await withDatabase(
      async (db) => {
        await reads(db);
        const { problems } = await db.check();
        assert.ok(problems.length === 1 && problems[0].message.includes('s.t is lost'), JSON.stringify(problems));
        await fails(db.query("INSERT INTO s.t VALUES (3, 'new')"), 'CORRUPT');
        assert.deepEqual(await changed(db), [
          [0, [], []],
          [1, [], []],
          [2, ['s.t'], []],
          [3, ['s.t'], []],
          [4, [], ['kept', 'kept']],
          [5, [], ['kept']],
          [6, [], ['kept']],
          [7, ['s.t'], []],
        ]);
        assert.deepEqual(await changed(db, { tables: ['s.t'], since: { seq: 2 } }), [
          [3, ['s.t'], []],
          [7, ['s.t'], []],
        ]);
        await db.exec('INSERT INTO kept VALUES (4); BEGIN; DROP TABLE s.t; CREATE TABLE s.t (a INT); INSERT INTO s.t VALUES (6); COMMIT; UPDATE s.t SET a = 7');
        assert.deepEqual((await changed(db, { since: { seq: 6 } })).slice(-3), [
          [8, [], ['kept']],
          [9, ['s.t'], []],
          [10, [], ['s.t']],
        ]);
        assert.equal(await value(db, 'SELECT a FROM s.t'), 7);
      },
      {},
      to,
    );
    await withDatabase(
      async (db) => {
        assert.equal(await value(db, 'SELECT sum(a)::int FROM kept'), 9);
        await fails(db.query('SELECT * FROM s.t AS OF @seq:3'), 'CORRUPT');
      },
      {},
      to,
    );
  }));

test('a sound database is salvaged whole', () =>
  withDirectory(async (directory) => {
    const [from, to] = [`file://${directory}/db`, `file://${directory}/new`];
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)'), {}, from);
    const report = await Database.salvage(from, to);
    const undamaged = { damage: null, damagedAt: null, checkpointDamage: null, lostTables: [], torn: null, lostFrom: null, lost: 0 };
    assert.deepEqual(report, { commits: 2, ...undamaged });
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT a FROM t'), 1), {}, to);
  }));
