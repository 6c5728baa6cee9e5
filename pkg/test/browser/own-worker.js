// A worker of an application, with the engine on its own thread.

import { Database } from '/dist/index.js';

async function main(url) {
  const db = await Database.open(url, { worker: false });
  db.execSync('CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, name TEXT)');
  const [{ n: before }] = db.querySync('SELECT count(*)::int AS n FROM t').rows;
  const insert = db.prepareSync('INSERT INTO t VALUES ($1, $2)');
  db.transactionSync(() => {
    for (let id = before; id < before + 1000; id += 1) insert.run([id, `name ${id}`]);
  });
  insert.run([before + 1000, 'single']);
  const select = db.prepareSync('SELECT name FROM t WHERE id = $1');
  const found = select.get([before + 7]).name;
  const later = (await db.query('SELECT count(*)::int AS n FROM t')).rows[0].n;
  const { worker, storage } = db.info;
  const { durableSeq, appliedSeq } = await db.status();
  await db.close();
  return { before, found, later, worker, storage, durable: durableSeq === appliedSeq };
}

onmessage = ({ data }) => main(data).then(postMessage, (error) => postMessage({ error: `${error.code} ${error.message} ${error.stack}` }));
