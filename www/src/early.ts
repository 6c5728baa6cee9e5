/** Runs before everything else: what must be there at the first paint, and what takes longest to be there. */

import { recall } from './settings';

// A chosen theme does not flash the other one.
const chosen = recall('theme');
if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;

/** The first database's worker starts while the page is still loading. If it cannot, the page tries again, and says why. */
const worker = new Worker(new URL('driftdb/worker.js', document.baseURI), { type: 'module' });
worker.onerror = () => {
  globalThis.earlyWorker = undefined;
};
globalThis.earlyWorker = worker;

declare global {
  var earlyWorker: Worker | undefined;
}
