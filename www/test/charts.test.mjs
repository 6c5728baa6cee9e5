// The page of the charts, with figures made up for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchErrors, withChromium, withServer } from '../../tests/browser/harness.mjs';

const engine = (id, storage, ours = false) => ({ id, name: id, storage, durability: storage === 'memory' ? 'none' : 'strict', ours });
const RESULTS = {
  date: '2026-01-15',
  cores: 2,
  rounds: 3,
  scale: 1,
  engines: [engine('one', 'memory', true), engine('two', 'opfs'), engine('three', 'memory')],
  workloads: [
    {
      id: 'points',
      title: 'Points',
      unit: 'ms',
      engines: [
        { id: 'two', figures: { insert: { median: 40 }, select: { failed: 'no such function' } } },
        { id: 'one', figures: { insert: { median: 4 }, select: { median: 1.25 } } },
        { id: 'three', figures: { insert: { median: 1234.5 }, select: { median: 2 } } },
      ],
    },
  ],
};

const charts = (results, use) =>
  withServer('www/dist', (url) =>
    withChromium(async (browser) => {
      const page = await browser.newPage();
      const errors = watchErrors(page);
      await page.evaluateOnNewDocument((results) => {
        window.fetch = async () => new Response(results, { status: results ? 200 : 404 });
      }, results && JSON.stringify(results));
      await page.goto(`${url}/bench/`);
      await page.waitForFunction(() => document.getElementById('circumstances').textContent);
      await use(page);
      assert.deepEqual(errors, []);
    }),
  );

const lines = (page) =>
  page.$$eval('section', (sections) => sections.map((section) => [section.querySelector('h2').textContent, ...[...section.querySelectorAll('li')].map((line) => line.innerText.replace(/\s+/g, ' '))]));

test('a chart for each figure, the shortest bar first, what fails last', async () => {
  await charts(RESULTS, async (page) => {
    assert.deepEqual(await lines(page), [
      ['insert, ms', 'one memory 4', 'two OPFS, strict 40', 'three memory 1,235'],
      ['select, ms', 'one memory 1.25', 'three memory 2', 'two OPFS, strict fails'],
    ]);
    assert.equal(await page.$$eval('.ours', (ours) => ours.length), 2);
    const widths = await page.$$eval('section:first-of-type .bar', (bars) => bars.map((bar) => bar.offsetWidth));
    assert.ok(0 < widths[0] && widths[0] < widths[1] && widths[1] < widths[2], String(widths));
    await page.select('#storage', 'opfs');
    assert.deepEqual(await lines(page), [['insert, ms', 'two OPFS, strict 40']]);
  });
});

test('without figures it says so', async () => {
  await charts('', async (page) => {
    assert.equal(await page.$eval('#circumstances', (line) => line.textContent), 'No figures are published yet.');
  });
});
