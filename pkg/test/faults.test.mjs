// Storage and an engine that fail, in Node: what each way of failing comes to, and that nothing is lost.

import assert from 'node:assert/strict';
import fs, { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { Database } from 'driftdb-wasm';
import { fails, value, withDatabase, withDirectory } from './support.mjs';

const numbers = async (db) => (await db.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' })).rows.flat();

/** A database in a directory with one row, of whose files a method is replaced by `make(method)` until the files are opened anew. */
async function withFault(name, make, use) {
  await withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    const db = await Database.open(url);
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
    for (const file of db.connection.direct.running.storage.files.files) file[name] = make(file[name].bind(file));
    await use(db);
    const rows = await numbers(db);
    await db.close();
    await withDatabase(
      async (again) => {
        assert.deepEqual(await numbers(again), rows);
        assert.deepEqual((await again.check()).problems, []);
      },
      {},
      url,
    );
  });
}

const invalid = () => {
  throw Object.assign(new Error('the handle is closed'), { name: 'InvalidStateError' });
};

for (const [what, make] of [
  ['an exception', () => () => { throw Object.assign(new Error('no room'), { name: 'QuotaExceededError' }); }],
  ['a count that is too small', (write) => (bytes, options) => write(bytes.subarray(0, bytes.length / 2), options)],
  ['a count that is none', () => () => 4_294_967_288],
]) {
  test(`a storage without room that tells so by ${what} is QUOTA`, () =>
    withFault('write', make, async (db) => {
      await fails(db.query('INSERT INTO t VALUES (2)'), 'QUOTA');
      await db.query('INSERT INTO t VALUES (3)');
      assert.deepEqual(await numbers(db), [1, 3]);
      assert.equal((await db.status()).restarts, 1);
    }));
}

/** While files under a path have no room, but for the first. */
async function withoutRoom(path, use) {
  const { openSync, writeSync } = fs;
  const full = new Set();
  fs.openSync = (name, ...rest) => {
    const file = openSync(name, ...rest);
    if (String(name).startsWith(path) && /0000[1-9]$/.test(name)) full.add(file);
    else full.delete(file);
    return file;
  };
  fs.writeSync = (file, ...rest) => {
    if (full.has(file)) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    return writeSync(file, ...rest);
  };
  syncBuiltinESMExports();
  try {
    return await use();
  } finally {
    Object.assign(fs, { openSync, writeSync });
    syncBuiltinESMExports();
  }
}

for (const [what, between] of [
  ['opened again', async (db, url) => (await db.close(), Database.open(url, { worker: false }))],
  ['opened anew after a trap', async (db) => {
    const { now } = Date;
    Date.now = () => {
      Date.now = now;
      throw new WebAssembly.RuntimeError('unreachable');
    };
    await fails(db.query('SELECT now()'), 'ENGINE_CRASHED');
    return db;
  }],
]) {
  test(`a database of which there was room for a part is made when there is more, ${what} before`, () =>
    withDirectory(async (directory) => {
      const url = `file://${directory}/part`;
      const db = await withoutRoom(directory, async () => {
        const made = await Database.open(url, { worker: false });
        await fails(made.exec('CREATE TABLE t (a INT)'), 'QUOTA');
        const again = await between(made, url);
        await fails(again.exec('CREATE TABLE t (a INT)'), 'QUOTA');
        return again;
      });
      const until = performance.now() + 10_000;
      let refused;
      do {
        refused = await db.exec('CREATE TABLE t (a INT)').then(() => undefined, (error) => error.code);
        assert.match(refused ?? 'QUOTA', /^QUOTA$/);
      } while (refused && performance.now() < until);
      await db.query('INSERT INTO t VALUES (1)');
      await db.close();
      await withDatabase(async (later) => assert.deepEqual(await numbers(later), [1]), {}, url);
    }));
}

test('a storage that is flushed flushes every file that was written to', () => {
  const flushed = [];
  return withFault(
    'flush',
    (flush) => () => {
      flushed.push(1);
      flush();
    },
    async (db) => {
      await db.query('INSERT INTO t VALUES (2)');
      assert.equal(flushed.length, 1, 'one file, before it was acknowledged');
    },
  );
});

for (const name of ['write', 'flush']) {
  test(`a storage whose handles are invalid for ${name} is opened again`, () =>
    withFault(name, () => invalid, async (db) => {
      const codes = [];
      for (const a of [2, 3, 4]) codes.push(await db.query('INSERT INTO t VALUES ($1)', [a]).then(() => undefined, (error) => error.code));
      for (const code of codes) assert.match(code ?? 'IO', /^(IO|COMMIT_UNKNOWN)$/);
      const rows = await numbers(db);
      assert.deepEqual(rows, [1, ...[2, 3, 4].filter((a, at) => codes[at] === undefined || rows.includes(a))]);
      assert.ok(codes.filter((code) => code === undefined).length >= 2, codes.join());
    }));
}

test('a storage that cannot be read is a problem that a check finds', () =>
  withFault('read', () => invalid, async (db) => {
    const [{ code, message }] = (await db.check()).problems;
    assert.equal(code, 'IO', message);
    await db.query('INSERT INTO t VALUES (2)');
  }));

