/** The entry point in Node. */

import { readFile } from 'node:fs/promises';
import { usePlatform } from './platform.js';
import { deleteDirectory, directoryPath, openDirectory } from './storage/directory.js';

usePlatform({
  loadWasm: async () => WebAssembly.compile(await readFile(new URL('./driftdb.wasm', import.meta.url))),
  openDirectory,
  deleteDirectory,
  directoryKey: directoryPath,
  soon: (callback) => void setImmediate(callback),
});

export * from './exports.js';
