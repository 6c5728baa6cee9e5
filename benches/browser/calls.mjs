// What a call costs in Chromium, with the engine on the calling worker's own thread, and how long a page waits for its
// first answer.
//
//   make build && npm --prefix tests/browser ci && node benches/browser/calls.mjs

import { withChromium, withProfile, withServer } from '../../tests/browser/harness.mjs';

const PAGE = '/benches/browser/calls.html';

await withServer('.', (url) =>
  withProfile(async (profileDir) => {
    await withChromium(
      async (browser) => {
        const page = await browser.newPage();
        for (const visit of ['first visit', 'second visit']) {
          const { answered } = await visitOnce(page, `${url}${PAGE}`);
          console.log(`page load to first answer, ${visit}: ${answered.toFixed(0)} ms`);
        }
        const figures = await page.evaluate(
          () =>
            new Promise((resolve, reject) => {
              const worker = new Worker('calls-worker.js', { type: 'module' });
              worker.onmessage = ({ data }) => resolve(data);
              worker.onerror = (event) => reject(new Error(event.message));
            }),
        );
        for (const [what, perSecond] of Object.entries(figures)) console.log(`${what}: ${Math.round(perSecond).toLocaleString('en')}`);
      },
      { profileDir },
    );
  }),
);

async function visitOnce(page, address) {
  await page.goto(address);
  await page.waitForFunction(() => window.answered > 0, { timeout: 60_000 });
  return { answered: await page.evaluate(() => window.answered) };
}