/** The next request asks for parameters of nearly 4 GiB, which the engine takes at its word: no host does that, and it panics. */
function panic(db) {
  const { engine } = db.connection.direct.begin(0);
  const { writeRequest } = engine;
  engine.writeRequest = function (request) {
    engine.writeRequest = writeRequest;
    const length = writeRequest.call(engine, request);
    const bytes = engine.bytes(engine.wasm.input(length), length);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(40, 0xffff_ffff, true);
    return length;
  };
}

test('an engine that panics is opened anew from storage, over and over, and has everything', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    const db = await Database.open(url);
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY)');
    for (let round = 0; round < 30; round += 1) {
      const alone = db.query('INSERT INTO t VALUES ($1)', [round]);
      await alone;
      panic(db);
      const error = await fails(db.query('SELECT $1::int', [1], { meta: {} }), 'ENGINE_CRASHED');
      assert.match(`${error.message} ${error.detail}`, /\bwasm-function\[\d+\]:0x/, 'where it was');
    }
    assert.equal((await db.status()).restarts, 30);
    assert.equal((await numbers(db)).length, 30);
    await db.close();
    await withDatabase(async (again) => assert.equal(await value(again, 'SELECT count(*)::int FROM t'), 30), {}, url);
  }));

test('an engine that is opened anew from a storage that has lost commits is DATA_LOSS', () =>
  withDirectory(async (directory) => {
    const [from, before] = ['db', 'before'].map((name) => join(directory, name));
    const db = await Database.open(`file://${from}`);
    await db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)');
    const copy = (one, other) => cpSync(one, other, { recursive: true, filter: (path) => !path.endsWith('lock.node') });
    copy(from, before);
    await db.exec('INSERT INTO t VALUES (2)');
    copy(from, `${from}-now`);
    copy(before, from);
    panic(db);
    await fails(db.query('SELECT 1'), 'ENGINE_CRASHED');
    for (const _ of [1, 2]) {
      const { message } = await fails(db.query('INSERT INTO t VALUES (3)'), 'DATA_LOSS');
      assert.match(message, /commit 2 was on storage, and the last one there now is 1/);
    }
    assert.throws(() => db.querySync('SELECT 1'), { code: 'DATA_LOSS' });
    // It may come back.
    copy(`${from}-now`, from);
    assert.deepEqual(await numbers(db), [1, 2]);
    await db.close();
  }));

test('an engine that fails while it is closed is why close() fails', () =>
  withDirectory(async (directory) => {
    const db = await Database.open(`file://${directory}/db`);
    await db.exec('CREATE TABLE t (a INT)');
    db.connection.direct.begin(0).engine.wasm.close = () => {
      throw new WebAssembly.RuntimeError('unreachable');
    };
    await fails(db.close(), 'ENGINE_CRASHED');
  }));

test('a clock that goes back, stands still, or is nonsense gives commits in order', () =>
  withDirectory(async (directory) => {
    const { now } = Date;
    try {
      const url = `file://${directory}/db`;
      const db = await Database.open(url);
      await db.exec('CREATE TABLE t (a INT PRIMARY KEY)');
      const clocks = [1.8e12, 1.7e12, 1.7e12, 0, -1e12, NaN, 4.1e12, Infinity, 1.9e12];
      for (const [a, clock] of clocks.entries()) {
        Date.now = () => clock;
        await db.query('INSERT INTO t VALUES ($1)', [a]).catch((error) => assert.match(error.code, /^(DATETIME|NUMERIC|INTERNAL|LIMIT)/, `${clock}: ${error.message}`));
      }
      Date.now = now;
      const rows = await numbers(db);
      assert.ok(rows.length >= 6, rows.join());
      const times = (await db.query('SELECT extract(epoch FROM time)::text AS t FROM commits()', [], { rowMode: 'array' })).rows.flat().map(Number);
      assert.ok(times.every((time, at) => at === 0 || time > times[at - 1]), times.join());
      assert.deepEqual((await db.check()).problems, []);
      await db.close();
      await withDatabase(async (again) => assert.deepEqual(await numbers(again), rows), {}, url);
    } finally {
      Date.now = now;
    }
  }));

test('files of a later version are FORMAT_TOO_NEW, and stay as they are', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    await withDatabase((db) => db.exec('CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)'), {}, url);
    cpSync(join(directory, 'db'), join(directory, 'newer'), { recursive: true });
    const file = join(directory, 'newer', '00001');
    const bytes = readFileSync(file);
    // A flag that one has to know, in both copies of the header.
    for (const page of [bytes.subarray(0, 2048), bytes.subarray(2048, 4096)]) {
      page.writeUInt32LE(0x8000_0000, 20);
      const crc = crc32(page.subarray(0, 2044));
      page.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0, 2044);
    }
    writeFileSync(file, bytes);
    for (const options of [{}, { salvage: true }]) await fails(Database.open(`file://${directory}/newer`, options), 'FORMAT_TOO_NEW');
    assert.ok(readFileSync(file).equals(bytes));
  }));
