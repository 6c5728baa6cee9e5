/** Runs before everything else: what must be there at the first paint, and what takes longest to be there. */

import { recall } from './settings';

// A chosen theme does not flash the other one.
const chosen = recall('theme');
if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;

interface TrustedTypes {
  createPolicy(name: string, rules: object): { createScriptURL(text: string): unknown };
}

/** The page's Content-Security-Policy takes the address of a worker from a policy alone, where the browser knows of those. */
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy('playground', { createScriptURL: (text: string) => text });
const address = new URL('driftdb/worker.js', document.baseURI);
globalThis.startWorker = () =>
  new Worker(policy ? (policy.createScriptURL(address.href) as URL) : address, { type: 'module' });

/** The first database's worker starts while the page is still loading. If it cannot, the page tries again, and says why. */
const worker = globalThis.startWorker();
worker.onerror = () => {
  globalThis.earlyWorker = undefined;
};
globalThis.earlyWorker = worker;

declare global {
  var earlyWorker: Worker | undefined;
  var startWorker: () => Worker;
}
