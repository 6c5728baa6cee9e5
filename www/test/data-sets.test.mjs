// The data sets: histories of at least 300 commits, whose examples all answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use) => withSite((url) => withChromium((browser) => use(browser, url)));

for (const set of ['orders', 'users', 'inventory', 'stocks']) {
  test(`the data set ${set} is a history, and its examples answer`, async () => {
    await inChromium(async (browser, url) => {
      const page = await visit(browser, url);
      await page.load(set);
      const last = await page.last();
      assert.ok(last >= 300, `${last} commits`);
      await until(async () => (await page.rows(0)).length > 3, { what: 'rows' });

      const now = JSON.stringify(await page.rows(0));
      await page.dragTo(Math.floor(last / 2));
      await until(async () => JSON.stringify(await page.rows(0)) !== now, { what: 'another moment' });
      await until(async () => (await page.page.$$('.cell.differs, .grid-row.missing')).length > 0);
      assert.notEqual(await page.text('#commit-meta'), '');
      await page.backToNow();

      const titles = await page.page.$$eval('#examples .entry-title', (names) => names.map((name) => name.textContent));
      assert.ok(titles.length >= 5);
      for (const title of titles) {
        await page.example(title);
        assert.equal(await page.visible('#problem'), false, `${title}: ${await page.text('#problem')}`);
        assert.ok((await page.rows(0)).length > 0, `${title}: no rows`);
      }
      await page.assertClean();
    });
  });
}

test('a load can be cancelled, which leaves nothing behind', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.page.evaluate(() => {
      // Presses Cancel as soon as it is there.
      new MutationObserver((_, observer) => {
        const cancel = document.querySelector('#results .say button');
        if (!cancel || cancel.textContent !== 'Cancel') return;
        observer.disconnect();
        window.cancelled = true;
        cancel.click();
      }).observe(document.querySelector('#results'), { childList: true, subtree: true });
      document.querySelector('[data-set="stocks"]').click();
    });
    await until(
      () =>
        page.page.evaluate(
          () =>
            window.cancelled === true &&
            document.querySelector('[data-set="own"]').hasAttribute('aria-current') &&
            document.documentElement.dataset.ready === 'true',
        ),
      { timeout: 30_000, what: 'the way back' },
    );
    assert.equal(await page.text('#commit-seq'), 'No commits yet');
    await page.load('stocks');
    assert.equal(await page.last(), 560);
    await page.assertClean();
  });
});

test('a load that a closed tab cut short goes on where it ended', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.page.$eval('[data-set="orders"]', (button) => button.click());
    await until(() => page.page.$eval('progress', (bar) => bar.value > 40).catch(() => false), { timeout: 30_000, what: 'some commits' });
    await page.page.close({ runBeforeUnload: false });
    const again = await visit(browser, url);
    assert.equal(await again.last(), 409);
    await again.example('Who changed this row');
    await again.assertClean();
  });
});

test('who changed a row is one click away', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.load('orders');
    await page.example('Who changed this row');
    await until(async () => (await page.page.$$('.version')).length >= 5, { what: 'the history' });
    const history = await page.text('#versions');
    assert.match(history, /tom \(support\): Mira called: she has moved/);
    assert.match(history, /14 Marina Road.*3 Bishop Street/);
    await page.assertClean();
  });
});
