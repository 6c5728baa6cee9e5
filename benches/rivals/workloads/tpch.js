// TPC-H at scale factor 0.1: 600,000 lines of 150,000 orders. Every engine is given the keys and three indexes, as a schema of this kind has
// them; which of them it uses is its own affair. Each query is asked three times; the figure is the middle one.

import { makeTables, TABLES } from './tpch-data.js';
import { queries } from './tpch-queries.js';

const FACTOR = 0.1;
/** Below it the rule by which parts have four suppliers gives one twice. */
const FACTOR_MIN = 0.02;
const ASKED = 3;
/** What takes longer is asked once. */
const LONG_MS = 3000;

async function tpch(bench) {
  const db = await bench.open();
  const tables = makeTables(Math.max(FACTOR_MIN, FACTOR * bench.scale));
  await bench.time('load', async () => {
    for (const [name, { key, columns }] of Object.entries(TABLES)) {
      const names = Object.keys(columns);
      const primary = key > 0 ? `, PRIMARY KEY (${names.slice(0, key)})` : '';
      await db.exec(`CREATE TABLE ${name} (${names.map((column) => `${column} ${columns[column]}`)}${primary})`);
      await db.load(name, columns, tables[name].length, (place) => tables[name][place]);
    }
    await db.exec('CREATE INDEX lines_of_order ON lineitem (l_orderkey); CREATE INDEX lines_of_part ON lineitem (l_partkey); CREATE INDEX orders_of_customer ON orders (o_custkey)');
  });
  if (bench.figures.load.failed) throw new Error(bench.figures.load.failed);
  for (const [number, sql] of Object.entries(queries(bench.dialect))) {
    const name = `Q${number}`;
    const times = [];
    let rows;
    for (let time = 0; time < ASKED && !(times[0] > LONG_MS); time += 1) {
      rows = await bench.time(name, () => db.query(sql));
      if (!rows) break;
      times.push(bench.figures[name]);
    }
    if (!rows) continue;
    bench.figure(name, times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]);
    bench.check(name, rows);
  }
  await db.close();
}

export const visits = [tpch];
