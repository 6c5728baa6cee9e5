// What happens from now on: changes, live queries, and what a query's result was and is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from 'driftdb-wasm';
import { fails, withDatabase, withDirectory } from './support.mjs';

const withItems = (use, options, url) =>
  withDatabase(
    async (db) => {
      await db.exec("CREATE TABLE items (id INT PRIMARY KEY, name TEXT, n INT); INSERT INTO items VALUES (1, 'a', 10), (2, 'b', 20)");
      await use(db);
    },
    options,
    url,
  );

/** The next of an iterator, which must come soon. */
async function next(iterator) {
  const late = new AbortController();
  const result = await Promise.race([
    iterator.next(),
    sleep(5000, undefined, { signal: late.signal }).then(() => assert.fail('nothing came')),
  ]);
  late.abort();
  return result.value;
}

/** Waits until a condition holds. */
async function until(holds) {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 500) assert.fail(`never: ${holds}`);
    await sleep(5);
  }
}

test('changes: first the commits that there are, then each new one, none left out and none twice', () =>
  withItems(async (db) => {
    const seen = [];
    const reading = (async () => {
      for await (const { seq, changes } of db.changes()) {
        seen.push([seq, changes.length]);
        if (seq === 401) return;
        if (seq % 50 === 0) await sleep(1); // slower than they are made
      }
    })();
    for (let i = 0; i < 200; i += 1) await db.query('UPDATE items SET n = n + 1');
    await db.exec('UPDATE items SET n = n + 1 WHERE id = 1;'.repeat(200));
    await reading;
    assert.deepEqual(seen.map(([seq]) => seq), Array.from({ length: 402 }, (_, seq) => seq));
    assert.deepEqual([...new Set(seen.slice(2, 202).map(([, rows]) => rows))], [2]);
    assert.deepEqual([...new Set(seen.slice(202).map(([, rows]) => rows))], [1]);
  }));

test('a change tells of its commit and of each row before and after it', () =>
  withItems(async (db) => {
    const changes = db.changes({ since: 1 });
    const coming = next(changes);
    await db.query("UPDATE items SET name = 'A' WHERE id = 1", [], { meta: { by: 'ann' } });
    const { time, ...update } = await coming;
    assert.ok(time instanceof Date);
    assert.deepEqual(update, {
      seq: 2,
      statement: 'update items set name = ? where id = ?',
      affectedRows: 1,
      tables: ['items'],
      meta: { by: 'ann' },
      changes: [{ table: 'items', op: 'UPDATE', before: { id: 1, name: 'a', n: 10 }, after: { id: 1, name: 'A', n: 10 }, changed: ['name'] }],
      lost: [],
    });
    await db.query('DELETE FROM items WHERE id = 2');
    await db.exec('CREATE TABLE other (x INT); DROP TABLE items');
    const rows = ({ changes }) => changes.map(({ table, op, before, after }) => [table, op, before, after]);
    assert.deepEqual(rows(await next(changes)), [['items', 'DELETE', { id: 2, name: 'b', n: 20 }, null]]);
    assert.deepEqual(rows(await next(changes)), []);
    assert.deepEqual(rows(await next(changes)), [['items', 'DELETE', { id: 1, name: 'A', n: 10 }, null]], 'its rows end with a table');
    await changes.return();
  }));

