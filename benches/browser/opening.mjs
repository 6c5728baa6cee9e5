// How long a database of 1,000,000 row versions takes to open from OPFS and to answer a look-up, in Chromium: of 10,000 rows
// with 990,000 updates, and of 1,000,000 rows that were never updated. Before, how long a look-up takes while checkpoints are written.
//
//   make build && npm --prefix tests/browser ci && node benches/browser/opening.mjs

import { setTimeout } from 'node:timers/promises';
import { withChromium, withProfile, withServer } from '../../tests/browser/harness.mjs';

const PAGE = '/benches/browser/opening.html';
const VISITS = 9;

const ms = (time) => `${time.toFixed(0)} ms`;
const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

await withServer('.', (url) =>
  withProfile(async (profileDir) => {
    await withChromium(
      async (browser) => {
        const page = await browser.newPage();
        await page.goto(`${url}${PAGE}`);
        const empty = [];
        for (let visit = 0; visit < VISITS; visit += 1) {
          await page.reload();
          empty.push(await page.evaluate(() => window.nothing()));
        }
        console.log(`a new database: opened in ${ms(median(empty))} (median of ${VISITS})`);
        for (const rows of [10_000, 1_000_000]) {
          // It takes longer than a call to the browser may.
          await page.evaluate((rows) => {
            window.made = undefined;
            window.make(rows).then(
              (made) => (window.made = made),
              (error) => (window.made = { error: String(error) }),
            );
          }, rows);
          let made;
          while (!made) {
            await setTimeout(1000);
            made = await page.evaluate(() => window.made);
          }
          if (made.error) throw new Error(made.error);
          console.log(
            `${rows} rows: made in ${(made.took / 1000).toFixed(0)} s, of that ${(made.waited / 1000).toFixed(1)} s until all was still; ${(made.bytes / 1e6).toFixed(2)} MB on storage, ${made.segments} segments of the log`,
          );
          console.log(`  meanwhile the longest of ${made.lookUps} look-ups by key took ${made.longest.toFixed(1)} ms`);
          const visits = [];
          for (let visit = 0; visit < VISITS; visit += 1) {
            await page.reload();
            visits.push(await page.evaluate((rows) => window.visit(rows), rows));
          }
          const all = (what) => `${ms(median(visits.map(what)))} (${visits.map((visit) => what(visit).toFixed(0)).join(' ')})`;
          console.log(`  open and a row by key in ${all(({ opened, key }) => opened + key)}`);
          console.log(`  open ${all(({ opened }) => opened)}, key ${all(({ key }) => key)}, text ${all(({ text }) => text)}, past ${all(({ past }) => past)}`);
        }
      },
      { profileDir },
    );
  }),
);
