// A database of 50,000 rows and 950,000 updates in commits of 100, and what a visit to it takes.

import { Database } from '../../pkg/dist/index.js';

const URL = 'opfs://opening';
const ROWS = 50_000;
const UPDATES = 950_000;
const TOGETHER = 100;

/** The lengths of the files, and how many segments of the log there are. */
async function files() {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb');
  let bytes = 0;
  let segments = 0;
  for await (const directory of root.values())
    for await (const handle of directory.values()) {
      const file = await handle.getFile();
      bytes += file.size;
      // One that is written to meanwhile cannot be read.
      if ((await file.slice(0, 8).text().catch(() => 'driftseg')) === 'driftseg') segments += 1;
    }
  return { bytes, segments };
}

window.make = async () => {
  const start = performance.now();
  const db = await Database.open(URL);
  await db.exec('CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT, name TEXT)');
  await db.exec(`INSERT INTO t SELECT id, id * 7 % 1000, 'customer ' || id FROM generate_series(0, ${ROWS - 1}) AS g(id)`);
  const update = await db.prepare('UPDATE t SET v = $1 WHERE id = $2');
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647);
  for (let done = 0; done < UPDATES; done += TOGETHER) await update.runMany(Array.from({ length: TOGETHER }, () => [random() % 1_000_000, random() % ROWS]));
  const wait = performance.now();
  for (let still = 0; still < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    still = (await files()).segments === 1 ? still + 1 : 0;
  }
  const waited = performance.now() - wait;
  await db.close();
  return { took: performance.now() - start, waited, bytes: (await files()).bytes };
};

window.visit = async () => {
  const start = performance.now();
  const db = await Database.open(URL);
  const opened = performance.now() - start;
  await db.query('SELECT * FROM t WHERE id = 777');
  const answered = performance.now() - start;
  await db.query('SELECT * FROM t WHERE id = 777 AS OF @seq:100');
  const past = performance.now() - start - answered;
  await db.close();
  return { opened, answered, past };
};
