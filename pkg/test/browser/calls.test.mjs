// The package's calls through its worker, on pages with a strict policy, and in an application's own worker.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPage } from './support.mjs';

for (const name of ['page.html', 'trusted.html']) {
  test(`${name}: the quick start runs under the page's policy`, () =>
    withPage(
      async (page) => {
        const rows = await page.evaluate(async () => {
          const db = await open_('opfs://quick');
          await db.exec(`
            CREATE TABLE events (id INT PRIMARY KEY, data VARCHAR);
            INSERT INTO events (id, data) VALUES (1, 'original');
            UPDATE events SET data = 'modified' WHERE id = 1;
          `);
          return [(await db.query('SELECT * FROM events AS OF @seq:1')).rows, (await db.query('SELECT * FROM events')).rows];
        });
        assert.deepEqual(rows, [[{ id: 1, data: 'original' }], [{ id: 1, data: 'modified' }]]);
      },
      { name },
    ));
}

test('calls can be cancelled and limited in time while the worker computes', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('memory://');
      await db.exec('CREATE TABLE n (i INT)');
      const insert = await db.prepare('INSERT INTO n VALUES ($1)');
      await insert.runMany(Array.from({ length: 1000 }, (_, i) => [i]));
      const endless = 'SELECT count(*) FROM n a CROSS JOIN n b CROSS JOIN n c CROSS JOIN n d WHERE a.i + b.i + c.i + d.i < 0';
      const stop = new AbortController();
      const call = outcome(db.query(endless, [], { signal: stop.signal }));
      await new Promise((done) => setTimeout(done, 50));
      const other = await driftdb.Database.open('memory://');
      await other.close();
      const started = performance.now();
      stop.abort();
      const cancelled = await call;
      const took = performance.now() - started;
      const late = await outcome(db.query(endless, [], { timeout: 40 }));
      return { cancelled: cancelled.code, late: late.code, took, alive: (await db.query('SELECT 1 AS one')).rows };
    });
    assert.deepEqual([seen.cancelled, seen.late, seen.alive], ['CANCELLED', 'TIMEOUT', [{ one: 1 }]]);
    assert.ok(seen.took < 250, `${seen.took} ms`);
  }));

test('values of every type cross the worker', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('memory://');
      const sql = `SELECT true AS b, 1 AS i, 9007199254740993 AS n, 0.1::real AS f, 1.50 AS d, 'ä𝄞' AS s, NULL AS z,
        TIMESTAMPTZ '2026-01-15 10:00:00+00' AS at, 'infinity'::timestamptz AS never, '\\x00ff'::bytea AS x, '{"a":[1]}'::jsonb AS j`;
      const [row] = (await db.query(sql)).rows;
      return { ...row, n: String(row.n), at: row.at.toISOString(), x: [...row.x], never: row.never === Infinity, bytes: row.x instanceof Uint8Array };
    });
    assert.deepEqual(seen, {
      b: true, i: 1, n: '9007199254740993', f: 0.1, d: '1.50', s: 'ä𝄞', z: null, at: '2026-01-15T10:00:00.000Z', never: true, x: [0, 255], j: { a: [1] }, bytes: true,
    });
  }));

test('100,000 rows cross the worker', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('memory://');
      await db.exec('CREATE TABLE t (id INT PRIMARY KEY, name TEXT, price DOUBLE PRECISION)');
      const insert = await db.prepare('INSERT INTO t VALUES ($1, $2, $3)');
      await insert.runMany(Array.from({ length: 100_000 }, (_, id) => [id, `name ${id}`, id / 4]));
      const { rows } = await db.query('SELECT * FROM t ORDER BY id');
      return { count: rows.length, last: rows.at(-1), sum: rows.reduce((sum, row) => sum + row.price, 0) };
    });
    assert.deepEqual(seen, { count: 100_000, last: { id: 99_999, name: 'name 99999', price: 24_999.75 }, sum: (99_999 * 100_000) / 8 });
  }));

for (const scheme of ['opfs', 'memory']) {
  test(`${scheme}: an application's own worker has the engine on its thread, synchronously`, () =>
    withPage(async (page) => {
      const run = () =>
        page.evaluate(
          (url) =>
            new Promise((resolve) => {
              const worker = new Worker('/test/browser/own-worker.js', { type: 'module' });
              worker.onmessage = ({ data }) => {
                worker.terminate();
                resolve(data);
              };
              worker.onerror = (event) => resolve({ error: event.message });
              worker.postMessage(url);
            }),
          `${scheme}://own`,
        );
      const first = await run();
      assert.deepEqual(first, { before: 0, found: 'name 7', later: 1001, worker: false, storage: scheme, durable: true });
      const second = await run();
      const before = scheme === 'opfs' ? 1001 : 0;
      assert.deepEqual(second, { before, found: `name ${before + 7}`, later: before + 1001, worker: false, storage: scheme, durable: true });
    }));
}

test('a page without a worker: memory and IndexedDB run on its thread, OPFS cannot', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const memory = await driftdb.Database.open('memory://', { worker: false });
      const sync = memory.querySync('SELECT 1 AS one').rows;
      const idb = await driftdb.Database.open('idb://here', { worker: false });
      await idb.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (5)');
      const refused = await outcome((async () => idb.querySync('SELECT 1'))());
      await idb.close();
      const again = await driftdb.Database.open('idb://here', { worker: false });
      const kept = (await again.query('SELECT a FROM t')).rows;
      const opfs = await outcome(driftdb.Database.open('opfs://here', { worker: false }));
      return { sync, kept, refused: refused.code, opfs: opfs.code };
    });
    assert.deepEqual(seen, { sync: [{ one: 1 }], kept: [{ a: 5 }], refused: 'UNSUPPORTED', opfs: 'STORAGE_UNAVAILABLE' });
  }));

test('a worker or an engine that cannot be loaded is an error', () =>
  withPage(async (page, { errors }) => {
    const codes = await page.evaluate(async () => {
      const code = async (options) => (await outcome(driftdb.Database.open('memory://', options))).code ?? 'opened';
      return [await code({ workerUrl: '/none.js' }), await code({ wasm: '/none.wasm' }), await code({ wasm: '../../dist/driftdb.wasm' })];
    });
    assert.deepEqual(codes, ['STORAGE_UNAVAILABLE', 'ENGINE_CRASHED', 'opened']);
    errors.length = 0; // the browser's own lines about the two files that are not there
  }));

test('changes and live queries hear from the worker, and of one opening from another', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('opfs://live');
      await db.exec("CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
      const other = await driftdb.Database.open('opfs://live');
      const results = [];
      const live = await db.live('SELECT v FROM t WHERE id = 1', [], ({ rows }) => results.push(rows[0]?.v));
      const changes = db.changes({ since: 1, tables: ['t'] });
      const coming = changes.next();
      await other.query("UPDATE t SET v = 'B' WHERE id = 2");
      const first = (await coming).value;
      await other.query("UPDATE t SET v = 'A' WHERE id = 1");
      const second = (await changes.next()).value;
      for (let tries = 0; tries < 200 && results.length < 2; tries += 1) await new Promise((done) => setTimeout(done, 5));
      const closed = outcome(changes.next());
      const counters = live.counters;
      await db.close();
      await other.close();
      return { results, counters, seqs: [first.seq, second.seq], after: second.changes[0].after, closed: (await closed).code, live: live.results.rows };
    });
    assert.deepEqual(seen, { results: ['a', 'A'], counters: { evaluations: 2, saved: 1 }, seqs: [2, 3], after: { id: 1, v: 'A' }, closed: 'CLOSED', live: [{ v: 'A' }] });
  }));
