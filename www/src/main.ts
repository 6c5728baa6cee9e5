/**
 * The first script: starts what takes longest (the engine's compilation), then the rest of the page.
 */

import { chosenStorage, lastDataSet, openDatabase } from './open';
import { startTheme } from './theme';

/** The engine, compiled while it downloads; passed to every database that the page opens. */
const engine: Promise<WebAssembly.Module> = compile(new URL('driftdb/driftdb.wasm', import.meta.url));

/** The first database's worker. */
const worker = globalThis.earlyWorker ?? globalThis.startWorker();

async function compile(address: URL): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the engine could not be loaded: ${response.status} ${response.statusText}`);
  // Some servers do not know the type of a .wasm file, which compiling on the way insists on.
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

startTheme();
const first = openDatabase({ name: lastDataSet(), choice: chosenStorage(), wasm: engine, worker });
first.catch(() => undefined); // the app waits for it, and says what went wrong
const { startApp } = await import('./app');
await startApp({ engine, worker, first });
