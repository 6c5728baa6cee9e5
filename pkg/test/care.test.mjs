// What takes care of a database: compacting it, and what it tells of its sizes.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fails, value, withDatabase, withDirectory } from './support.mjs';

const sizeOf = (directory) => readdirSync(directory).reduce((sum, name) => sum + (/^\d+$/.test(name) ? statSync(join(directory, name)).size : 0), 0);

async function withHistory(use) {
  await withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase(
      async (db) => {
        await db.exec('CREATE TABLE t (id INT PRIMARY KEY, v INT, s TEXT); CREATE INDEX of_v ON t (v); CREATE SCHEMA z; CREATE TABLE z.empty (a INT)');
        await db.exec("INSERT INTO t SELECT i, 0, 'row ' || i FROM generate_series(1, 2000) AS g(i)");
        for (let commit = 0; commit < 100; commit += 1) await db.exec('UPDATE t SET v = v + 1 WHERE id % 10 = 3');
        await use(db, url, join(directory, 'db'));
      },
      {},
      url,
    );
  });
}

test('a compaction makes the files smaller and keeps all of the history', () =>
  withHistory(async (db, url, directory) => {
    const answers = async (of) => [
      await value(of, 'SELECT sum(v)::int FROM t AS OF @seq:50'),
      await value(of, 'SELECT count(*)::int FROM t FOR SYSTEM_TIME ALL'),
      (await of.history('t', 3)).length,
    ];
    const before = await answers(db);
    const stats = await db.stats();
    assert.deepEqual([stats.storage.segments, stats.storage.checkpoint, stats.storage.checkpointed], [1, 0, 0]);
    const told = [];
    // While statements run.
    const [compacted] = await Promise.all([
      db.compact({ onProgress: (progress) => told.push(progress) }),
      ...[1, 2, 3].map((id) => db.query('UPDATE t SET s = $1 WHERE id = $2', ['other', id])),
    ]);
    assert.ok(compacted.bytesAfter < compacted.bytesBefore, JSON.stringify(compacted));
    assert.ok(compacted.commits >= 105 && compacted.commits <= 108, JSON.stringify(compacted));
    assert.ok(told.length > 2 && told.every(({ done, total }) => done <= total));
    assert.equal(told.at(-1).done, told.at(-1).total);
    const { storage, commits } = await db.stats();
    assert.equal(commits, 108);
    assert.deepEqual([storage.segments, storage.checkpointed], [1, compacted.commits]);
    assert.ok(storage.checkpoint > 1000 && storage.checkpoint < stats.storage.log, JSON.stringify(storage));
    assert.equal(storage.bytes, sizeOf(directory));
    assert.deepEqual((await answers(db))[0], before[0]);
    assert.deepEqual((await db.check()).problems, []);
    // Nothing is left to do.
    assert.equal((await db.compact()).commits >= compacted.commits, true);
    await db.close();
    await withDatabase(async (again) => assert.equal((await answers(again))[0], before[0]), {}, url);
  }));

test('a compaction is stopped by its signal, and its options are checked', () =>
  withHistory(async (db) => {
    const stop = new AbortController();
    await fails(db.compact({ signal: stop.signal, onProgress: () => stop.abort() }), 'CANCELLED');
    await fails(db.compact({ onProgress: 7 }), 'INVALID_PARAMETER_VALUE');
    await fails(db.compact({ timeout: 7 }), 'INVALID_PARAMETER_VALUE');
    assert.equal((await db.stats()).storage.checkpointed, 0);
    assert.equal(await value(db, 'SELECT count(*)::int FROM t FOR SYSTEM_TIME ALL'), 22_000);
    assert.equal((await db.compact()).commits, 105);
    await db.close();
    await fails(db.compact(), 'CLOSED');
    await fails(db.stats(), 'CLOSED');
  }));

test('stats tell what a database holds, table by table', () =>
  withHistory(async (db) => {
    const begun = Date.now();
    const { commits, first, last, versions, blocks, memory, tables } = await db.stats();
    assert.deepEqual([commits, versions], [105, 22_000]);
    assert.ok(first <= last && begun - first < 600_000 && last - begun < 1000, `${first} ${last}`);
    assert.ok(blocks > 10 && memory.held > 100_000 && memory.held < memory.used && memory.used < memory.max, JSON.stringify(memory));
    assert.ok(memory.reserved > memory.used);
    assert.equal(memory.budget, 100_000_000);
    assert.deepEqual(
      tables.map(({ name, rows, past, indexes }) => [name, rows, past, indexes.map((index) => index.name)]),
      [
        ['t', 2000, 20_000, ['t_pkey', 'of_v']],
        ['z.empty', 0, 0, []],
      ],
    );
    const [t] = tables;
    assert.ok(t.bytes > 50_000 && t.blocks > 10 && t.indexes.every((index) => index.bytes > 10_000), JSON.stringify(t));
    await db.exec('DROP TABLE t');
    assert.deepEqual((await db.stats()).tables.map(({ name }) => name), ['z.empty']);
    assert.equal((await db.stats()).versions, 22_000);
  }));

test('a database in memory has nothing to compact, and none has no times', () =>
  withDatabase(async (db) => {
    const { storage, commits, first, last, tables, memory } = await db.stats();
    assert.deepEqual({ storage, commits, first, last, tables }, { storage: null, commits: 0, first: null, last: null, tables: [] });
    assert.equal(memory.budget, null);
    assert.deepEqual(await db.compact(), { bytesBefore: 0, bytesAfter: 0, commits: 0 });
  }));

test('what is opened only to be read is not compacted, and rests without harm', () =>
  withHistory(async (db, url) => {
    await db.close();
    await withDatabase(
      async (reader) => {
        await fails(reader.compact(), 'READ_ONLY');
        await wait(300);
        assert.equal((await reader.status()).restarts, 0);
        assert.equal(await value(reader, 'SELECT count(*)::int FROM t'), 2000);
        assert.ok((await reader.stats()).storage.bytes > 10_000);
      },
      { salvage: true },
      url,
    );
  }));