test('changes of some tables, in other schemas, in arrays and from any moment', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE SCHEMA shop; CREATE TABLE shop.t (x NUMERIC); CREATE TABLE t (x INT); INSERT INTO t VALUES (1); INSERT INTO shop.t VALUES (1.50)");
    await db.tag('v1');
    await db.exec('CREATE VIEW seen AS SELECT * FROM t; INSERT INTO t VALUES (2); INSERT INTO shop.t VALUES (2)');
    const since = async (options) => {
      const found = [];
      for await (const { seq, changes } of db.changes({ ...options, rowMode: 'array' })) {
        found.push(...changes.map(({ table, after }) => [seq, table, ...after]));
        if (found.at(-1)?.[0] === (options.until ?? 8)) return found;
      }
    };
    assert.deepEqual(await since({}), [[3, 't', 1], [4, 'shop.t', '1.50'], [7, 't', 2], [8, 'shop.t', '2']]);
    assert.deepEqual(await since({ tables: ['shop.t'] }), [[4, 'shop.t', '1.50'], [8, 'shop.t', '2']]);
    assert.deepEqual(await since({ since: { tag: 'v1' } }), [[7, 't', 2], [8, 'shop.t', '2']]);
    assert.deepEqual(await since({ since: 7, parsers: { 1700: Number } }), [[8, 'shop.t', 2]]);
    await fails(db.changes({ since: 99 }).next(), 'MOMENT_IN_FUTURE');
    await fails(async () => db.changes({ tables: 't' }), 'INVALID_PARAMETER_VALUE');
  }));

test('changes see what the first commit put into its tables', () =>
  withDatabase(async (db) => {
    await db.exec('CREATE TABLE "T 1" (x INT); INSERT INTO "T 1" VALUES (1), (2)', { atomic: true });
    const { changes } = await next(db.changes());
    assert.deepEqual(changes, [1, 2].map((x) => ({ table: 'T 1', op: 'INSERT', before: null, after: { x }, changed: ['x'] })));
  }));

test('changes wait without holding anything up, and end by return, by a signal and with the database', () =>
  withItems(async (db) => {
    const waiting = db.changes({ since: 1 });
    const pending = waiting.next();
    await sleep(5);
    await waiting.return();
    assert.deepEqual(await pending, { value: undefined, done: true });
    const stop = new AbortController();
    const cancelled = db.changes({ since: 1, signal: stop.signal }).next();
    await sleep(5);
    stop.abort();
    await fails(cancelled, 'CANCELLED');
    const closed = db.changes({ since: 1 }).next();
    await sleep(5);
    await db.close();
    await fails(closed, 'CLOSED');
  }));

test('changes go on where another opening of the database left off', () =>
  withDirectory(async (directory) => {
    await withItems(async () => {}, {}, `file://${directory}`);
    await withDatabase(
      async (db) => {
        const changes = db.changes({ since: 0 });
        assert.equal((await next(changes)).seq, 1);
        const later = next(changes);
        db.execSync('DELETE FROM items WHERE id = 1');
        assert.deepEqual((await later).changes.map(({ op }) => op), ['DELETE'], 'a synchronous call is noticed, too');
        await changes.return();
      },
      { durability: 'relaxed' },
      `file://${directory}`,
    );
  }));

test('a transaction is one change, and one that is rolled back is none', () =>
  withItems(async (db) => {
    const changes = db.changes({ since: 1 });
    await db.transaction(async (tx) => {
      await tx.query('DELETE FROM items WHERE id = 1');
      await tx.rollback();
    });
    await db.transaction(async (tx) => {
      await tx.query("UPDATE items SET name = 'lost'");
      await tx.query("UPDATE items SET name = 'kept' WHERE id = 2");
      await tx.query("UPDATE items SET name = 'a' WHERE id = 1");
    });
    const { seq, changes: rows } = await next(changes);
    assert.equal(seq, 2);
    assert.deepEqual(rows.map(({ after }) => after.name), ['kept'], 'what changed back is no change');
    await changes.return();
  }));

