// Storage that fails, in each of the ways in which browsers tell of it: an error or a commit, nothing lost, and the application goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPage } from './support.mjs';

/** What a test does on a page with a database whose worker can be made to fail, and what is there afterwards, in it and opened anew. */
function withFaults(scheme, use, ...args) {
  return withPage(async (page) => {
    const url = `${scheme}://faults`;
    await page.evaluate(async (url) => {
      const db = await open_(url, { worker: faultyWorker() });
      await db.exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)');
      await db.query("INSERT INTO t VALUES (1, 'before')");
    }, url);
    const seen = await page.evaluate(use, url, ...args);
    const found = await page.evaluate(async (url) => {
      const rows = async (of) => (await of.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' })).rows.flat();
      const db = databases.get(url);
      const result = { rows: await rows(db), restarts: (await db.status()).restarts };
      await db.close();
      const again = await driftdb.Database.open(url);
      const { problems } = await again.check();
      const kept = await rows(again);
      const past = (await again.asOf({ seq: 1 }).query('SELECT s FROM t')).rows;
      await again.close();
      return { ...result, kept, problems, past };
    }, url);
    return { ...seen, ...found };
  });
}

/** The rows are those, in memory and in storage, with their past. */
function assertKept({ rows, kept, problems, past }, expected) {
  assert.deepEqual([rows, kept, problems, past], [expected, expected, [], [{ s: 'before' }]]);
}

/** One commit while it fails, and one when it does not any more. */
async function writeInBetween(url, fault) {
  const db = databases.get(url);
  await setFaults(fault);
  const during = (await outcome(db.query("INSERT INTO t VALUES (2, 'during')"))).code ?? 'committed';
  const read = await outcome(db.query('SELECT a FROM t WHERE a = 1').then(({ rows }) => rows[0].a));
  await setFaults();
  // After a refusal the database is tried again now and then.
  const until = performance.now() + 20_000;
  let after;
  do after = (await outcome(db.query("INSERT INTO t VALUES (3, 'after')"))).code ?? 'committed';
  while (after !== 'committed' && performance.now() < until);
  return { during, read: read.value, after };
}

for (const fault of ['opfs-throws', 'opfs-short', 'opfs-over']) {
  test(`${fault}: no room is QUOTA, what is there can be read, and commits go on when there is room`, async () => {
    const seen = await withFaults('opfs', writeInBetween, fault);
    assert.deepEqual([seen.during, seen.read, seen.after], ['QUOTA', 1, 'committed']);
    assertKept(seen, [1, 3]);
  });
}

for (const fault of ['opfs-flush', 'idb-UnknownError', 'idb-DataError', 'idb-null']) {
  test(`${fault}: a commit that storage gives up is an error, or it is there`, async () => {
    const seen = await withFaults(fault.split('-')[0], writeInBetween, fault);
    // A file may have what could not be flushed; a transaction of IndexedDB that was given up is not there.
    assert.match(seen.during, /^(COMMIT_UNKNOWN|IO)$/);
    assert.equal(seen.after, 'committed');
    assert.ok(seen.restarts >= 1);
    assertKept(seen, fault === 'opfs-flush' && seen.rows.includes(2) ? [1, 2, 3] : [1, 3]);
  });
}

for (const fault of ['opfs-lost', 'idb-closed']) {
  test(`${fault}: what the browser has taken away is opened again, and the application goes on`, async () => {
    const seen = await withFaults(
      fault.split('-')[0],
      async (url, fault) => {
        const db = databases.get(url);
        const outcomes = [];
        for (let a = 2; a < 40; a += 1) {
          if (a % 4 === 0) await setFaults(fault);
          outcomes.push([a, (await outcome(db.query("INSERT INTO t VALUES ($1, 'x')", [a]))).code ?? 'committed']);
        }
        await setFaults();
        return { outcomes };
      },
      fault,
    );
    const committed = seen.outcomes.filter(([, code]) => code === 'committed').map(([a]) => a);
    for (const [a, code] of seen.outcomes) assert.match(code, /^(committed|IO|COMMIT_UNKNOWN)$/, `${a}`);
    assert.ok(seen.restarts >= 5 && committed.length >= 20, JSON.stringify(seen));
    assertKept(seen, [1, ...committed]);
  });
}

test('a file that gives less than it has is IO when it is opened, and nothing of it changes', async () => {
  const seen = await withFaults('opfs', async (url) => {
    await databases.get(url).close();
    const bytes = async () => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb');
      const found = [];
      for await (const directory of root.values())
        for await (const [name, file] of directory.entries()) found.push([name, [...new Uint8Array(await crypto.subtle.digest('SHA-256', await (await file.getFile()).arrayBuffer()))].join()]);
      return JSON.stringify(found.sort());
    };
    const before = await bytes();
    const refused = (await outcome(driftdb.Database.open(url, { worker: faultyWorker('opfs-read') }))).code;
    const same = before === (await bytes());
    await open_(url);
    return { refused, same };
  });
  assert.deepEqual([seen.refused, seen.same], ['IO', true]);
  assertKept(seen, [1]);
});

