// The package's worker, in a browser that fails as the page says: in its address from the start, or over the channel `faults`, which is
// answered, since nothing else says whether it came before a call or after it.
//
//   idb-full idb-none                     room for small pieces alone, or for none
//   idb-UnknownError idb-DataError idb-null   what is written is given up for another reason, or for none that is told
//   idb-closed                            the browser has closed the connection
//   opfs-throws opfs-short opfs-over      no room, as browsers tell of it: an exception, a count that is too small, one that is none
//   opfs-flush                            a flush fails
//   opfs-read                             a read gives half
//   opfs-lost                             the handles that there are become invalid
//   private-NAME                          the file system is refused with an error of that name
//   no-handles old-handles no-idb         there is no synchronous access, or none yet; no IndexedDB
//   trap                                  the engine traps once, where it looks at the clock

let faults = new Set(location.search.slice(1).split(','));
const handles = new Set();
const channel = new BroadcastChannel('faults');
channel.onmessage = ({ data }) => {
  faults = new Set(data);
  if (faults.has('opfs-lost')) {
    for (const handle of handles) handle.close();
    handles.clear();
  }
  channel.postMessage('heard');
};

/** Puts a function in the place of a method, which is given the method. */
function replace(prototype, name, make) {
  prototype[name] = make(prototype[name]);
}

// ---- IndexedDB ------------------------------------------------------------------------------------------------------

const refused = new Map();
const errors = { 'idb-UnknownError': 'UnknownError', 'idb-DataError': 'DataError', 'idb-null': undefined };

replace(IDBObjectStore.prototype, 'put', (put) => function (value, key) {
  const largest = faults.has('idb-none') ? 0 : faults.has('idb-full') ? 16_384 : Infinity;
  if (value.bytes?.length > largest) refused.set(this.transaction, 'QuotaExceededError');
  for (const [fault, name] of Object.entries(errors)) if (faults.has(fault)) refused.set(this.transaction, name);
  return put.call(this, value, key);
});
replace(IDBTransaction.prototype, 'commit', (commit) => function () {
  // When everything that was asked for has succeeded, as a full disk does it.
  if (refused.has(this)) this.objectStore('meta').get('head').onsuccess = () => this.abort();
  else commit.call(this);
});
const error = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, 'error').get;
Object.defineProperty(IDBTransaction.prototype, 'error', {
  get() {
    if (!refused.has(this)) return error.call(this);
    const name = refused.get(this);
    return name ? new DOMException('the test says so', name) : null;
  },
});
replace(IDBDatabase.prototype, 'transaction', (transaction) => function (...args) {
  if (faults.has('idb-closed')) {
    faults.delete('idb-closed');
    this.close(); // from now on it throws by itself
    this.onclose?.();
  }
  return transaction.apply(this, args);
});
replace(IDBFactory.prototype, 'open', (open) => function (...args) {
  if (faults.has('no-idb')) throw new DOMException('the test says so', 'SecurityError');
  return open.apply(this, args);
});

// ---- OPFS -----------------------------------------------------------------------------------------------------------

const files = FileSystemSyncAccessHandle.prototype;
replace(FileSystemFileHandle.prototype, 'createSyncAccessHandle', (create) => async function (...args) {
  const handle = await create.apply(this, args);
  handles.add(handle);
  return handle;
});
replace(files, 'write', (write) => function (bytes, options) {
  if (faults.has('opfs-throws')) throw new DOMException('the test says so', 'QuotaExceededError');
  if (faults.has('opfs-short')) return write.call(this, bytes.subarray(0, bytes.length / 2), options);
  if (faults.has('opfs-over')) return 4_294_967_288;
  return write.call(this, bytes, options);
});
replace(files, 'read', (read) => function (bytes, options) {
  return read.call(this, faults.has('opfs-read') ? bytes.subarray(0, bytes.length / 2) : bytes, options);
});
replace(files, 'flush', (flush) => function () {
  if (faults.has('opfs-flush')) throw new DOMException('the test says so', 'InvalidStateError');
  flush.call(this);
});
replace(files, 'getSize', (getSize) => function () {
  const size = getSize.call(this);
  return faults.has('old-handles') ? Promise.resolve(size) : size;
});
if (faults.has('no-handles')) delete FileSystemFileHandle.prototype.createSyncAccessHandle;
replace(StorageManager.prototype, 'getDirectory', (getDirectory) => async function () {
  for (const fault of faults) if (fault.startsWith('private-')) throw new DOMException('the test says so', fault.slice('private-'.length));
  return getDirectory.call(this);
});

// ---- the engine -----------------------------------------------------------------------------------------------------

replace(Date, 'now', (now) => () => {
  if (faults.delete('trap')) throw new WebAssembly.RuntimeError('unreachable');
  return now();
});

const waiting = [];
onmessage = (event) => waiting.push(event);
await import('/dist/worker.js');
for (const event of waiting) globalThis.onmessage(event);
