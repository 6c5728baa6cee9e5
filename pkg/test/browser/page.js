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

/** Tells the database's worker (`full-idb-worker.js`) that there is room, or none. It has come there when this is done. */
window.setRoom = (state) =>
  new Promise((resolve) => {
    const room = new BroadcastChannel('room');
    room.onmessage = () => {
      room.close();
      resolve();
    };
    room.postMessage(state);
  });

/** What a promise comes to, in a form that crosses to the test. */
window.outcome = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ name: error.name, code: error.code, sqlstate: error.sqlstate, message: error.message, detail: error.detail }),
  );

document.title = 'ready';
