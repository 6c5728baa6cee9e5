// The package's worker where IndexedDB has room for small pieces alone while the page says so, over the channel `room`, which
// is answered: nothing else says whether it came before a call or after it. With `?full` it has none at all at first.

let largest = location.search === '?full' ? 0 : Infinity;
const room = new BroadcastChannel('room');
room.onmessage = ({ data }) => {
  largest = data === 'full' ? 16_384 : Infinity;
  room.postMessage('heard');
};

const { put } = IDBObjectStore.prototype;
const { commit } = IDBTransaction.prototype;
const refused = new WeakSet();
IDBObjectStore.prototype.put = function (value, key) {
  if (value.bytes?.length > largest) refused.add(this.transaction);
  return put.call(this, value, key);
};
IDBTransaction.prototype.commit = function () {
  if (refused.has(this)) this.abort();
  else commit.call(this);
};

const error = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, 'error').get;
Object.defineProperty(IDBTransaction.prototype, 'error', {
  get() {
    return refused.has(this) ? new DOMException('the test says so', 'QuotaExceededError') : error.call(this);
  },
});

const waiting = [];
onmessage = (event) => waiting.push(event);
await import('/dist/worker.js');
for (const event of waiting) globalThis.onmessage(event);
