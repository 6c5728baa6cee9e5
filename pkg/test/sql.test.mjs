// Every script of tests/sql on the engine as it is shipped: compiled for wasm32, where a usize has 32 bits, and through the
// package. tests/sql.rs runs them natively and says how they are written.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Database } from 'driftdb-wasm';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../tests/sql');
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.slt'));

// ---- the clock ------------------------------------------------------------------------------------------------------

const real = { now: Date.now };
let time = 0;

/** Stands still, as it does natively, until a script sets it. */
function setClock(text) {
  time = Date.parse(text);
  assert.ok(Number.isFinite(time), text);
}

// ---- scripts --------------------------------------------------------------------------------------------------------

/** The records of a script: { line, connection?, head, sql, expected }. */
function records(text) {
  const found = [];
  let connection = 'default';
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [word, ...head] = lines[at].trim().split(/\s+/);
    if (word === 'connection') connection = head[0];
    if (word === 'halt') break;
    if (word !== 'statement' && word !== 'query') {
      assert.ok(word === '' || word === 'connection' || word.startsWith('#'), `line ${at + 1}: ${lines[at]}`);
      continue;
    }
    const line = at + 1;
    const until = (end) => {
      const from = (at += 1);
      while (at < lines.length && !end(lines[at])) at += 1;
      return lines.slice(from, at);
    };
    const sql = until((text) => text === '' || text === '----').join('\n');
    const expected = lines[at] === '----' ? until((text) => text === '') : [];
    found.push({ line, connection, word, head, sql, expected });
    connection = 'default';
  }
  return found;
}

const plain = (text) => text.split(/\s+/).filter(Boolean).join(' ');

function printed(row) {
  return plain(row.map((value) => (value === null ? 'NULL' : value === '' ? '(empty)' : value)).join(' '));
}

/** What is wrong with an answer; undefined if nothing is. */
function complaint({ word, head, expected }, result, error) {
  if (head[0] === 'error') {
    if (!error) return 'it should have failed';
    const told = `${error.sqlstate}: ${error.message}`;
    return new RegExp(head.slice(1).join(' ')).test(told) ? undefined : told;
  }
  if (error) return `${error.sqlstate ?? error.name}: ${error.message}`;
  if (head[0] === 'count') return result.affectedRows === Number(head[1]) ? undefined : `${result.affectedRows} rows`;
  if (word === 'statement') return undefined;
  let rows = result.rows.map(printed);
  let wanted = expected.map(plain);
  if (head[1] === 'rowsort') [rows, wanted] = [rows.sort(), wanted.sort()];
  return rows.join('\n') === wanted.join('\n') ? undefined : `got:\n${rows.join('\n')}`;
}

/** Every value as PostgreSQL prints it, whatever its type: those that there are, and arrays of what a script declares. */
const oids = [[0, 5000], [2 ** 29, 100]].flatMap(([first, length]) => Array.from({ length }, (_, at) => first + at));
const parsers = Object.fromEntries(oids.map((oid) => [oid, (text) => text]));

async function run(file) {
  const url = `memory://${file}`;
  const connections = new Map();
  const wrong = [];
  setClock('2026-01-01T00:00:00Z');
  for (const record of records(readFileSync(join(folder, file), 'utf8'))) {
    if (record.sql.startsWith('\\clock ')) {
      setClock(record.sql.slice(7));
      continue;
    }
    if (!connections.has(record.connection)) connections.set(record.connection, await Database.open(url));
    let result;
    let error;
    try {
      const results = await connections.get(record.connection).exec(record.sql, { rowMode: 'array', parsers });
      result = results.at(-1) ?? { rows: [], affectedRows: 0 };
    } catch (thrown) {
      error = thrown;
    }
    const problem = complaint(record, result, error);
    if (problem !== undefined) wrong.push(`${file}:${record.line}\n${record.sql}\n${problem}`);
  }
  for (const db of connections.values()) await db.close();
  return wrong;
}

// ---- tests ----------------------------------------------------------------------------------------------------------

test('the scripts are found', () => assert.ok(files.length > 0));

for (const file of files) {
  test(`${file} in wasm`, async () => {
    Date.now = () => time;
    try {
      const wrong = await run(file);
      assert.equal(wrong.length, 0, `${wrong.length} records:\n${wrong.slice(0, 20).join('\n\n')}`);
    } finally {
      Date.now = real.now;
    }
  });
}
