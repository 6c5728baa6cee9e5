// A plain module on a page: the package as any user loads it, put where the tests find it.

import * as driftdb from '/dist/index.js';

window.driftdb = driftdb;

/** An open database by URL, so that later steps of a test can go on with it. */
window.databases = new Map();

window.open_ = async (url, options) => {
  const db = await driftdb.Database.open(url, options);
  window.databases.set(url, db);
  return db;
};

/** The package's worker, in a browser that fails in these ways from the start. */
window.faultyWorker = (...faults) => new Worker(`/test/browser/faulty-worker.js?${faults}`, { type: 'module' });

/** Tells that worker how to fail from now on. It has come there when this is done. */
window.setFaults = (...faults) =>
  new Promise((resolve) => {
    const channel = new BroadcastChannel('faults');
    channel.onmessage = () => {
      channel.close();
      resolve();
    };
    channel.postMessage(faults);
  });

/** What a promise comes to, in a form that crosses to the test. */
window.outcome = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ name: error.name, code: error.code, sqlstate: error.sqlstate, message: error.message, detail: error.detail }),
  );

document.title = 'ready';

/** Takes away what the other storage has noted of the databases of one. */
globalThis.loseNotes = async (scheme) => {
  if (scheme === 'idb') await (await navigator.storage.getDirectory()).removeEntry('driftdb-in-idb', { recursive: true });
  else await deleteIdb('driftdb-in-opfs');
};

/** Takes away what a storage holds, as browsers do now and then: of OPFS all databases, of IndexedDB one. */
globalThis.lose = async (scheme, name) => {
  if (scheme === 'opfs') {
    await (await navigator.storage.getDirectory()).removeEntry('driftdb', { recursive: true });
    return;
  }
  await deleteIdb(`driftdb:${name}`);
};

/** Leaves of a database what is not empty and says nothing: a storage keeps a file, or a count, and loses the rest. */
globalThis.loseMost = async (scheme, name) => {
  if (scheme === 'opfs') {
    const directory = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb')).getDirectoryHandle(`db-${name}`);
    for await (const file of directory.keys()) await directory.removeEntry(file);
    const rest = await (await directory.getFileHandle('00002', { create: true })).createWritable();
    await rest.write(new Uint8Array(4096));
    await rest.close();
    return;
  }
  const connection = await new Promise((done, failed) => {
    const request = indexedDB.open(`driftdb:${name}`);
    request.onsuccess = () => done(request.result);
    request.onerror = failed;
  });
  const transaction = connection.transaction('pieces', 'readwrite');
  transaction.objectStore('pieces').clear();
  await new Promise((done) => (transaction.oncomplete = done));
  connection.close();
};

function deleteIdb(name) {
  return new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = done;
    request.onerror = failed;
  });
}
