// The package's worker in a browser without OPFS.

Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: undefined });
const waiting = [];
onmessage = (event) => waiting.push(event);
await import('/dist/worker.js');
for (const event of waiting) globalThis.onmessage(event);
