// The package in Firefox: the quick start on every storage, kept over a reload, and the engine on an own worker's thread.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, reload, withFirefox, withServer } from '../browser/support.mjs';

test('Firefox runs the package on memory, OPFS and IndexedDB', () =>
  withServer('pkg', (url) =>
    withFirefox(async (browser) => {
      const { page, errors } = await openPage(browser, url);
      for (const scheme of ['memory', 'opfs', 'idb']) {
        const name = `${scheme}://firefox`;
        const rows = await page.evaluate(async (name) => {
          const db = await open_(name);
          await db.exec("CREATE TABLE t (id INT PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'original'); UPDATE t SET s = 'modified'");
          const rows = [(await db.query('SELECT s FROM t AS OF @seq:1')).rows[0].s, (await db.query('SELECT s FROM t')).rows[0].s];
          await db.close();
          return rows;
        }, name);
        assert.deepEqual(rows, ['original', 'modified'], scheme);
      }
      await page.evaluate(async () => void (await open_('opfs://firefox')));
      await reload(page);
      for (const scheme of ['opfs', 'idb']) {
        const history = await page.evaluate(async (name) => (await (await open_(name)).history('t', 1)).map(({ row }) => row.s), `${scheme}://firefox`);
        assert.deepEqual(history, ['original', 'modified'], scheme);
      }
      assert.deepEqual(errors, []);
    }),
  ));
