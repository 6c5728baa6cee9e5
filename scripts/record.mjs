// What came of long runs, in the tables of docs/RELIABILITY.md: each has a row for a day, and from these the next run goes on. What a
// run counts meanwhile is in a file of names and numbers.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const document = join(root, 'docs/RELIABILITY.md');

export const today = () => new Date().toISOString().slice(0, 10);

/** Lines of a name and a number; names that come more than once have lists of them. `{}` where nothing was kept. */
export function readProgress(path) {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const progress = {};
  for (const line of text.split('\n')) {
    const [name, number] = line.split(' ');
    if (number !== undefined) (progress[name] ??= []).push(Number(number));
  }
  return progress;
}

/** Whole or not at all, since a run may be stopped at any time. */
export function writeProgress(path, progress) {
  const lines = Object.entries(progress).flatMap(([name, numbers]) => numbers.map((number) => `${name} ${number}\n`));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, lines.join(''));
  renameSync(`${path}.new`, path);
}

/** The document, and where in it the table of such a run begins and ends. */
function placeOf(run) {
  const text = readFileSync(document, 'utf8');
  const [begin, end] = [`<!-- written by \`${run}\` -->\n`, `<!-- end of what \`${run}\` writes -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no place for what \`${run}\` writes`);
  return { text, from: from + begin.length, to };
}

/** The rows that the document has of such a run: what stands in each column, numbers as numbers. */
export function published(run) {
  const { text, from, to } = placeOf(run);
  const [columns = [], , ...rows] = text.slice(from, to).trimEnd().split('\n').filter(Boolean).map((line) => line.slice(2, -2).split(' | '));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, at) => [columns[at], /^\d+$/.test(cell) ? Number(cell) : cell])));
}

/** The sum of a column. */
export const sum = (rows, column) => rows.reduce((total, row) => total + row[column], 0);

/**
 * The same rows, with a new one among them: what is counted goes to the row that resembles it in `same` columns, if there is one.
 * Of a column in `last` the new one's is kept.
 */
export function added(rows, row, same, last = []) {
  const at = rows.findIndex((each) => same.every((column) => each[column] === row[column]));
  if (at < 0) return [...rows, row];
  const isAdded = (column) => typeof row[column] === 'number' && !last.includes(column);
  const both = Object.fromEntries(Object.keys(row).map((column) => [column, isAdded(column) ? rows[at][column] + row[column] : row[column]]));
  return rows.with(at, both);
}

/** Puts a table in place of the one that the document has of such a run: rows of what stands in each column. */
export function publish(run, rows) {
  const { text, from, to } = placeOf(run);
  const columns = Object.keys(rows[0]);
  const isNumber = (column) => rows.every((row) => typeof row[column] === 'number');
  const lines = [columns, columns.map((column) => (isNumber(column) ? '---:' : '---')), ...rows.map((row) => columns.map((column) => row[column]))];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('').replace(/\| (-+:?)(?= \|)/g, '|$1').replace(/(-:?) \|/g, '$1|');
  writeFileSync(document, text.slice(0, from) + table + text.slice(to));
}
