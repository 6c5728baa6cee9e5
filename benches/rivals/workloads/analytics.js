// Questions to 1,000,000 orders of 10,000 customers. Each is asked five times; the figure is the middle one.

import { loadByText } from '../adapters/shared.js';
import { generator } from '../random.js';

const ORDERS = 1_000_000;
const CUSTOMERS = 10_000;
const ASKED = 5;
/** Where asking once takes longer than this, it is asked no more. */
const LONG_MS = 2000;
const STATUSES = ['new', 'paid', 'packed', 'shipped', 'returned'];
const REGIONS = ['north', 'south', 'east', 'west', 'oversea'];

const ORDER = { id: 'INTEGER', customer: 'INTEGER', status: 'VARCHAR(10)', quantity: 'INTEGER', amount: 'DOUBLE PRECISION' };
const CUSTOMER = { id: 'INTEGER', name: 'VARCHAR(40)', region: 'VARCHAR(10)' };

const QUESTIONS = {
  SUM: 'SELECT sum(amount) AS amount FROM orders',
  'filter and count': 'SELECT count(*) AS n FROM orders WHERE quantity > 7 AND amount < 250',
  'GROUP BY 5 values': 'SELECT status, count(*) AS n, sum(amount) AS amount FROM orders GROUP BY status ORDER BY status',
  'GROUP BY 10,000 customers': 'SELECT customer, count(*) AS n, sum(amount) AS amount FROM orders GROUP BY customer ORDER BY amount DESC, customer LIMIT 10',
  'join and group': 'SELECT c.region, count(*) AS n, sum(o.amount) AS amount FROM orders o JOIN customers c ON c.id = o.customer GROUP BY c.region ORDER BY c.region',
  'COUNT(DISTINCT)': 'SELECT count(DISTINCT customer) AS n FROM orders',
  'top 10': 'SELECT id, amount FROM orders ORDER BY amount DESC, id LIMIT 10',
  'window rank':
    'SELECT id, place FROM (SELECT id, rank() OVER (PARTITION BY customer ORDER BY amount DESC, id) AS place FROM orders) AS ranked WHERE place = 1 ORDER BY id LIMIT 10',
};

async function analytics(bench) {
  const db = await bench.open();
  const orders = bench.scaled(ORDERS, 1000);
  const customers = bench.scaled(CUSTOMERS, 10);
  const random = generator(42);
  const numbers = Int32Array.from({ length: orders * 4 }, (_, place) => random([customers, 5, 10, 50_000][place % 4]));
  const order = (place) => {
    const [customer, status, quantity, amount] = numbers.subarray(place * 4, place * 4 + 4);
    return [place + 1, customer + 1, STATUSES[status], quantity + 1, amount / 100];
  };
  const customer = (place) => [place + 1, `Customer ${place + 1}`, REGIONS[(place * 7) % 5]];
  const columns = (types) => Object.entries(types).map(([name, type], index) => `${name} ${type}${index === 0 ? ' PRIMARY KEY' : ''}`);

  await db.exec(`CREATE TABLE orders (${columns(ORDER)}); CREATE TABLE customers (${columns(CUSTOMER)})`);
  await db.load('customers', CUSTOMER, customers, customer);
  await bench.time('load, the fastest way', () => db.load('orders', ORDER, orders, order));
  for (const [name, sql] of Object.entries(QUESTIONS)) bench.check(name, await asked(bench, name, () => db.query(sql)));

  const part = Math.min(orders, 100_000);
  const rows = await asked(bench, '100,000 rows into JavaScript', () => db.query(`SELECT id, customer, status, quantity, amount FROM orders WHERE id <= ${part}`));
  bench.check('rows', rows && [rows.length, rows[0], rows[77], rows.at(-1)]);

  // The same rows by text, which every engine takes: at a tenth of the rows where it is slow.
  const texts = orders / 10;
  await db.exec(`CREATE TABLE again (${columns(ORDER)})`);
  await bench.time('load a tenth, by INSERTs of 1,000 rows', () => loadByText(db, 'again', ORDER, texts, order));
  bench.check('again', await db.query('SELECT count(*) AS n, sum(amount) AS amount FROM again'));
  await db.close();
}

/** The middle time of several, and the last answer. */
async function asked(bench, name, ask) {
  const times = [];
  let answer;
  for (let time = 0; time < ASKED && !(times[0] > LONG_MS); time += 1) {
    answer = await bench.time(name, ask);
    if (typeof bench.figures[name] !== 'number') return undefined;
    times.push(bench.figures[name]);
  }
  bench.figure(name, times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]);
  return answer;
}

export const visits = [analytics];
