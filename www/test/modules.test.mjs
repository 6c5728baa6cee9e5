// The parts of the page that need no page: reading SQL's outline, values, the data sets' scripts.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { build } from 'esbuild';

/** A module of the page's sources. */
async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/${path}`, import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
    external: ['driftdb-wasm'],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

const sql = await load('sql.ts');
const values = await load('values.ts');

test('a text is split at the semicolons that end statements', () => {
  const texts = (text) => sql.split(text).map((statement) => statement.text);
  assert.deepEqual(texts(' SELECT 1 ; ;SELECT 2'), ['SELECT 1', 'SELECT 2']);
  assert.deepEqual(texts(`SELECT ';', ";", 'it''s;' -- no; comment\n; SELECT /* ; /* ; */ ; */ 2`), [
    `SELECT ';', ";", 'it''s;'`,
    'SELECT /* ; /* ; */ ; */ 2',
  ]);
  assert.deepEqual(texts(`SELECT $$;$$, $a$ $$ ; $a$; SELECT E'\\';', 1`), [`SELECT $$;$$, $a$ $$ ; $a$`, `SELECT E'\\';', 1`]);
  assert.deepEqual(texts(`SELECT 'open ; `), [`SELECT 'open ; `]);
  assert.deepEqual(texts(' -- nothing'), []);
});

test('questions, reads and writes are told apart', () => {
  const first = (text) => sql.split(text)[0];
  assert.ok(sql.isQuestion(first('(SELECT 1)')));
  assert.ok(sql.isQuestion(first('values (1)')));
  assert.ok(!sql.isQuestion(first('UPDATE t SET a = 1')));
  assert.ok(sql.isRead(first('EXPLAIN SELECT 1')));
  assert.ok(!sql.isRead(first('DELETE FROM t')));
  assert.ok(sql.namesMoment(first('SELECT * FROM t FOR SYSTEM_TIME ALL')));
  assert.ok(sql.namesMoment(first('SELECT * FROM t AS OF @seq:1')));
  assert.ok(!sql.namesMoment(first(`SELECT 'AS OF' AS of_course FROM t`)));
});

test('the table of a result is known only where its rows are those of one table', () => {
  const source = (text) => sql.sourceOf(sql.split(text)[0]);
  assert.deepEqual(source('SELECT * FROM t'), { table: 't', columns: undefined });
  assert.deepEqual(source('SELECT x.* FROM T AS x WHERE a IN (SELECT b FROM c, d) ORDER BY 1'), { table: 't', columns: undefined });
  assert.deepEqual(source('SELECT id, a + 1 AS b, c AS id2, "Weird ""one""" FROM "Some Table" FOR SYSTEM_TIME AS OF @seq:4'), {
    table: 'Some Table',
    columns: new Set(['id', 'Weird "one"']),
  });
  for (const text of [
    'SELECT * FROM a JOIN b ON a.id = b.id',
    'SELECT * FROM a, b',
    'SELECT * FROM (SELECT * FROM a) AS x',
    'SELECT id FROM a GROUP BY id',
    'SELECT DISTINCT id FROM a',
    'SELECT id FROM a UNION SELECT id FROM b',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    'SELECT 1',
    'UPDATE a SET b = 1',
  ]) {
    assert.equal(source(text), undefined, text);
  }
});

test('positions of errors count characters, not UTF-16 units', () => {
  const text = `SELECT '🙂', oops`;
  assert.equal(text.slice(sql.offsetOfPosition(text, 13)), 'oops');
  assert.equal(sql.endOfTokenAt(text, text.indexOf('oops')), text.length);
});

test('names and values are quoted as SQL', () => {
  assert.equal(sql.quoteName('orders'), 'orders');
  assert.equal(sql.quoteName('select'), '"select"');
  assert.equal(sql.quoteName('Ä "b"'), '"Ä ""b"""');
  assert.equal(values.literal(`it's`), `'it''s'`);
  assert.equal(values.literal(null), 'NULL');
  assert.equal(values.literal(12.5), '12.5');
  assert.equal(values.literal(NaN), `'NaN'`);
  assert.equal(values.literal(9007199254740993n), '9007199254740993');
  assert.equal(values.literal(true), 'TRUE');
  assert.equal(values.toCsv(['a', 'b'], [['x, "y"', null], ['', 1]]), 'a,b\r\n"x, ""y""",\r\n"",1');
});

test('the data sets are the same in every run, and long enough', async () => {
  for (const name of ['orders', 'users', 'inventory']) {
    const first = (await (await load(`datasets/${name}.ts`))[name].build()).script.commits;
    const second = (await (await load(`datasets/${name}.ts`))[name].build()).script.commits;
    assert.deepEqual(first, second);
    assert.ok(first.length >= 300, `${name}: ${first.length}`);
    assert.ok(first.every(({ sql: text, meta }) => text !== '' && meta.user !== '' && meta.reason !== ''));
  }
});

test('the prices become one commit for each symbol and month, in the order of time', async () => {
  const { playPrices, readPrices } = await load('datasets/stocks.ts');
  const csv = await readFile(new URL('../data/stocks.csv', import.meta.url), 'utf8');
  const prices = readPrices(csv);
  assert.equal(prices.length, 560);
  assert.deepEqual(prices[0], { symbol: 'AAPL', month: '2000-01-01', price: '25.94' });
  assert.ok(prices.every(({ month }, at) => at === 0 || prices[at - 1].month <= month));
  const { script, monthEnds } = playPrices(prices);
  assert.equal(script.commits.length, 561);
  assert.match(script.commits[monthEnds.get('2010-03')].sql, /^UPDATE stocks SET month = '2010-03-01'/);
});
