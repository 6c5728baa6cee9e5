// The speed test of SQLite that wa-sqlite and PGlite publish for browsers, with their two additions (2.1 and 3.1): 16 tests, each one script.

import { generator } from '../random.js';

const ONES = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
const TENS = ' ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/** 13153: thirteen thousand one hundred fifty three. */
function words(number) {
  if (number >= 1000) return join(words(Math.floor(number / 1000)), 'thousand', number % 1000);
  if (number >= 100) return join(ONES[Math.floor(number / 100)], 'hundred', number % 100);
  if (number >= 20) return join(TENS[Math.floor(number / 10)], '', number % 10);
  return ONES[number];
}

function join(high, unit, rest) {
  return [high, unit, rest > 0 ? words(rest) : ''].filter(Boolean).join(' ');
}

/** The tests as lists of statements. */
function* tests(bench) {
  const random = generator(20_260_115);
  const value = () => random(100_000);
  const list = (count, statement) => Array.from({ length: count }, (_, place) => statement(place));
  const transaction = (statements) => ['BEGIN', ...statements, 'COMMIT'];
  const table = (name) => `CREATE TABLE ${name}(a INTEGER, b INTEGER, c VARCHAR(100))`;
  const tuple = (place) => {
    const b = value();
    return `(${place + 1},${b},'${words(b)}')`;
  };
  const insert = (name) => (place) => `INSERT INTO ${name} VALUES${tuple(place)}`;
  const few = bench.scaled(1000);
  const many = bench.scaled(25_000);
  const selects = bench.scaled(100);

  yield ['1', '1000 INSERTs', [table('t1'), ...list(few, insert('t1'))]];
  yield ['2', '25000 INSERTs in a transaction', transaction([table('t2'), ...list(many, insert('t2'))])];
  yield ['2.1', '25000 rows in one INSERT', transaction([table('t2_1'), `INSERT INTO t2_1 VALUES ${list(many, tuple).join(',')}`])];
  yield ['3', '25000 INSERTs into an indexed table', transaction([table('t3'), 'CREATE INDEX i3 ON t3(c)', ...list(many, insert('t3'))])];
  yield ['3.1', '25000 rows in one INSERT into an indexed table', transaction([table('t3_1'), 'CREATE INDEX i3_1 ON t3_1(c)', `INSERT INTO t3_1 VALUES ${list(many, tuple).join(',')}`])];
  yield ['4', '100 SELECTs without an index', transaction(list(selects, (place) => `SELECT count(*), avg(b) FROM t2 WHERE b>=${place * 100} AND b<${place * 100 + 1000}`))];
  yield ['5', '100 SELECTs on a string comparison', transaction(list(selects, (place) => `SELECT count(*), avg(b) FROM t2 WHERE c LIKE '%${words(place + 1)}%'`))];
  yield ['6', 'Creating an index', ['CREATE INDEX i2a ON t2(a)', 'CREATE INDEX i2b ON t2(b)']];
  yield ['7', '5000 SELECTs with an index', list(bench.scaled(5000), (place) => `SELECT count(*), avg(b) FROM t2 WHERE b>=${place * 100} AND b<${place * 100 + 100}`)];
  yield ['8', '1000 UPDATEs without an index', transaction(list(few, (place) => `UPDATE t1 SET b=b*2 WHERE a>=${place * 10} AND a<${place * 10 + 10}`))];
  yield ['9', '25000 UPDATEs with an index', transaction(list(many, (place) => `UPDATE t2 SET b=${value()} WHERE a=${place + 1}`))];
  yield ['10', '25000 text UPDATEs with an index', transaction(list(many, (place) => `UPDATE t2 SET c='${words(value())}' WHERE a=${place + 1}`))];
  yield ['11', 'INSERTs from a SELECT', transaction(['INSERT INTO t1 SELECT b,a,c FROM t2', 'INSERT INTO t2 SELECT b,a,c FROM t1'])];
  yield ['12', 'DELETE without an index', ["DELETE FROM t2 WHERE c LIKE '%fifty%'"]];
  yield ['13', 'DELETE with an index', ['DELETE FROM t2 WHERE a>10 AND a<20000']];
  yield ['14', 'A big INSERT after a big DELETE', ['INSERT INTO t2 SELECT * FROM t1']];
  yield ['15', 'A big DELETE followed by many small INSERTs', transaction(['DELETE FROM t1', ...list(bench.scaled(12_000), insert('t1'))])];
  yield ['16', 'DROP TABLE', ['DROP TABLE t1', 'DROP TABLE t2', 'DROP TABLE t3']];
}

/** After these tests the tables are compared. */
const COMPARED = { 3.1: ['t1', 't2', 't2_1', 't3', 't3_1'], 10: ['t1', 't2'], 11: ['t1', 't2'], 13: ['t2'], 14: ['t2'], 15: ['t1'] };

async function suite(bench) {
  const db = await bench.open();
  let sum = 0;
  for (const [number, title, statements] of tests(bench)) {
    const script = `${statements.join(';\n')};`;
    const name = `${number} ${title}`;
    await bench.time(name, async () => {
      if (!bench.options.each) return db.exec(script);
      for (const statement of statements) await db.exec(statement);
    });
    sum = typeof bench.figures[name] === 'number' ? sum + bench.figures[name] : NaN;
    if (number === '7')
      for (const place of [0, 3, 21]) {
        bench.check(`range ${place}`, await db.query(`SELECT count(*) AS n, avg(b) AS a FROM t2 WHERE b>=${place * 100} AND b<${place * 100 + 1000}`));
        bench.check(`text ${place}`, await db.query(`SELECT count(*) AS n, avg(b) AS a FROM t2 WHERE c LIKE '%${words(place + 1)}%'`));
      }
    for (const table of COMPARED[number] ?? []) {
      bench.check(`${table} after ${number}`, await db.query(`SELECT count(*) AS n, sum(a) AS a, sum(b) AS b, sum(length(c)) AS c, min(c) AS first FROM ${table}`));
    }
  }
  bench.figure('sum', Number.isNaN(sum) ? { failed: 'a test failed' } : sum);
  await db.close();
}

export const visits = [suite];
