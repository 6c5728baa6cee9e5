// How reading grows: with 1, 10 and 100 times the rows, each updated twice, and with 1, 10 and 100 times the updates of the same rows.

import { generator } from '../random.js';

const ROWS = 1000;
const UPDATES_A_ROW = 2;
const TIMES = [1, 10, 100];
const TOGETHER = 100;
const ASKED_MS = 300;

async function growth(bench) {
  const rows = bench.scaled(ROWS, 100);
  // The first time is for the compiler of the browser; what it finds is found again.
  for (const times of [1, ...TIMES]) await measure(bench, rows * times, UPDATES_A_ROW, `${times} × the rows`);
  for (const times of TIMES.slice(1)) await measure(bench, rows, UPDATES_A_ROW * times, `${times} × the history`);
}

async function measure(bench, rows, updatesARow, name) {
  const db = await bench.open();
  const table = `t${rows}_${updatesARow}`;
  await db.exec(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, v INTEGER)`);
  await db.load(table, { id: 'INTEGER', v: 'INTEGER' }, rows, (place) => [place, place % 1000]);
  const random = generator(99);
  const update = await db.prepare(`UPDATE ${table} SET v = $1 WHERE id = $2`);
  const commits = (rows * updatesARow) / TOGETHER;
  for (let commit = 0; commit < commits; commit += 1) await update.runMany(Array.from({ length: TOGETHER }, () => [random(1000), random(rows)]));
  const [{ seq }] = await db.query('SELECT max(seq) AS seq FROM commits()');
  const past = `AS OF @seq:${seq - Math.floor(commits / 2)}`;

  const point = await db.prepare(`SELECT v FROM ${table} WHERE id = $1`);
  const pastPoint = await db.prepare(`SELECT v FROM ${table} WHERE id = $1 ${past}`);
  const ask = (what, call) => bench.repeat(`${what}, ${name}`, { times: 1e6, limit: ASKED_MS }, call);
  await ask('present row', (call) => point.get([(call * 7919) % rows]));
  await ask('past row', (call) => pastPoint.get([(call * 7919) % rows]));
  await ask('present sum', () => db.query(`SELECT sum(v) AS v FROM ${table}`));
  await ask('past sum', () => db.query(`SELECT sum(v) AS v FROM ${table} ${past}`));
  bench.check(name, [await db.query(`SELECT sum(v) AS v FROM ${table}`), await db.query(`SELECT sum(v) AS v FROM ${table} ${past}`)]);
  await db.close();
}

export const visits = [growth];
