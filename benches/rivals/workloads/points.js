// Single rows of a table of 100,000: inserted by a prepared statement in one transaction, all in one call where there is such a call, and
// read by key, prepared and with the key in the text.

import { generator } from '../random.js';

const ROWS = 100_000;
const LIMIT_MS = 2500;
const COMPARED = 500;

const values = (id) => [id, `name ${id}`, id % 100, id / 8];

async function points(bench) {
  const db = await bench.open();
  const rows = bench.scaled(ROWS, 1000);
  const definition = '(id INTEGER PRIMARY KEY, name VARCHAR(40), n INTEGER, price DOUBLE PRECISION)';

  await db.exec(`CREATE TABLE one ${definition}`);
  const insert = await db.prepare('INSERT INTO one VALUES ($1, $2, $3, $4)');
  await db.exec('BEGIN');
  let first = performance.now();
  const inserted = await bench.repeat('prepared INSERT in a transaction', { times: rows, limit: 4 * LIMIT_MS }, (id) => insert.run(values(id)));
  const calls = performance.now() - first;
  first = performance.now();
  await db.exec('COMMIT');
  // A transaction is over with its commit.
  if (typeof bench.figures['prepared INSERT in a transaction'] === 'number')
    bench.figure('prepared INSERT in a transaction', ((calls + performance.now() - first) * 1000) / inserted);
  await insert.close();

  await db.exec(`CREATE TABLE many ${definition}`);
  const name = 'INSERT of all in one call';
  const together = await db.prepare('INSERT INTO many VALUES ($1, $2, $3, $4)');
  if (together.runMany) await bench.repeat(name, { times: 1 }, () => together.runMany(Array.from({ length: rows }, (_, id) => values(id))));
  await together.close();
  if (typeof bench.figures[name] === 'number') bench.figure(name, bench.figures[name] / rows);

  if (inserted < rows) {
    await db.exec('DELETE FROM one');
    await db.load('one', { id: 'INTEGER', name: 'VARCHAR(40)', n: 'INTEGER', price: 'DOUBLE PRECISION' }, rows, values);
  }
  // So that all hold the same.
  if (!together.runMany) await db.exec('INSERT INTO many SELECT * FROM one');
  bench.check('rows', await db.query('SELECT count(*) AS rows, sum(id) AS ids, sum(price) AS prices, min(name) AS name FROM one'));

  const random = generator(7);
  const places = Array.from({ length: 1 << 16 }, () => random(rows));
  const place = (call) => places[call & 0xffff];
  const found = [];
  const select = await db.prepare('SELECT id, name, n, price FROM one WHERE id = $1');
  for (let call = 0; call < COMPARED; call += 1) found.push(await select.get([place(call)]));
  bench.check('found', found);
  await bench.repeat('prepared SELECT by key', { times: rows, limit: LIMIT_MS }, (call) => select.get([place(call)]));
  await select.close();
  await bench.repeat('SELECT with the key in the text', { times: rows, limit: LIMIT_MS }, (call) => db.query(`SELECT id, name, n, price FROM one WHERE id = ${place(call)}`));
  await db.close();
}

export const visits = [points];
