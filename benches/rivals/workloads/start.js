// From the navigation to the page to the first answer of a new database, on the first visit and on the second; and the same to a row of
// 100,000 by its key, where they were stored before.

const ROWS = 100_000;
const TABLE = { id: 'INTEGER', name: 'VARCHAR(40)', n: 'INTEGER', price: 'DOUBLE PRECISION' };

function answer(name) {
  return async (bench) => {
    const db = await bench.open();
    bench.check(name, await db.query('SELECT 1 AS one'));
    bench.figure(name, bench.sinceNavigation());
    await db.close();
  };
}

async function fill(bench) {
  if (bench.engine.storage === 'memory') return;
  const db = await bench.open();
  await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(40), n INTEGER, price DOUBLE PRECISION)');
  await db.load('t', TABLE, bench.scaled(ROWS, 1000), (id) => [id, `name ${id}`, id % 100, id / 8]);
  await db.close();
}

function reopen(name) {
  return async (bench) => {
    if (bench.engine.storage === 'memory') return;
    const db = await bench.open();
    bench.check(name, await db.query('SELECT name, n, price FROM t WHERE id = 777'));
    bench.figure(name, bench.sinceNavigation());
    await db.close();
  };
}

export const visits = [answer('first visit'), answer('second visit'), fill, reopen('reopening'), reopen('reopening again')];
