// What is left of a damaged database becomes a new one.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
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

test('a sound database is salvaged whole', () =>
  withDirectory(async (directory) => {
    const [from, to] = [`file://${directory}/db`, `file://${directory}/new`];
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)'), {}, from);
    const report = await Database.salvage(from, to);
    assert.deepEqual(report, { commits: 2, damage: null, damagedAt: null, torn: null, lostFrom: null, lost: 0 });
    await withDatabase(async (db) => assert.equal(await value(db, 'SELECT a FROM t'), 1), {}, to);
  }));
