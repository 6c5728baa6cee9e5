// What a new visitor sees first: the quick start, its two moments, the slider.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use, options) => withSite((url) => withChromium((browser) => use(browser, url), options));

test('the quick start shows the original and what it was modified to', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    assert.match(await page.editorText(), /SELECT \* FROM events AS OF @seq:1;/);
    assert.equal(await page.text('#commit-seq'), 'No commits yet');
    await page.run();
    assert.deepEqual(await page.rows(0), [['1', 'original']]);
    assert.deepEqual(await page.rows(1), [['1', 'modified']]);
    assert.deepEqual(await page.tables(), ['events']);
    assert.equal(await page.text('#commit-seq'), 'seq 2');
    assert.match(await page.text('#elapsed'), /^[\d.]+ m?s$/);
    await page.assertClean();
  });
});

test('the slider asks the last question again of every moment', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    assert.equal(await page.last(), 2);

    await page.dragTo(1);
    await until(async () => (await page.rows(0))[0]?.[1] === 'original', { what: 'the past' });
    assert.ok(await page.visible('#past'));
    assert.match(await page.text('#past'), /You are looking at the past/);
    assert.match(await page.text('#past-moment'), /^seq 1, \d+ \w+ \d{4}, \d\d:\d\d:\d\d\.\d{3}$/);
    assert.match(await page.text('#commit-statement'), /insert into events/i);
    assert.deepEqual(await page.page.$$eval('.cell.differs', (cells) => cells.map((cell) => cell.textContent)), ['original']);

    await page.dragTo(0);
    await until(async () => (await page.rows(0)).length === 0, { what: 'the empty table' });
    assert.deepEqual(await page.tables(), ['events']);

    await page.backToNow();
    await until(async () => (await page.rows(0))[0]?.[1] === 'modified', { what: 'the present' });
    assert.equal(await page.visible('#past'), false);
    await page.assertClean();
  });
});

test('the slider works by the keyboard, and the history plays by itself', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    await page.page.focus('#slider');
    await page.page.keyboard.press('ArrowLeft');
    await until(async () => (await page.text('#commit-seq')) === 'seq 1');
    assert.ok(await page.visible('#past'));
    await page.page.keyboard.press('ArrowLeft');
    await until(async () => (await page.text('#commit-seq')) === 'seq 0');
    await page.page.select('#speed', '4');
    await page.page.click('#play');
    assert.equal(await page.page.$eval('#play', (button) => button.getAttribute('aria-label')), 'Pause');
    await until(async () => (await page.text('#commit-seq')) === 'seq 2' && !(await page.visible('#past')), {
      what: 'the end of the history',
    });
    assert.equal(await page.page.$eval('#play', (button) => button.getAttribute('aria-label')), 'Play the history');
    await page.assertClean();
  });
});

test('the past is not changed: what writes is offered to run in the present', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    await page.dragTo(1);
    await page.write(`INSERT INTO events VALUES (2, 'second')`);
    await page.page.click('#run');
    await until(async () => /read, not changed/.test(await page.text('#problem')));
    assert.equal(await page.last(), 2);
    await page.page.click('#problem button');
    await until(async () => (await page.last()) === 3, { what: 'the commit' });
    assert.equal(await page.visible('#past'), false);
    await page.assertClean();
  });
});

test('a dropped table is back when the slider is', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    await page.query('DROP TABLE events');
    await until(async () => (await page.tables()).length === 0);
    await page.dragTo(2);
    await until(async () => (await page.tables())[0] === 'events');
    assert.equal(await page.text('#tables .tag'), 'dropped since');
    await page.assertClean();
  });
});
