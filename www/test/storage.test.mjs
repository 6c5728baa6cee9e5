// What is kept: over reloads and restarts, past included; and what the page says where it is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium, withProfile } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use, options) => withSite((url) => withChromium((browser) => use(browser, url), options));

async function assertBothMoments(page) {
  await until(async () => (await page.rows(0))[0]?.[1] === 'modified', { what: 'the present' });
  await page.dragTo(1);
  await until(async () => (await page.rows(0))[0]?.[1] === 'original', { what: 'the past' });
  await page.backToNow();
}

for (const storage of ['auto', 'opfs', 'idb']) {
  test(`data on ${storage} survives a reload, past included`, async () => {
    await inChromium(async (browser, url) => {
      const page = await visit(browser, url);
      if (storage !== 'auto') await page.store(storage);
      const name = storage === 'idb' ? 'IndexedDB' : 'OPFS';
      assert.equal(await page.text('#storage-chip'), `${name} · kept`);
      assert.match(await page.text('#storage-note'), /survives reloads/);
      await page.run();
      await page.reload();
      assert.equal(await page.text('#storage-chip'), `${name} · kept`);
      assert.equal(await page.last(), 2);
      await assertBothMoments(page);
      await page.assertClean();
    });
  });
}

test('data survives a restart of the browser', async () => {
  await withSite((url) =>
    withProfile(async (profileDir) => {
      await withChromium(
        async (browser) => {
          const page = await visit(browser, url);
          await page.run();
        },
        { profileDir },
      );
      await withChromium(
        async (browser) => {
          const page = await visit(browser, url);
          assert.equal(await page.last(), 2);
          await assertBothMoments(page);
          await page.assertClean();
        },
        { profileDir },
      );
    }),
  );
});

test('memory says that it forgets, and does', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.store('memory');
    assert.equal(await page.text('#storage-chip'), 'Memory · not kept');
    assert.match(await page.text('#storage-note'), /forgotten/);
    await page.run();
    assert.equal(await page.text('#commit-seq'), 'seq 2');
    await page.reload();
    assert.equal(await page.text('#storage-chip'), 'Memory · not kept');
    assert.equal(await page.text('#commit-seq'), 'No commits yet');
    await page.assertClean();
  });
});

test('a second tab is told why it has to wait, and goes on when it can', async () => {
  await inChromium(async (browser, url) => {
    const first = await visit(browser, url);
    await first.run();
    const second = await visit(browser, url);
    assert.match(await second.text('#results'), /open in another tab/);
    await first.page.close();
    await second.page.evaluate(() => document.querySelector('#results .actions button').click());
    await until(async () => (await second.last()) === 2, { what: 'the database' });
    await assertBothMoments(second);
  });
});

test('starting over deletes the database, after asking', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    await page.page.click('#start-over');
    assert.match(await page.text('#start-over'), /Delete it/);
    await page.page.click('#start-over');
    await page.ready();
    assert.equal(await page.text('#commit-seq'), 'No commits yet');
    await page.run();
    assert.deepEqual(await page.rows(0), [['1', 'original']]);
    await page.assertClean();
  });
});
