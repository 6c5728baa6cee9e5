// Synchronous calls over a table of 100,000 rows, each figure the best of five runs of about half a second.

import { Database } from '../../pkg/dist/index.js';

const ROWS = 100_000;
const RUN_MS = 500;
const RUNS = 5;

/** Calls per second. */
function measure(call) {
  let best = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    let calls = 0;
    let now = start;
    while (now - start < RUN_MS) {
      for (let batch = 0; batch < 500; batch += 1) call(calls + batch);
      calls += 500;
      now = performance.now();
    }
    best = Math.max(best, (calls * 1000) / (now - start));
  }
  return best;
}

const figures = {};
const db = await Database.open('memory://', { worker: false });
db.execSync('CREATE TABLE t (id INT PRIMARY KEY, name TEXT, n INT, price DOUBLE PRECISION)');
db.prepareSync('INSERT INTO t VALUES ($1, $2, $3, $4)').runMany(Array.from({ length: ROWS }, (_, id) => [id, `name ${id}`, id % 100, id / 8]));

const place = (call) => (call * 7919) % ROWS;
const select = db.prepareSync('SELECT * FROM t WHERE id = $1');
figures['point SELECT of four columns, prepared, per second'] = measure((call) => select.get([place(call)]));
const narrow = db.prepareSync('SELECT n FROM t WHERE id = $1');
figures['point SELECT of one column, prepared, per second'] = measure((call) => narrow.get([place(call)]));
figures['point SELECT of four columns, another literal each time, per second'] = measure((call) => db.querySync(`SELECT * FROM t WHERE id = ${place(call)}`));

db.execSync('CREATE TABLE u (id INT PRIMARY KEY, name TEXT, n INT)');
const insert = db.prepareSync('INSERT INTO u VALUES ($1, $2, $3)');
let id = 0;
const inTransaction = (call) => {
  db.execSync('BEGIN');
  const perSecond = measure(call);
  db.execSync('ROLLBACK');
  return perSecond;
};
figures['single-row INSERT in a transaction, prepared, per second'] = inTransaction(() => insert.run([(id += 1), 'a name', 5]));
figures['single-row INSERT in a transaction, another literal each time, per second'] = inTransaction(() => db.querySync(`INSERT INTO u VALUES (${(id += 1)}, 'a name', 5)`));
figures['single-row INSERT, each a commit, in memory, prepared, per second'] = measure(() => insert.run([(id += 1), 'a name', 5]));
const many = db.prepareSync('INSERT INTO u VALUES ($1, $2, $3)');
figures['rows INSERTed by runMany of 1,000, per second'] = measure((call) => call % 1000 === 0 && many.runMany(Array.from({ length: 1000 }, () => [(id += 1), 'a name', 5])));
postMessage(figures);