test('live: called at once, and again only when a commit touched what the query read', () =>
  withItems(async (db) => {
    await db.exec('CREATE TABLE other (x INT)');
    const results = [];
    const live = await db.live('SELECT name FROM items WHERE id = $1', [1], ({ rows }) => results.push(rows));
    assert.deepEqual(results, [[{ name: 'a' }]], 'before the promise resolves');
    assert.deepEqual(live.initialResults.rows, results[0]);
    // Another table, another row, another column, and nothing at all.
    await db.query('INSERT INTO other VALUES (1)');
    await db.query("UPDATE items SET name = 'x' WHERE id = 2");
    await db.query('UPDATE items SET n = 11 WHERE id = 1');
    await db.exec('CREATE TABLE third (x INT)');
    await until(() => live.counters.saved === 4);
    assert.deepEqual(live.counters, { evaluations: 1, saved: 4 });
    await db.query("UPDATE items SET name = 'A' WHERE id = 1");
    await until(() => results.length === 2);
    assert.deepEqual(results[1], [{ name: 'A' }]);
    await db.query('DELETE FROM items WHERE id = 1');
    await until(() => results.length === 3);
    await db.query("INSERT INTO items VALUES (1, 'new', 1)");
    await until(() => results.length === 4);
    assert.deepEqual(results.slice(2), [[], [{ name: 'new' }]]);
    assert.deepEqual(live.counters, { evaluations: 4, saved: 4 });
    await live.unsubscribe();
    await db.query("UPDATE items SET name = 'unseen' WHERE id = 1");
    await sleep(20);
    assert.equal(results.length, 4);
    await fails(live.refresh(), 'CLOSED');
  }));

test('live queries of every kind are as the query is when all is quiet', () =>
  withDatabase(async (db) => {
    await db.exec(`CREATE TABLE p (id INT PRIMARY KEY, kind TEXT, price NUMERIC, at TIMESTAMPTZ DEFAULT now());
      CREATE TABLE s (id INT PRIMARY KEY, p INT REFERENCES p ON DELETE CASCADE, n INT);
      CREATE INDEX p_kind ON p (kind, price);
      CREATE INDEX p_upper ON p (upper(kind)); CREATE INDEX p_cheap ON p (price) WHERE kind = 'a';
      CREATE VIEW totals AS SELECT p, sum(n) AS n FROM s GROUP BY p;
      CREATE SCHEMA x; CREATE TABLE x.t (a INT)`);
    const queries = [
      'SELECT * FROM p ORDER BY id',
      "SELECT id FROM p WHERE kind = 'a' AND price BETWEEN 3 AND 6 ORDER BY 1",
      'SELECT count(*), sum(price) FROM p',
      "SELECT id FROM p WHERE upper(kind) = 'B' ORDER BY 1",
      "SELECT price FROM p WHERE kind = 'a' AND price < 5 ORDER BY 1",
      'SELECT kind, max(price) FROM p GROUP BY kind HAVING count(*) > 1 ORDER BY 1',
      'SELECT p.id, s.n FROM p LEFT JOIN s ON s.p = p.id AND s.n > 2 ORDER BY 1, 2',
      'SELECT id FROM p WHERE id IN (SELECT p FROM s WHERE n < 5) ORDER BY 1',
      'SELECT id, (SELECT count(*) FROM s WHERE s.p = p.id) AS c FROM p ORDER BY 1',
      'SELECT * FROM totals ORDER BY 1',
      'SELECT id FROM p WHERE id > (SELECT coalesce(max(a), 0) FROM x.t) ORDER BY 1',
      'WITH RECURSIVE r AS (SELECT min(id) AS id FROM p UNION ALL SELECT id + 1 FROM r WHERE id < 5) SELECT p.id FROM r JOIN p USING (id) ORDER BY 1',
      'SELECT id FROM p WHERE price > 4 ORDER BY price DESC, id LIMIT 3',
      'SELECT id, rank() OVER (ORDER BY price, id) AS r FROM p ORDER BY 1',
      'SELECT id, n FROM s WHERE p = 3 ORDER BY 1',
      'SELECT count(*) FROM p FOR SYSTEM_TIME ALL',
      'SELECT id FROM p WHERE at <= now() ORDER BY 1',
      'SELECT a FROM x.t ORDER BY 1',
      "SELECT count(*) FROM commits() WHERE statement LIKE 'insert%'",
      "SELECT op, seq FROM history('p', 3) ORDER BY seq",
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    ];
    const lives = [];
    for (const sql of queries) lives.push(await db.live(sql, [], null, { onError: () => {} }));
    let seed = 1;
    const random = (below) => ((seed = (seed * 48271) % 0x7fffffff) >>> 3) % below;
    const changes = [
      () => `INSERT INTO p (id, kind, price) VALUES (${random(8)}, '${'abc'[random(3)]}', ${random(9)}.${random(2)}0) ON CONFLICT (id) DO UPDATE SET price = excluded.price`,
      () => `UPDATE p SET price = price + 1 WHERE id = ${random(8)}`,
      () => `UPDATE p SET kind = '${'abc'[random(3)]}' WHERE id = ${random(8)}`,
      () => `DELETE FROM p WHERE id = ${random(8)}`,
      () => `INSERT INTO s SELECT ${random(20)}, id, ${random(9)} FROM p WHERE id = ${random(8)} ON CONFLICT DO NOTHING`,
      () => `UPDATE s SET n = ${random(9)} WHERE id = ${random(20)}`,
      () => `INSERT INTO x.t VALUES (${random(6)})`,
      () => `DELETE FROM x.t WHERE a = ${random(6)}`,
      () => `CREATE TABLE IF NOT EXISTS t${random(3)} (x INT)`,
      () => `DROP TABLE IF EXISTS t${random(3)}`,
      () => 'ALTER TABLE p ADD COLUMN IF NOT EXISTS extra INT DEFAULT 1',
      () => 'ALTER TABLE p DROP COLUMN IF EXISTS extra',
    ];
    let saved = 0;
    for (let round = 0; round < 120; round += 1) {
      const sql = changes[random(round % 10 === 0 ? changes.length : 8)]();
      const { seq } = await db.query(sql);
      for (const [at, live] of lives.entries()) {
        await live.setAsOf(null); // a turn after the commit's
        const { rows } = await db.query(queries[at]);
        assert.deepEqual(live.results.rows, rows, `${queries[at]} after ${sql} (${seq})`);
      }
    }
    for (const live of lives) saved += live.counters.saved;
    assert.ok(saved > 500, `${saved} evaluations saved`);
    for (const live of lives) await live.unsubscribe();
  }));

