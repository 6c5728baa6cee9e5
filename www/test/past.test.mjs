// What can be done about the past: two moments compared, rows and tables brought back, a commit undone, moments named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use) => withSite((url) => withChromium((browser) => use(browser, url)));

/** Commits 0 to 5: two tables, of which one is dropped in the end. */
const STORY = [
  'CREATE TABLE items (id INT PRIMARY KEY, name TEXT, n INT)',
  "INSERT INTO items VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30)",
  "UPDATE items SET name = 'TWO', n = 21 WHERE id = 2",
  'DELETE FROM items WHERE id = 3',
  "INSERT INTO items VALUES (4, 'four', 40)",
  'UPDATE items SET n = n + 1 WHERE id = 1',
].join(';\n');

async function withStory(browser, url, options) {
  const page = await visit(browser, url, options);
  await page.query(`${STORY};\nSELECT * FROM items ORDER BY id;`);
  return page;
}

/** The rows of a comparison or a preview, as a sign and texts; what was before a change stands in brackets. */
const changes = (page, within) =>
  page.page.$$eval(`${within} .difference`, (tables) =>
    tables.flatMap((table) =>
      [...table.querySelectorAll('tbody tr')].map((row) =>
        [
          row.querySelector('.sign > [aria-hidden]').textContent,
          ...[...row.querySelectorAll('td')].map((cell) =>
            cell.querySelector('del') ? `[${cell.querySelector('del').textContent}] ${cell.querySelector('ins').textContent}` : cell.textContent,
          ),
        ].join(' '),
      ),
    ),
  );

const shows = (page, within, wanted) =>
  until(async () => JSON.stringify(await changes(page, within)) === JSON.stringify(wanted), { what: `${within}: ${wanted}` }).catch(async (error) => {
    assert.deepEqual(await changes(page, within), wanted);
    throw error;
  });

test('two thumbs on the slider show what is not the same at both moments', async () => {
  await inChromium(async (browser, url) => {
    const page = await withStory(browser, url);
    await page.page.click('#compare');
    await shows(page, '#comparison', ['~ 1 one [10] 11']);
    assert.equal(await page.text('#comparison-title'), 'From seq 4 to now');
    assert.equal(await page.visible('#results'), false);

    // The second thumb, by the keyboard.
    assert.equal(await page.page.evaluate(() => document.activeElement.id), 'slider-from');
    for (let presses = 0; presses < 3; presses += 1) await page.page.keyboard.press('ArrowLeft');
    await shows(page, '#comparison', ['~ 1 one [10] 11', '~ 2 [two] TWO [20] 21', '− 3 three 30', '+ 4 four 40']);
    assert.equal(await page.text('.difference-count'), '1 added, 1 removed, 2 changed');
    assert.deepEqual(await page.page.$$eval('#comparison td.changed', (cells) => cells.length), 3);

    // The first one, by a drag; and the other way round.
    await page.dragTo(2);
    await shows(page, '#comparison', ['~ 2 [two] TWO [20] 21']);
    assert.equal(await page.text('#comparison-title'), 'From seq 1 to seq 2');
    await page.page.click('#comparison-swap');
    await shows(page, '#comparison', ['~ 2 [TWO] two [21] 20']);
    await page.page.focus('#slider-from');
    await page.page.keyboard.press('Home');
    await page.dragTo(1);
    await shows(page, '#comparison', ['+ 1 one 10', '+ 2 two 20', '+ 3 three 30']);
    await page.page.keyboard.press('Escape');
    await until(() => page.visible('#results'));
    assert.equal(await page.page.evaluate(() => document.activeElement.id), 'compare');
    await page.assertClean();
  });
});

