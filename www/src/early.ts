/** Runs before everything else, being part of the page itself: what takes longest to be there, and what must be there at the first paint. */

import { recall } from './settings';

interface TrustedTypes {
  createPolicy(name: string, rules: object): { createScriptURL(text: string): unknown };
}

/** The page's Content-Security-Policy takes the address of a worker from a policy alone, where the browser knows of those. */
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy('playground', { createScriptURL: (text: string) => text });
const address = new URL('driftdb/worker.js', document.baseURI);
let running: Worker | undefined;

globalThis.runningWorker = () => (running ??= startWorker());

function startWorker(): Worker {
  const worker = new Worker(policy ? (policy.createScriptURL(address.href) as URL) : address, { type: 'module' });
  worker.addEventListener('error', () => {
    if (running === worker) running = undefined;
  });
  return worker;
}

// It starts while the page is still loading. If it cannot, whoever opens a database hears of it and tries again.
globalThis.runningWorker();

/** The engine, compiled while it downloads; passed to every database that the page opens. */
globalThis.engine = compile(new URL('driftdb/driftdb.wasm', document.baseURI));
globalThis.engine.catch(() => undefined); // whoever opens a database hears of it

async function compile(address: URL): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the engine could not be loaded: ${response.status} ${response.statusText}`);
  // Some servers do not know the type of a .wasm file, which compiling on the way insists on.
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

// A chosen theme does not flash the other one.
const chosen = recall('theme');
if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;

declare global {
  /** The worker in which one database after another is opened: another one only where the last was lost. */
  var runningWorker: () => Worker;
  var engine: Promise<WebAssembly.Module>;
}