test('a live query at a moment, which can be moved', () =>
  withItems(async (db) => {
    await db.exec("UPDATE items SET n = 11 WHERE id = 1; UPDATE items SET name = 'B' WHERE id = 2; DELETE FROM items WHERE id = 1");
    const results = [];
    const live = await db.asOf({ seq: 1 }).live('SELECT name FROM items ORDER BY id', [], ({ rows }) => results.push(rows.map((row) => row.name).join()));
    assert.deepEqual(live.asOf, { seq: 1 });
    await live.setAsOf({ seq: 2 });
    assert.deepEqual(results, ['a,b'], 'nothing that it read differs there');
    await live.setAsOf({ seq: 3 });
    await live.setAsOf({ seq: 1 });
    await live.setAsOf(null);
    assert.deepEqual(results, ['a,b', 'a,B', 'a,b', 'B']);
    await fails(live.setAsOf({ seq: 99 }), 'MOMENT_IN_FUTURE');
    await fails(live.setAsOf({ nothing: 1 }), 'INVALID_PARAMETER_VALUE');
    assert.equal(live.asOf, null);
    await Promise.all([{ seq: 1 }, { seq: 3 }, { seq: 2 }].map((moment) => live.setAsOf(moment)));
    assert.equal(results.at(-1), 'a,b', 'the last one set');
    await fails(live.setAsOf({ seq: 0 }).then(() => live.setAsOf(new Date(0))), 'MOMENT_BEFORE_FIRST');
    assert.deepEqual(live.results.rows, []);
    // Commits are nothing to a moment with a number, and to a tag only if it is another state's.
    await db.tag('mark', { seq: 1 });
    const { evaluations } = live.counters;
    await live.setAsOf({ tag: 'mark' });
    await db.query("INSERT INTO items VALUES (9, 'nine', 9)");
    await until(() => live.counters.saved >= 2);
    assert.equal(live.counters.evaluations, evaluations + 1);
    await db.exec('DROP TAG mark; CREATE TAG mark AS OF @seq:3', { atomic: true }); // in between, there would be none to be at
    await until(() => live.results.rows.some(({ name }) => name === 'B'));
    await live.unsubscribe();
  }));