test('a table and the whole database are restored after a preview', async () => {
  await inChromium(async (browser, url) => {
    const page = await withStory(browser, url);
    assert.equal(await page.page.$eval('#restore-moment', (button) => button.disabled), true, 'the present is there');
    await page.dragTo(2);
    await page.page.click('#restore-moment');
    const wanted = ['~ 1 one [11] 10', '+ 3 three 30', '− 4 four 40'];
    await shows(page, '#deed', wanted);
    await until(async () => (await page.text('.deed-effect')) === '3 rows will change. The past stays.');
    assert.equal(await page.text('.deed-sql code'), 'RESTORE DATABASE TO @seq:2;');
    await page.page.select('#deed-scope', 'items');
    await until(async () => (await page.text('.deed-sql code')) === 'RESTORE TABLE items TO @seq:2;');
    await until(() => page.page.$eval('.deed-do', (button) => !button.disabled));
    await page.page.keyboard.press('Escape');
    assert.equal(await page.last(), 5, 'it was only looked at');

    await page.page.click('#restore-moment');
    await until(() => page.page.$eval('.deed-do', (button) => !button.disabled));
    await page.page.click('.deed-do');
    await until(async () => (await page.text('#commit-seq')) === 'seq 6');
    assert.equal(await page.visible('#past'), false);
    assert.match(await page.text('#commit-meta'), /you: restored to seq 2/);
    await until(async () => (await page.rows(0)).length === 3, { what: 'the rows of then' });
    assert.deepEqual(await page.rows(0), [['1', 'one', '10'], ['2', 'TWO', '21'], ['3', 'three', '30']]);

    // A dropped table is made again.
    await page.query('DROP TABLE items');
    await page.dragTo(6);
    await page.page.click('#restore-moment');
    await until(() => page.page.$eval('.deed-do', (button) => !button.disabled));
    assert.equal(await page.text('#deed .tag'), 'made');
    await page.page.click('.deed-do');
    await until(async () => (await page.text('#commit-seq')) === 'seq 8', { what: 'the restore' });
    await until(async () => (await page.tables()).length === 1);
    await page.query('SELECT count(*) FROM items');
    assert.deepEqual(await page.rows(0), [['3']]);

    // What the constraints forbid is said, not done.
    await page.query('INSERT INTO items VALUES (9);\nCREATE TABLE lines (item INT REFERENCES items);\nINSERT INTO lines VALUES (9);');
    await page.dragTo(8);
    await page.page.click('#restore-moment');
    await page.page.select('#deed-scope', 'items');
    await until(async () => /foreign key/.test(await page.text('.deed-problem')));
    assert.equal(await page.page.$eval('.deed-do', (button) => button.disabled), true);
    await page.assertClean();
  });
});

test('a commit is undone, and what changed again since is said', async () => {
  await inChromium(async (browser, url) => {
    const page = await withStory(browser, url);
    await page.dragTo(3);
    await page.page.click('#undo-commit');
    await shows(page, '#deed', ['+ 3 three 30']);
    await until(() => page.page.$eval('.deed-do', (button) => !button.disabled));
    await page.page.click('.deed-do');
    await until(async () => (await page.text('#commit-seq')) === 'seq 6');
    await until(async () => (await page.rows(0)).length === 4, { what: 'the row that was deleted' });
    assert.equal(await page.text('#commit-statement'), 'undo commit 3 error');

    await page.query("UPDATE items SET name = 'again' WHERE id = 2;\nSELECT * FROM items ORDER BY id;");
    await page.dragTo(2);
    await page.page.click('#undo-commit');
    await until(async () => /changed again since the commit: items \(2\): name/.test(await page.text('.deed-effect')));
    assert.equal(await page.page.$eval('.deed-do', (button) => button.disabled), true);
    await page.page.select('#deed-policy', 'skip');
    await until(async () => (await page.text('.deed-effect')) === '1 row will change. The past stays.');
    assert.equal(await page.text('.deed-sql code'), 'UNDO COMMIT 2 SKIP;');
    await page.page.click('.deed-do');
    await until(async () => (await page.rows(0))[1]?.[2] === '20', { what: 'the value before' });
    assert.deepEqual((await page.rows(0))[1], ['2', 'again', '20']);

    // The undo is undone where it is shown.
    await page.page.click('#undo-commit');
    await until(() => page.page.$eval('.deed-do', (button) => !button.disabled));
    await page.page.focus('.deed-do');
    await page.page.keyboard.press('Enter');
    await until(async () => (await page.rows(0))[1]?.[2] === '21', { what: 'the value again' });

    // What a commit defined, the first one.
    await page.query('DROP TABLE items');
    await page.page.click('#undo-commit');
    await until(async () => (await page.text('.deed-effect')) === '4 rows will change. The past stays.');
    await page.page.click('.deed-do');
    await until(async () => (await page.tables()).length === 1, { what: 'the table that was dropped' });
    await page.query('CREATE TABLE other (a INT)');
    await page.page.click('#undo-commit');
    await until(async () => (await page.text('.deed-effect')) === 'Definitions will change. The past stays.');
    await page.page.click('.deed-do');
    await until(async () => (await page.tables()).join() === 'items', { what: 'the table that was made to go' });
    await page.dragTo(0);
    await page.page.click('#undo-commit');
    await until(async () => /later|since/.test(await page.text('.deed-problem')), { what: 'why the first commit stays' });
    await page.assertClean();
  });
});

