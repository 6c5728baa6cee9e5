// Databases of 1,000,000 row versions, and what a visit to one takes.

import { Database } from '../../pkg/dist/index.js';

const VERSIONS = 1_000_000;
const TOGETHER = 100;
/** Of the updates, so many come when all is still, and are in the log alone: nearly as many as there may be. */
const BEHIND = 20_000;

const url = (rows) => `opfs://opening-${rows}`;

/** The lengths of the files of a database, and how many segments of the log there are. */
async function files(rows) {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb');
  let bytes = 0;
  let segments = 0;
  for await (const [name, directory] of root) {
    if (name !== `db-opening-${rows}`) continue;
    for await (const handle of directory.values()) {
      const file = await handle.getFile();
      bytes += file.size;
      // One that is written to meanwhile cannot be read.
      if ((await file.slice(0, 8).text().catch(() => 'driftseg')) === 'driftseg') segments += 1;
    }
  }
  return { bytes, segments };
}

/** So many rows with a key and an index over a text, and updates of them in commits of 100 up to the number of versions. */
window.make = async (rows) => {
  const start = performance.now();
  const db = await Database.open(url(rows));
  await db.exec('CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT, name TEXT); CREATE INDEX t_name ON t (name)');
  const step = 10_000;
  for (let from = 0; from < rows; from += step)
    await db.exec(`INSERT INTO t SELECT id, id * 7 % 1000, 'customer ' || id FROM generate_series(${from}, ${from + step - 1}) AS g(id)`);
  const update = await db.prepare('UPDATE t SET v = $1 WHERE id = $2');
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647);
  const commit = () => update.runMany(Array.from({ length: TOGETHER }, () => [random() % 1_000_000, random() % rows]));
  for (let done = rows; done < VERSIONS - BEHIND; done += TOGETHER) await commit();
  // A checkpoint that is due is written when nothing else is to be done. Meanwhile there is something to be done now and then.
  const wait = performance.now();
  const lookUps = [];
  for (let [still, before] = [0, '']; still < 3; ) {
    for (const until = performance.now() + 1000; performance.now() < until; ) {
      const asked = performance.now();
      await db.query('SELECT * FROM t WHERE id = 777');
      lookUps.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
    const now = JSON.stringify(await files(rows));
    still = now === before ? still + 1 : 0;
    before = now;
  }
  const waited = performance.now() - wait;
  if (rows < VERSIONS) for (let done = 0; done < BEHIND; done += TOGETHER) await commit();
  await db.close();
  return { took: performance.now() - start, waited, longest: Math.max(...lookUps), lookUps: lookUps.length, ...(await files(rows)) };
};

/** Opens it and asks for a row by its key, by its text, and as it was. */
window.visit = async (rows) => {
  const start = performance.now();
  let last = start;
  const since = () => -last + (last = performance.now());
  const db = await Database.open(url(rows));
  const opened = since();
  const row = async (sql) => {
    const found = await db.query(sql);
    if (found.rows.length !== 1) throw new Error(`${sql} found ${found.rows.length} rows`);
    return since();
  };
  const key = await row('SELECT * FROM t WHERE id = 777');
  const text = await row("SELECT * FROM t WHERE name = 'customer 778'");
  const past = await row(`SELECT * FROM t WHERE id = 779 AS OF @seq:${rows === VERSIONS ? 90 : 100}`);
  await db.close();
  return { opened, key, text, past };
};

/** What a database with nothing in it takes to open. */
window.nothing = async () => {
  const start = performance.now();
  const db = await Database.open(`opfs://opening-nothing-${start}`);
  const opened = performance.now() - start;
  await db.close();
  return opened;
};
