// A transaction that was begun in the editor: seen, ended by a button, and not lost without a question.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const BEGUN = `BEGIN; UPDATE t SET s = 'changed'; SELECT s FROM t`;

/** A visit to a database with a table of one row, on a storage that keeps it. */
async function arrive(browser, url) {
  const page = await visit(browser, url);
  await page.store('idb');
  await page.query(`CREATE TABLE t (a INT PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'first')`);
  return page;
}

/** Presses a button of the question where it is asked, else of the line that says that a transaction is open. */
const press = (page, label) =>
  page.page.$$eval('#leaving[open] button, #transaction button', (buttons, wanted) => buttons.findLast((one) => one.textContent === wanted).click(), label);
const isOpen = (page) => page.visible('#transaction');
const isAsked = (page) => page.page.$eval('#leaving', (dialog) => dialog.open);
/** The line follows the answer. */
const begun = (page) => until(() => isOpen(page), { what: 'the transaction to be shown' });
const ended = (page) => until(async () => !(await isOpen(page)), { what: 'the end of the transaction' });

test('an open transaction is shown, and committed or rolled back by a button', () =>
  withSite((url) =>
    withChromium(async (browser) => {
      const page = await arrive(browser, url);
      assert.equal(await isOpen(page), false);
      const last = await page.last();

      await page.query(BEGUN);
      await begun(page);
      assert.match(await page.text('#transaction'), /A transaction is open/);
      assert.deepEqual(await page.rows(), [['changed']]);
      await press(page, 'Roll back');
      await ended(page);
      await until(async () => (await page.rows())[0][0] === 'first', { what: 'the question to be asked again' });
      assert.equal(await page.last(), last);

      await page.query(BEGUN);
      await begun(page);
      await press(page, 'Commit');
      await ended(page);
      await until(async () => (await page.last()) === last + 1, { what: 'the commit' });
      assert.deepEqual(await page.rows(), [['changed']]);

      // One that ends in the editor is gone from there, too.
      await page.query('BEGIN; DELETE FROM t');
      await begun(page);
      await page.query('ROLLBACK');
      await ended(page);
      await page.assertClean();
    }),
  ));

test('a failed transaction says that nothing of it can be kept', () =>
  withSite((url) =>
    withChromium(async (browser) => {
      const page = await arrive(browser, url);
      await page.query(`BEGIN; UPDATE t SET s = 'changed'; SELECT nothing`);
      await until(async () => /has failed/.test(await page.text('#transaction')), { what: 'the failure to be said' });
      assert.doesNotMatch(await page.text('#transaction'), /Commit/);
      await press(page, 'Roll back');
      await ended(page);
      await page.query('SELECT s FROM t');
      assert.deepEqual(await page.rows(), [['first']]);
    }),
  ));

test('another data set, storage or a new start asks before an open transaction is lost', () =>
  withSite((url) =>
    withChromium(async (browser) => {
      const page = await arrive(browser, url);
      const leave = {
        'a data set': () => page.page.$eval('[data-set="users"]', (button) => button.click()),
        'a storage': () => page.page.select('#storage', 'memory'),
        'a new start': () => page.page.$eval('#start-over', (button) => (button.click(), button.click())),
      };
      await page.query(BEGUN);
      await begun(page);
      for (const [what, go] of Object.entries(leave)) {
        await go();
        await until(() => isAsked(page), { what });
        await press(page, 'Stay here');
        await until(async () => !(await isAsked(page)));
        assert.equal(await isOpen(page), true, what);
        assert.equal(await page.page.$eval('#storage', (select) => select.value), 'idb', what);
        assert.match(await page.editorText(), /BEGIN/, what);
      }
      // Escape stays, too.
      await leave['a data set']();
      await until(() => isAsked(page));
      await page.page.keyboard.press('Escape');
      await until(async () => !(await isAsked(page)));
      assert.equal(await isOpen(page), true);

      await leave['a data set']();
      await until(() => isAsked(page));
      await press(page, 'Commit');
      await until(async () => (await page.tables()).includes('users'), { timeout: 60_000, what: 'the data set' });
      await page.ready(60_000);
      assert.equal(await isOpen(page), false);
      await page.load('own');
      await page.query('SELECT s FROM t');
      assert.deepEqual(await page.rows(), [['changed']]);
      await page.assertClean();
    }),
  ));

test('closing the tab with an open transaction asks', () =>
  withSite((url) =>
    withChromium(async (browser) => {
      const page = await arrive(browser, url);
      await page.query(BEGUN);
      await begun(page);
      let asked;
      page.page.on('dialog', (dialog) => {
        asked = dialog.type();
        void dialog.accept();
      });
      await page.reload();
      assert.equal(asked, 'beforeunload');
      await page.query('SELECT s FROM t');
      assert.deepEqual(await page.rows(), [['first']]);
    }),
  ));
