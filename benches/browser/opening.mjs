// How long a database of 1,000,000 row versions takes to open from OPFS and to answer a look-up, in Chromium.
//
//   make build && npm --prefix tests/browser ci && node benches/browser/opening.mjs

import { withChromium, withProfile, withServer } from '../../tests/browser/harness.mjs';

const PAGE = '/benches/browser/opening.html';

await withServer('.', (url) =>
  withProfile(async (profileDir) => {
    await withChromium(
      async (browser) => {
        const page = await browser.newPage();
        await page.goto(`${url}${PAGE}`);
        // It takes longer than a call to the browser may.
        await page.evaluate(() => void window.make().then((made) => (window.made = made)));
        await page.waitForFunction(() => window.made, { timeout: 1_200_000, polling: 1000 });
        const made = await page.evaluate(() => window.made);
        console.log(`made in ${(made.took / 1000).toFixed(0)} s, of that ${(made.waited / 1000).toFixed(1)} s until the log was recycled; ${(made.bytes / 1e6).toFixed(2)} MB on storage`);
        for (let visit = 1; visit <= 5; visit += 1) {
          await page.reload();
          const { opened, answered, past } = await page.evaluate(() => window.visit());
          console.log(`visit ${visit}: opened in ${opened.toFixed(0)} ms, a row after ${answered.toFixed(0)} ms, its past ${past.toFixed(0)} ms later`);
        }
      },
      { profileDir },
    );
  }),
);