test('errors of a live query go to the caller', () =>
  withItems(async (db) => {
    await fails(db.live('SELECT nothing FROM items'), 'UNDEFINED_COLUMN');
    await fails(db.live('DELETE FROM items RETURNING id'), 'READ_ONLY');
    await fails(db.live('SELECT $1::int', []), 'WRONG_PARAMETERS');
    await fails(db.live('SELECT 1', [], null, { signal: AbortSignal.abort() }), 'CANCELLED');
    await assert.rejects(db.live('SELECT 1', [], () => { throw new RangeError('mine'); }), RangeError);
    const errors = [];
    const results = [];
    const live = await db.live('SELECT name FROM items WHERE id = 1', [], ({ rows }) => results.push(rows), { onError: (error) => errors.push(error.code) });
    await db.exec('DROP TABLE items');
    await until(() => errors.length === 1);
    assert.deepEqual(errors, ['UNDEFINED_TABLE']);
    await fails(live.refresh(), 'UNDEFINED_TABLE');
    await db.restore({ seq: 1 }, { table: 'items' });
    await until(() => results.length === 2);
    assert.deepEqual(results[1], [{ name: 'a' }], 'it is live again');
    await live.refresh();
    assert.equal(results.length, 3);
    const stop = new AbortController();
    const stopped = await db.live('SELECT 1', [], null, { signal: stop.signal });
    stop.abort();
    assert.equal(stopped.closed, true);
  }));

test('callbacks come and go, and the last that goes ends the query', () =>
  withItems(async (db) => {
    const seen = { one: [], two: [] };
    const one = ({ rows }) => seen.one.push(rows.length);
    const two = ({ rows }) => seen.two.push(rows.length);
    const live = await db.live('SELECT * FROM items', [], one, { rowMode: 'array' });
    live.subscribe(two);
    await db.query("INSERT INTO items VALUES (3, 'c', 30)");
    await until(() => seen.two.length === 1);
    await live.unsubscribe(one);
    await db.query("INSERT INTO items VALUES (4, 'd', 40)");
    await until(() => seen.two.length === 2);
    await live.unsubscribe(two);
    assert.equal(live.closed, true);
    assert.deepEqual(seen, { one: [2, 3], two: [3, 4] });
    assert.deepEqual(live.initialResults.rows[0], [1, 'a', 10]);
  }));

test('live queries do not see what is not committed, and see all of what is', () =>
  withItems(async (db) => {
    const counts = [];
    const live = await db.live('SELECT count(*)::int AS n FROM items', [], ({ rows }) => counts.push(rows[0].n));
    await db.transaction(async (tx) => {
      for (let id = 10; id < 20; id += 1) await tx.query('INSERT INTO items VALUES ($1)', [id]);
      await sleep(20);
      assert.deepEqual(counts, [2]);
    });
    await until(() => counts.length === 2);
    assert.deepEqual(counts, [2, 12]);
    const other = await Database.open('memory://');
    await other.exec('CREATE TABLE items (id INT); INSERT INTO items VALUES (1)');
    await other.close();
    await sleep(20);
    assert.equal(counts.length, 2);
    await live.unsubscribe();
  }));

