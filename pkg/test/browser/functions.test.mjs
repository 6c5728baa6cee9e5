// Functions of the application where the engine is in a worker.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPage } from './support.mjs';

test("a worker loads functions from a module, by an address that counts from the page's", () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('opfs://functions');
      await db.function('slug', { module: 'functions.js', export: 'slug', args: ['text'], deterministic: true });
      await db.function('median', { module: new URL('functions.js', location.href), export: 'median', args: ['int'], returns: 'int' });
      await db.function('where_am_i', { module: '/test/browser/functions.js', export: 'where' });
      await db.exec('CREATE TABLE t (title TEXT, slug TEXT GENERATED ALWAYS AS (slug(title)) STORED)');
      await db.query("INSERT INTO t VALUES ('A Title')");
      const rows = (await db.query('SELECT slug, where_am_i() AS at FROM t')).rows;
      const median = (await db.query('SELECT median(i) AS m FROM generate_series(1, 9) AS i')).rows;
      const closure = await outcome(db.function('f', () => 1));
      const missing = await outcome(db.function('f', { module: '/nowhere.js' }));
      await db.close();
      const again = await open_('opfs://functions');
      const unregistered = await outcome(again.query("INSERT INTO t VALUES ('B')"));
      const kept = (await again.query('SELECT slug FROM t')).rows;
      return { rows, median, closure, missing, unregistered, kept };
    });
    assert.deepEqual(seen.rows, [{ slug: 'a-title', at: 'no page' }]);
    assert.deepEqual(seen.median, [{ m: 5 }]);
    assert.deepEqual([seen.closure.code, seen.missing.code, seen.unregistered.code], ['UNSUPPORTED', 'INVALID_PARAMETER_VALUE', 'UNDEFINED_FUNCTION']);
    assert.match(seen.closure.message, /worker/);
    assert.deepEqual(seen.kept, [{ slug: 'a-title' }]);
  }));

test('a function that never ends is stopped with its worker, and the next one has the functions again', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await open_('opfs://endless');
      for (const name of ['never', 'slug', 'where']) await db.function(`my_${name}`, { module: 'functions.js', export: name });
      await db.function('my_where', null);
      const late = await outcome(db.query('SELECT my_never()', [], { timeout: 200 }));
      const slug = (await db.query("SELECT my_slug('A b') AS s")).rows[0].s;
      const gone = await outcome(db.query('SELECT my_where()'));
      return { late: late.code, slug, gone: gone.code, restarts: (await db.status()).restarts };
    });
    assert.deepEqual(seen, { late: 'TIMEOUT', slug: 'a-b', gone: 'UNDEFINED_FUNCTION', restarts: 1 });
  }));
