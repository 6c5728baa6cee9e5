/** The entry point in browsers. */

import { compileFrom, messageSoon, usePlatform } from './platform.js';

usePlatform({
  loadWasm: () => compileFrom(new URL('./driftdb.wasm', import.meta.url).href),
  soon: messageSoon(),
});

export * from './exports.js';
