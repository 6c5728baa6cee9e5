// The page in Firefox: the quick start, the slider, a data set, a reload.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withFirefox } from '../../../tests/browser/harness.mjs';
import { visit, withSite } from '../page.mjs';

test('the main job works in Firefox', async () => {
  await withSite((url) =>
    withFirefox(async (browser) => {
      const page = await visit(browser, url);
      await page.run();
      assert.deepEqual(await page.rows(0), [['1', 'original']]);
      assert.deepEqual(await page.rows(1), [['1', 'modified']]);
      await page.dragTo(1);
      await until(async () => (await page.rows(0))[0]?.[1] === 'original', { what: 'the past' });
      assert.ok(await page.visible('#past'));
      await page.backToNow();

      await page.reload();
      assert.equal(await page.text('#storage-chip'), 'OPFS · kept');
      assert.equal(await page.last(), 2);
      await until(async () => (await page.rows(0))[0]?.[1] === 'modified', { what: 'what was kept' });

      await page.load('stocks');
      assert.equal(await page.last(), 560);
      await page.dragTo(100);
      await until(async () => (await page.page.$$('.cell.differs')).length > 0, { what: 'the past of the data set' });
      await page.assertClean();
    }),
  );
});
