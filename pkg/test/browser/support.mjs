// What the tests in browsers share: a page that has loaded the package.

import assert from 'node:assert/strict';
import { until, watchErrors, withChromium, withServer } from '../../../tests/browser/harness.mjs';

export * from '../../../tests/browser/harness.mjs';

/** A page of the package's, loaded and ready. `errors` fills with what should not happen on it. */
export async function openPage(browser, url, name = 'page.html') {
  const page = await browser.newPage();
  const errors = watchErrors(page);
  await page.goto(`${url}/test/browser/${name}`);
  await ready(page);
  return { page, errors };
}

export function ready(page) {
  return until(async () => (await page.title()) === 'ready', { what: 'the page to load the package', timeout: 30_000 });
}

export async function reload(page) {
  await page.reload();
  await ready(page);
}

/** Calls `use(page, more)` in a fresh Chromium, and checks that nothing went wrong on the page meanwhile. */
export function withPage(use, { name, ...options } = {}) {
  return withServer('pkg', (url) =>
    withChromium(async (browser) => {
      const { page, errors } = await openPage(browser, url, name);
      const result = await use(page, { browser, url, errors });
      assert.deepEqual(errors, []);
      return result;
    }, options),
  );
}