for (const scheme of ['opfs', 'idb']) {
  test(`${scheme}: the worker goes on from storage after its engine has trapped`, async () => {
    const seen = await withFaults(scheme, async (url) => {
      const db = databases.get(url);
      const codes = [];
      for (let round = 0; round < 20; round += 1) {
        await db.query("INSERT INTO t VALUES ($1, 'x')", [100 + round]);
        await setFaults('trap');
        codes.push((await outcome(db.query('INSERT INTO t VALUES ($1, now()::text)', [200 + round]))).code);
      }
      return { codes };
    });
    assert.deepEqual(new Set(seen.codes), new Set(['ENGINE_CRASHED']));
    assert.equal(seen.restarts, 20);
    assertKept(seen, [1, ...Array.from({ length: 20 }, (_, round) => 100 + round)]);
  });
}

test('without a file system, or one that answers at once, IndexedDB is used where that is asked for, and memory only where it is allowed', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const seen = {};
      for (const fault of ['private-SecurityError', 'private-UnknownError', 'private-NotAllowedError', 'no-handles', 'old-handles']) {
        const named = await outcome(driftdb.Database.open('opfs://x', { worker: faultyWorker(fault) }));
        const db = await driftdb.Database.open(`auto://${fault}`, { worker: faultyWorker(fault) });
        await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
        const { storage, persistent, reason } = db.info;
        await db.close();
        const none = await outcome(driftdb.Database.open('auto://none', { worker: faultyWorker(fault, 'no-idb') }));
        const memory = await driftdb.Database.open('auto://none', { worker: faultyWorker(fault, 'no-idb'), allowFallback: 'memory' });
        seen[fault] = { named: named.code, storage, persistent, hasReason: reason.length > 20, none: none.code, memory: [memory.info.storage, memory.info.persistent] };
        await memory.close();
      }
      return seen;
    });
    for (const [fault, one] of Object.entries(seen)) {
      const expected = { named: 'STORAGE_UNAVAILABLE', storage: 'idb', persistent: true, hasReason: true, none: 'STORAGE_UNAVAILABLE', memory: ['memory', false] };
      assert.deepEqual(one, expected, fault);
    }
  }));

test('all that an origin has stored, taken away while it is in use, is an error', () =>
  withPage(async (page, { url }) => {
    await page.evaluate(async () => {
      const db = await open_('idb://cleared');
      await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
    });
    const cdp = await page.createCDPSession();
    await cdp.send('Storage.clearDataForOrigin', { origin: url, storageTypes: 'indexeddb' });
    const codes = await page.evaluate(async () => {
      const db = databases.get('idb://cleared');
      const during = (await outcome(db.query('INSERT INTO t VALUES (2)'))).code;
      await outcome(db.close());
      return [during, (await outcome(driftdb.Database.open('idb://cleared'))).code];
    });
    assert.ok(codes[0] !== undefined, 'nothing can be committed to what is not there');
    assert.equal(codes[1], 'DATA_LOSS');
  }));

test('storage that was put back to an older state is DATA_LOSS', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const files = async () => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb');
        const found = [];
        for await (const directory of root.values()) for await (const file of directory.values()) found.push(file);
        return found;
      };
      const db = await open_('opfs://older');
      await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
      await db.close();
      const older = await Promise.all((await files()).map(async (file) => [file, await (await file.getFile()).arrayBuffer()]));
      const again = await driftdb.Database.open('opfs://older');
      await again.exec('INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)');
      await again.close();
      for (const [file, bytes] of older) {
        const writable = await file.createWritable();
        await writable.write(bytes);
        await writable.close();
      }
      const opened = await outcome(driftdb.Database.open('opfs://older'));
      const accepted = await driftdb.Database.open('opfs://older', { acceptDataLoss: true });
      const { rows } = await accepted.query('SELECT a FROM t');
      await accepted.close();
      return { code: opened.code, message: opened.message, rows };
    });
    assert.equal(seen.code, 'DATA_LOSS');
    assert.match(seen.message, /commit 3 was on storage, and the last one there now is 1/);
    assert.deepEqual(seen.rows, [{ a: 1 }]);
  }));

test('IndexedDB of a later version of the package is FORMAT_TOO_NEW, and stays as it is', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('idb://newer');
      await db.exec('CREATE TABLE t (a INT)');
      await db.close();
      const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const connection = await done(indexedDB.open('driftdb:newer'));
      const meta = () => connection.transaction('meta', 'readwrite').objectStore('meta');
      const head = await done(meta().get('head'));
      await done(meta().put({ ...head, format: 2 }, 'head'));
      const refused = (await outcome(driftdb.Database.open('idb://newer'))).code;
      const after = await done(meta().get('head'));
      connection.close();
      return [refused, after.owner === head.owner, after.format];
    });
    assert.deepEqual(seen, ['FORMAT_TOO_NEW', true, 2]);
  }));
