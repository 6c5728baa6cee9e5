// What long runs keep: how far they have come, in a file of names and numbers from which they go on, and what came of it, in
// docs/RELIABILITY.md.

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

/** Adds numbers to those of the same names. */
export function addTo(progress, counts) {
  for (const [name, count] of Object.entries(counts)) progress[name] = [(progress[name]?.[0] ?? 0) + count];
}

/** Puts a table in place of the one that the document has of such a run: rows of what stands in each column. */
export function publish(run, rows) {
  const text = readFileSync(document, 'utf8');
  const [begin, end] = [`<!-- written by \`${run}\` -->\n`, `<!-- end of what \`${run}\` writes -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no place for what \`${run}\` writes`);
  const columns = Object.keys(rows[0]);
  const isNumber = (column) => rows.every((row) => typeof row[column] === 'number');
  const lines = [columns, columns.map((column) => (isNumber(column) ? '---:' : '---')), ...rows.map((row) => columns.map((column) => row[column]))];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('').replace(/\| (-+:?)(?= \|)/g, '|$1').replace(/(-:?) \|/g, '$1|');
  writeFileSync(document, text.slice(0, from + begin.length) + table + text.slice(to));
}
