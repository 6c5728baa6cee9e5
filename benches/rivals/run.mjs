// One workload on one engine: a browser with an empty profile, a page for each visit, and in it a worker.

import { setTimeout as sleep } from 'node:timers/promises';
import { withChromium, withProfile } from '../../tests/browser/harness.mjs';

const VISIT_MS_MAX = 3 * 60_000;

/** Resolves to `{ figures, checks, memory }`, or `{ error }`. */
export function run(url, { engine, workload, visits = 1, scale }) {
  return withProfile((profileDir) =>
    withChromium(
      async (browser) => {
        const outcome = { figures: {}, checks: {}, memory: null };
        for (let visit = 0; visit < visits; visit += 1) {
          const query = new URLSearchParams({ engine: engine.id, workload: workload.id, visit, scale });
          const { error, figures, checks, memory } = await visitOnce(browser, `${url}/benches/rivals/page.html?${query}`);
          if (error) return { error };
          Object.assign(outcome.figures, figures);
          Object.assign(outcome.checks, checks);
          outcome.memory = Math.max(outcome.memory, memory) || null;
        }
        return outcome;
      },
      { profileDir },
    ),
  );
}

async function visitOnce(browser, address) {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    // Asked again and again, since one long wait may be given up by the protocol.
    const end = performance.now() + VISIT_MS_MAX;
    while (performance.now() < end) {
      const outcome = await page.evaluate(() => window.outcome);
      if (outcome) return outcome;
      await sleep(100);
    }
    return { error: `not over after ${VISIT_MS_MAX / 60_000} minutes` };
  } catch (error) {
    return { error: error.message };
  } finally {
    await page.close();
  }
}