test('live queries see labels, views and columns change under them', () =>
  withDatabase(async (db) => {
    await db.exec("CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE TABLE t (id INT PRIMARY KEY, m mood); INSERT INTO t VALUES (1, 'sad'); CREATE VIEW v AS SELECT m FROM t");
    const live = await db.live('SELECT m FROM v', [], null, { rowMode: 'array' });
    const is = (rows) => until(() => JSON.stringify(live.results.rows) === JSON.stringify(rows));
    await db.exec("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
    await is([['blue']]);
    await db.exec("CREATE OR REPLACE VIEW v AS SELECT m FROM t WHERE m = 'ok'");
    await is([]);
    await db.exec("UPDATE t SET m = 'ok'");
    await is([['ok']]);
    const all = await db.live('SELECT * FROM t');
    await db.exec("ALTER TABLE t ADD COLUMN more TEXT DEFAULT 'x'");
    await until(() => all.results.rows[0].more === 'x');
    await live.unsubscribe();
    await all.unsubscribe();
  }));

test('diffQuery: what changed in the result of a query', () =>
  withItems(async (db) => {
    await db.exec("UPDATE items SET name = 'b' WHERE id = 1; INSERT INTO items VALUES (3, 'c', 30); ALTER TABLE items ADD COLUMN extra INT");
    const names = 'SELECT name FROM items';
    const short = (entries) => entries.map(({ op, before, after }) => [op, (before ?? after).name]);
    assert.deepEqual(short(await db.diffQuery(names, { seq: 1 }, { seq: 4 })), [['DELETE', 'a'], ['INSERT', 'b'], ['INSERT', 'c']], 'as often as they occur');
    assert.deepEqual(short(await db.diffQuery(names, { seq: 4 }, { seq: 1 })), [['DELETE', 'b'], ['DELETE', 'c'], ['INSERT', 'a']]);
    assert.deepEqual(await db.diffQuery(names, { seq: 3 }, { seq: 4 }), []);
    const byKey = await db.diffQuery('SELECT id, name FROM items WHERE n < $1', { seq: 1 }, { seq: 4 }, { params: [25], key: ['id'] });
    assert.deepEqual(byKey, [{ op: 'UPDATE', before: { id: 1, name: 'a' }, after: { id: 1, name: 'b' }, changed: ['name'] }]);
    const grouped = await db.diffQuery('SELECT name, count(*)::int AS n FROM items GROUP BY name ORDER BY name', { seq: 1 }, new Date(Date.now() + 1000), { key: ['name'], rowMode: 'array' });
    assert.deepEqual(grouped, [
      { op: 'DELETE', before: ['a', 1], after: null, changed: [] },
      { op: 'UPDATE', before: ['b', 1], after: ['b', 2], changed: ['n'] },
      { op: 'INSERT', before: null, after: ['c', 1], changed: ['name', 'n'] },
    ]);
    const wider = await db.diffQuery('SELECT * FROM items', { seq: 3 }, { seq: 4 }, { key: ['id'] });
    assert.deepEqual(wider.map(({ op, changed }) => [op, changed]), Array(3).fill(['UPDATE', ['extra']]));
    await fails(db.diffQuery(names, { seq: 1 }, { seq: 4 }, { key: ['name'] }), 'INVALID_PARAMETER_VALUE');
    await fails(db.diffQuery(names, { seq: 1 }, { seq: 4 }, { key: ['id'] }), 'UNDEFINED_COLUMN');
    await fails(db.diffQuery('DELETE FROM items', { seq: 1 }, { seq: 4 }), 'READ_ONLY');
  }));

test('diffQuery tells apart what only looks the same in JavaScript', () =>
  withDatabase(async (db) => {
    await db.exec(`CREATE TABLE v (id INT PRIMARY KEY, a TIMESTAMP, b DOUBLE PRECISION, c NUMERIC, d BIGINT, e BYTEA, f TEXT, g TEXT);
      INSERT INTO v VALUES (1, '2026-01-01 00:00:00.000001', 0, 1.0, 9007199254740992, '\\x01', ',', ''), (2, 'infinity', 'NaN', 1, 1, '', NULL, 'n');
      UPDATE v SET a = '2026-01-01 00:00:00.000002', b = '-0', c = 1.00, d = 9007199254740993, e = '\\x0100', f = '', g = ',' WHERE id = 1`);
    const sql = 'SELECT a, b, c, d, e, f, g, id FROM v';
    const [entry, ...rest] = await db.diffQuery(sql, { seq: 1 }, { seq: 2 }, { key: ['id'] });
    assert.deepEqual(entry.changed, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    assert.deepEqual(rest, []);
    assert.equal((await db.diffQuery("SELECT f, g FROM v WHERE id = 1", { seq: 1 }, { seq: 2 })).length, 2);
    assert.deepEqual(await db.diffQuery('SELECT * FROM v WHERE id = 2', { seq: 1 }, { seq: 2 }), []);
  }));
