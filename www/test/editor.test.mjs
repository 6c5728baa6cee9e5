// The editor: errors where they are, completion, the shortcut.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use) => withSite((url) => withChromium((browser) => use(browser, url)));

test('an error is underlined where it is, with its message, SQLSTATE and code', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    await page.query(`SELECT data FROM events;\nSELECT '🙂' AS smile, dta FROM events;`);
    await until(() => page.underlined(), { what: 'the underline' });
    assert.equal(await page.underlined(), 'dta');
    const problem = await page.text('#problem');
    assert.match(problem, /column "dta" does not exist/);
    assert.match(problem, /42703/);
    assert.match(problem, /UNDEFINED_COLUMN/);
    assert.deepEqual(await page.rows(0), [['modified']]);

    await page.query('SELECT data FROM events');
    assert.equal(await page.underlined(), '');
    assert.equal(await page.visible('#problem'), false);
    await page.assertClean();
  });
});

test('a syntax error is underlined too', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.query('SELECT 1 FRM x y z');
    await until(() => page.underlined(), { what: 'the underline' });
    assert.match(await page.text('#problem'), /42601/);
    await page.assertClean();
  });
});

test('tables and columns are completed, those of the moment shown', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    const completions = () =>
      page.page.evaluate(() =>
        [...document.querySelector('#editor').shadowRoot.querySelectorAll('.cm-completionLabel')].map(
          (label) => label.textContent,
        ),
      );
    await page.write('');
    await page.page.keyboard.type('SELECT * FROM eve');
    await until(async () => (await completions()).includes('events'), { what: 'the completion of a table' });
    await page.page.keyboard.press('Escape');
    await page.page.keyboard.type('nts WHERE events.d');
    await until(async () => (await completions()).includes('data'), { what: 'the completion of a column' });
    await page.assertClean();
  });
});

test('Ctrl+Enter runs, and typing over a selection breaks no policy', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.write('');
    await page.page.keyboard.type('SELECT 6 AS n');
    for (const key of ['ArrowLeft', 'ArrowLeft']) await page.page.keyboard.press(key);
    await page.page.keyboard.down('Shift');
    for (let steps = 0; steps < 11; steps += 1) await page.page.keyboard.press('ArrowLeft');
    await page.page.keyboard.up('Shift');
    await page.page.keyboard.type('SELECT 41 + 1 ');
    await page.page.keyboard.press('Escape');
    await page.page.keyboard.down('Control');
    await page.page.keyboard.press('Enter');
    await page.page.keyboard.up('Control');
    await until(async () => (await page.rows(0))[0]?.[0] === '42', { what: 'the answer' });
    await page.assertClean();
  });
});

test('a selection runs alone, and a script of many statements runs at once', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    const inserts = Array.from({ length: 80 }, (_, at) => `INSERT INTO n VALUES (${at});`).join('\n');
    await page.query(`CREATE TABLE n (x INT PRIMARY KEY);\n${inserts}`);
    assert.equal(await page.last(), 80);
    assert.equal(await page.text('.results-note'), '31 results before these are not shown.');
    await page.query('SELECT COUNT(*) AS c, SUM(x) AS s FROM n');
    assert.deepEqual(await page.rows(0), [['80', '3160']]);
    await page.assertClean();
  });
});