test('moments get names, which stand on the slider', async () => {
  await inChromium(async (browser, url) => {
    const page = await withStory(browser, url);
    const marks = () => page.page.$$eval('.tag-mark', (found) => found.map((mark) => mark.getAttribute('aria-label')));
    await page.dragTo(2);
    await page.page.focus('#tag-moment');
    await page.page.keyboard.press('Enter');
    await page.page.keyboard.type('before the delete');
    await page.page.keyboard.press('Enter');
    await until(async () => (await marks()).length === 1);
    assert.deepEqual(await marks(), ['Tag before the delete, seq 2']);
    assert.equal(await page.text('#commit-seq'), 'seq 2', 'the page stays where it was');
    await page.backToNow();
    await page.page.click('.tag-mark');
    await until(async () => (await page.text('#commit-seq')) === 'seq 2');
    await until(async () => (await page.rows(0)).length === 3);

    // One of the same name is refused; SQL knows it, and makes others.
    await page.page.click('#tag-moment');
    await page.page.type('#deed-name', 'before the delete');
    await page.page.keyboard.press('Enter');
    await until(async () => /already exists/.test(await page.text('.deed-problem')));
    await page.page.keyboard.press('Escape');
    await page.backToNow();
    await page.query('CREATE TAG "now";\nSELECT count(*) FROM items AS OF @tag:"before the delete";');
    assert.deepEqual(await page.rows(0), [['3']]);
    await until(async () => (await marks()).length === 2);
    await page.page.click('#tag-moment');
    await page.page.click('[aria-label="Remove the tag now"]');
    await until(async () => (await marks()).length === 1);
    await page.page.keyboard.press('Escape');
    await page.reload();
    await until(async () => (await marks()).length === 1, { what: 'the tag that is kept' });
    await page.assertClean();
  });
});

test('a row says who set its values, and a table how it is asked for at the moment shown', async () => {
  await inChromium(async (browser, url) => {
    const page = await withStory(browser, url);
    const blame = () =>
      page.page.$$eval('.blame dt', (commits) =>
        commits.map((commit) => `${commit.querySelector('button').textContent}: ${[...commit.nextSibling.children].map((name) => name.textContent).join(', ')}`),
      );
    await page.page.evaluate(() => [...document.querySelectorAll('.grid-row')].find((row) => row.dataset.row === '1').firstChild.click());
    await until(async () => (await blame()).length > 0);
    assert.deepEqual(await blame(), ['seq 2: name, n', 'seq 1: id']);
    await page.dragTo(1);
    assert.deepEqual(await blame(), ['seq 1: id, name, n']);
    await page.dragTo(0);
    assert.match(await page.text('#blame-rows'), /not there/);
    await page.page.click('#history-close');

    const asOf = () => page.text('.as-of code');
    await page.dragTo(2);
    await until(async () => (await asOf()) === 'items FOR SYSTEM_TIME AS OF @seq:2');
    await page.backToNow();
    await until(async () => (await asOf()) === 'items FOR SYSTEM_TIME AS OF @seq:5');
    await page.query(`SELECT name FROM ${(await asOf()).replace('5', '1')} WHERE id = 2`);
    assert.deepEqual(await page.rows(0), [['two']]);
    await page.assertClean();
  });
});

test('all of it on a phone', async () => {
  await inChromium(async (browser, url) => {
    const page = await withStory(browser, url, { viewport: { width: 390, height: 780, isMobile: true, hasTouch: true } });
    const fits = async (what) => assert.ok(await page.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} is wider than the screen`);
    await page.dragTo(3);
    await page.page.tap('#compare');
    await shows(page, '#comparison', ['− 3 three 30']);
    await fits('the comparison');
    await page.page.tap('#restore-moment');
    await until(() => page.page.$eval('.deed-do', (button) => !button.disabled));
    await fits('the dialog');
    assert.ok(await page.page.$eval('#deed', (dialog) => dialog.getBoundingClientRect().bottom <= innerHeight));
    await page.page.tap('.deed-do');
    await until(async () => (await page.text('#commit-seq')) === 'seq 6');
    assert.equal(await page.visible('#comparison'), false);
    await until(async () => (await page.rows(0)).length === 2);
    await page.assertClean();
  });
});
