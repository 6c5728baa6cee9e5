// Figures of the built page in Chromium: from navigation to the first answer, and what a step of the slider takes.
//
//   node www/bench/page.mjs [rounds]
//
// A step is from the slider's event to the answer in the document, one after another as in a drag, over the data set with
// the most rows. Run it on a quiet machine.

import { withChromium } from '../../tests/browser/harness.mjs';
import { visit, withSite } from '../test/page.mjs';

const rounds = Number(process.argv[2] ?? 5);

const QUESTIONS = {
  'a viewport of rows': 'SELECT * FROM movements ORDER BY id LIMIT 40',
  'a GROUP BY': 'SELECT sku, COUNT(*) AS moves, SUM(quantity) AS total FROM movements GROUP BY sku ORDER BY sku',
  'a point query': `SELECT * FROM products WHERE sku = 'PSU-24'`,
};

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
const describe = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  return `p50 ${at(sorted, 0.5)} ms, p95 ${at(sorted, 0.95)} ms, longest ${at(sorted, 1)} ms`;
};

/** The page notes when its first result came, in milliseconds after navigation began. */
async function firstAnswer(browser, url) {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.grid-row')) return;
      window.answeredAt = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${url}/`);
  const handle = await page.waitForFunction(() => window.answeredAt, { polling: 50 });
  const time = await handle.jsonValue();
  await page.close();
  return time;
}

/** Steps the slider through the whole history, waiting for each answer. */
function drag(page) {
  return page.evaluate(async () => {
    const slider = document.querySelector('#slider');
    const card = document.querySelector('.card');
    const times = [];
    for (let seq = Number(slider.max) - 1; seq > 4; seq -= 1) {
      const start = performance.now();
      const answered = new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (card.dataset.moment !== String(seq)) return;
          observer.disconnect();
          resolve();
        }).observe(card, { attributes: true });
      });
      slider.value = String(seq);
      slider.dispatchEvent(new Event('input'));
      await answered;
      times.push(performance.now() - start);
      await new Promise(requestAnimationFrame);
    }
    return times;
  });
}

await withSite((url) =>
  withChromium(async (browser) => {
    const first = await visit(browser, url);
    await first.load('inventory');
    await first.page.close();
    const answers = [];
    for (let round = 0; round < rounds; round += 1) answers.push(await firstAnswer(browser, url));
    console.log(`navigation to the first answer: ${describe(answers)}`);

    const page = await visit(browser, url);
    for (const [name, sql] of Object.entries(QUESTIONS)) {
      await page.query(sql);
      console.log(`a step of the slider, ${name}: ${describe(await drag(page.page))}`);
      await page.backToNow();
    }
  }),
);
