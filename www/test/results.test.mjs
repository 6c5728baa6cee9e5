// Results: large ones, hostile ones, the keyboard, the history of a row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use) => withSite((url) => withChromium((browser) => use(browser, url)));

/** A table of `count` whole numbers from 0, `n.x`. */
const numbers = (count) =>
  `CREATE TABLE n (x INT PRIMARY KEY);\nINSERT INTO n VALUES ${Array.from({ length: count }, (_, x) => `(${x})`).join(', ')};`;

test('a result of 100,000 rows scrolls smoothly with few rows in the document', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.query(numbers(400));
    await page.query('SELECT a.x * 400 + b.x AS id, a.x, NULL AS nothing FROM n AS a CROSS JOIN n AS b WHERE a.x < 250 ORDER BY id');
    assert.match(await page.text('.card-count'), /^100,000 rows$/);
    assert.equal(await page.page.$eval('.grid', (grid) => grid.getAttribute('aria-rowcount')), '100001');
    assert.ok((await page.rows(0)).length < 80);
    assert.equal(await page.page.$$eval('.cell.null', (cells) => cells[0].textContent), 'NULL');

    // Scrolls through everything in about 100 frames: never are there more rows than those in view and some around them,
    // and no value is cut off.
    const seen = await page.page.evaluate(async () => {
      const grid = document.querySelector('.grid');
      const end = grid.scrollHeight - grid.clientHeight;
      let most = 0;
      let cut = 0;
      for (let frame = 0; frame <= 100; frame += 1) {
        grid.scrollTop = (end * frame) / 100;
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        most = Math.max(most, grid.querySelectorAll('.grid-row').length);
        cut += [...grid.querySelectorAll('.cell')].filter((cell) => cell.scrollWidth > cell.clientWidth).length;
      }
      return { most, cut };
    });
    assert.ok(seen.most < 80, `${seen.most} rows`);
    assert.equal(seen.cut, 0);
    assert.equal((await page.rows(0)).at(-1)[0], '99999');
    await page.assertClean();
  });
});

test('the grid is moved through by the keyboard', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.query(numbers(1000));
    await page.query('SELECT x, x + 1 AS y FROM n ORDER BY x');
    const active = () => page.page.$eval('.cell.active', (cell) => cell.textContent);
    await page.page.focus('.grid');
    assert.equal(await active(), '0');
    await page.page.keyboard.press('ArrowDown');
    await page.page.keyboard.press('ArrowRight');
    assert.equal(await active(), '2');
    await page.page.keyboard.down('Control');
    await page.page.keyboard.press('End');
    await page.page.keyboard.up('Control');
    assert.equal(await active(), '1000');
    assert.equal(
      await page.page.$eval('.grid', (grid) => document.getElementById(grid.getAttribute('aria-activedescendant')).textContent),
      '1000',
    );
    await page.page.keyboard.press('PageUp');
    assert.ok(Number(await active()) < 1000);
    await page.page.keyboard.press('Enter');
    await until(() => page.visible('#history'), { what: 'the history' });
    await page.page.keyboard.press('Escape');
    await until(async () => !(await page.visible('#history')));
    assert.equal(await page.page.evaluate(() => document.activeElement.className.includes('grid')), true);
    await page.assertClean();
  });
});

test('a row shows its history: what changed, who and why, and the SQL that brings it back', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    await page.query(`DELETE FROM events WHERE id = 1`);
    await page.query(`SELECT * FROM events FOR SYSTEM_TIME AS OF @seq:2`);
    await page.page.click('.grid-row .cell');
    await until(async () => (await page.page.$$('.version')).length === 3, { what: 'three versions' });
    assert.equal(await page.text('#history-title'), 'events · 1');
    const versions = await page.page.$$eval('.version', (items) => items.map((item) => item.innerText));
    assert.match(versions[0], /Inserted[^]*seq 1[^]*you: from the editor[^]*original[^]*until seq 2/);
    assert.match(versions[1], /Updated[^]*seq 2[^]*data[^]*original[^]*modified[^]*until seq 3/);
    assert.match(versions[2], /Deleted[^]*seq 3/);
    assert.deepEqual(await page.page.$$eval('.changed ins', (marks) => marks.map((mark) => mark.textContent)), ['modified']);

    // The second version is brought back: by SQL that is shown first, and run by the visitor.
    await page.page.evaluate(() => [...document.querySelectorAll('.version')][1].querySelector('button:last-child').click());
    assert.match(await page.editorText(), /INSERT INTO events \(id, data\)\s+VALUES \(1, 'modified'\);/);
    await page.run();
    await until(async () => (await page.page.$$('.version')).length === 4, { what: 'the fourth version' });
    await page.query('SELECT * FROM events');
    assert.deepEqual(await page.rows(0), [['1', 'modified']]);

    // And the first one, over what is there.
    await page.page.click('.grid-row .cell');
    await until(async () => (await page.page.$$('.version')).length === 4);
    await page.page.evaluate(() => [...document.querySelectorAll('.version')][0].querySelector('button:last-child').click());
    assert.match(await page.editorText(), /UPDATE events\s+SET data = 'original'\s+WHERE id = 1;/);
    await page.assertClean();
  });
});

test('text from the database stays text', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    const markup = `<img src=x onerror="window.attacked=1"><b>bold</b>`;
    const name = `"${markup.replaceAll('"', '""')}"`;
    await page.query(
      `CREATE TABLE ${name} (id INT PRIMARY KEY, ${name} TEXT, "__proto__" TEXT, "constructor" TEXT, "then" TEXT);\n` +
        `INSERT INTO ${name} VALUES (1, '${markup}', 'p', 'c', 't');\n` +
        `SELECT * FROM ${name};`,
    );
    assert.deepEqual(await page.rows(0), [['1', markup, 'p', 'c', 't']]);
    assert.deepEqual(await page.tables(), [markup]);
    await page.page.click('.grid-row .cell');
    await until(async () => (await page.page.$$('.version')).length === 1, { what: 'the history' });
    assert.match(await page.text('.version'), /__proto__/);
    await page.page.click('#history-close');
    await page.query(`SELECT ${name}, nothing FROM ${name}`);
    await until(() => page.underlined());
    await page.query(`UPDATE ${name} SET "then" = 'later' WHERE id = 1;\nSELECT * FROM ${name};`);
    await page.dragTo(1);
    await until(async () => (await page.rows(0))[0]?.[4] === 't', { what: 'the past' });
    assert.equal(await page.page.evaluate(() => document.querySelectorAll('img[src=x], .workspace b').length), 0);
    assert.equal(await page.page.evaluate(() => window.attacked), undefined);
    await page.assertClean();
  });
});
