/** What a database tells about itself: histories, commits, tables. */

import { Takes } from './check.js';
import { DatabaseError } from './error.js';
import { wireMoment } from './moment.js';
import { parametersBuffer } from './parameters.js';
import type { Table } from './results.js';
import { asking, checkResults, checkText, onlyTable, PLAIN, type Session, type Settled } from './session.js';
import type { CallOptions, CommitInfo, CommitsOptions, DiffEntry, DiffOptions, Moment, HistoryEntry, Parameters, QueryOptions, RestoreOptions, RunResult, TableInfo, UndoOptions, WriteOptions } from './types.js';

/** The columns of a history before those of the row; `src/db/report.rs` writes them. */
const HEAD = 7;

type Head = [
  seq: number,
  time: Date,
  op: HistoryEntry['op'],
  untilSeq: number | null,
  untilTime: Date | null,
  changed: number[],
  meta: unknown,
];

export async function historyOf<T>(session: Session, table: string, key: unknown, options: QueryOptions = {}): Promise<HistoryEntry<T>[]> {
  checkText(table);
  const settled = session.settle(options);
  const { names, values } = keyOf(key);
  const request = {
    ...asking(settled),
    kind: 'history' as const,
    session: session.number,
    table,
    key: parametersBuffer([values], values.length),
    names,
  };
  // The parsers are for the row; the columns before it are read as they are.
  const reply = await session.call(request, settled.call);
  const head = onlyTable(reply, { rowMode: 'array', parsers: undefined });
  const rows = settled.rows.parsers ? onlyTable(reply, settled.rows) : head;
  if (head.rows === 0) {
    const shown = values.map((value) => printable(value)).join(', ');
    throw new DatabaseError('UNDEFINED_KEY', `"${table}" has no version with the key (${shown})`, {
      hint: 'history() as a table in SQL has no rows for such a key',
      table,
    });
  }
  const names_ = rows.fields.slice(HEAD).map((field) => field.name);
  const entries: HistoryEntry<T>[] = [];
  for (let index = 0; index < head.rows; index += 1) {
    const cells = Array.from({ length: HEAD }, (_, column) => headCell(head, column, index)) as unknown as Head;
    const [seq, time, op, untilSeq, untilTime, changed, meta] = cells;
    entries.push({
      seq,
      time,
      op,
      row: op === 'DELETE' ? null : (rows.row(index, settled.rows.rowMode, HEAD) as T),
      changed: changed.map((position) => names_[position] as string),
      until: untilSeq === null || untilTime === null ? null : { seq: untilSeq, time: untilTime },
      meta,
    });
  }
  return entries;
}

/** The rows that differ between two moments, asked in SQL. */
export async function diffOf<T>(session: Session, a: Moment, b: Moment, options: DiffOptions): Promise<DiffEntry<T>[]> {
  checkText(options.table);
  const settled = session.settle(options, Takes.diff);
  const sql = `SELECT * FROM diff('${options.table.replaceAll("'", "''")}', $1, $2)`;
  const row = [parameterOf(a), parameterOf(b)];
  const reply = await session.call(session.execRequest(sql, settled, { single: true, row }), settled.call);
  const [[head, rows]] = checkResults(reply, settled, sql) as [[Table, Table]];
  return diffEntries(head, rows, settled);
}

/** What `diff` answered: `head` read without the parsers, which are for the rows, and `rows` with them. */
export function diffEntries<T>(head: Table, rows: Table, settled: Settled): DiffEntry<T>[] {
  const names = rows.fields.map((field) => field.name);
  const changed = names.findLastIndex((name) => !name.startsWith('old_'));
  const cells = (index: number, from: number, to: number, prefix: number): T => {
    const columns = Array.from({ length: to - from }, (_, at) => from + at);
    if (settled.rows.rowMode === 'array') return columns.map((column) => rows.cell(column, index)) as T;
    return Object.fromEntries(columns.map((column) => [(names[column] as string).slice(prefix), rows.cell(column, index)])) as T;
  };
  return Array.from({ length: head.rows }, (_, index) => {
    const op = head.cell(0, index) as DiffEntry['op'];
    return {
      op,
      before: op === 'INSERT' ? null : cells(index, changed + 1, names.length, 4),
      after: op === 'DELETE' ? null : cells(index, 1, changed, 0),
      changed: head.cell(changed, index) as string[],
    };
  });
}

export async function tag(session: Session, name: string, moment: Moment | undefined, options?: WriteOptions): Promise<RunResult> {
  const created = `CREATE TAG ${quoted(name)}`;
  if (moment === undefined) return run(session, created, [], options);
  return run(session, `${created} AS OF $1`, [parameterOf(moment)], options);
}

/** The statement of a `restore`, and its parameters. */
export async function restoreStatement(session: Session, moment: Moment, options: RestoreOptions): Promise<[string, Parameters]> {
  const { table, key, where, params = [] } = options;
  if (table === undefined) {
    if (key !== undefined || where !== undefined) throw new DatabaseError('INVALID_PARAMETER_VALUE', 'rows can be restored of one table: name it');
    return ['RESTORE DATABASE TO $1', [parameterOf(moment)]];
  }
  const conditions = where === undefined ? [] : [`(${where})`];
  const values = [...params];
  if (key !== undefined) {
    const keyed = keyOf(key);
    const names = keyed.names ?? (await primaryKeyOf(session, moment, table, options));
    if (names.length !== keyed.values.length) throw new DatabaseError('WRONG_PARAMETERS', `the key of table "${table}" is (${names.join(', ')})`);
    names.forEach((name, at) => conditions.push(`${quoted(name)} = $${values.push(keyed.values[at])}`));
  }
  const to = values.push(parameterOf(moment));
  const condition = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return [`RESTORE TABLE ${quoted(table)} TO $${to}${condition}`, values];
}

async function primaryKeyOf(session: Session, moment: Moment, table: string, { signal, timeout }: CallOptions): Promise<string[]> {
  for (const there of [session, session.with({ moment: wireMoment(moment) })]) {
    const known = (await tablesOf(there, { signal, timeout })).find(({ name }) => name === table);
    if (known) return known.primaryKey;
  }
  return [];
}

/** Undoes a commit, or an undo. */
export function reverse(session: Session, how: 'UNDO' | 'REDO', seq: number, { policy = 'error', ...options }: UndoOptions = {}): Promise<RunResult> {
  if (!Number.isSafeInteger(seq) || seq < 0) throw new DatabaseError('INVALID_PARAMETER_VALUE', `a sequence is a whole number from 0, not ${String(seq)}`);
  if (!['error', 'skip', 'force'].includes(policy)) throw new DatabaseError('INVALID_PARAMETER_VALUE', `there is no policy '${String(policy)}'`);
  return run(session, `${how} COMMIT ${seq} ${policy}`, [], options);
}

/** The last commit of an UNDO that no REDO has reversed; null if there is none. */
export async function lastUndone(session: Session, options: CallOptions = {}): Promise<number | null> {
  const { signal, timeout } = options;
  const { rows } = await session.query<{ seq: number; statement: string }>(
    "SELECT seq, statement FROM commits() WHERE statement LIKE 'undo commit %' OR statement LIKE 'redo commit %' ORDER BY seq DESC",
    [],
    { signal, timeout, rowMode: 'object' },
  );
  let redone = 0;
  for (const { seq, statement } of rows) {
    if (statement.startsWith('redo')) redone += 1;
    else if (redone === 0) return seq;
    else redone -= 1;
  }
  return null;
}

export async function run(session: Session, sql: string, params: Parameters, options: WriteOptions = {}): Promise<RunResult> {
  const { affectedRows, seq } = await session.query(sql, params, options);
  return { affectedRows, seq };
}

/** A name as SQL has it. */
export function quoted(name: string): string {
  checkText(name);
  return `"${name.replaceAll('"', '""')}"`;
}

/** A moment as a parameter of SQL. */
export function parameterOf(moment: Moment): unknown {
  const wire = wireMoment(moment);
  if ('seq' in wire) return wire.seq;
  return 'text' in wire ? wire.text : new Date((wire.micros - 999) / 1000);
}

/** A cell of the head: a time that was sent as text, since there is a parser for times, is read here. */
function headCell(table: { cell(column: number, row: number): unknown; fields: { dataTypeID: number }[] }, column: number, row: number): unknown {
  const value = table.cell(column, row);
  const isTime = column === 1 || column === 4;
  const isNumber = column === 0 || column === 3;
  if (typeof value !== 'string') return value;
  return isTime ? new Date(value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')) : isNumber ? Number(value) : value;
}

/** A part of a key for a message, shortened. */
function printable(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A key as values, with the names of their columns if it was given by name. */
function keyOf(key: unknown): { names: string[] | undefined; values: Parameters } {
  if (Array.isArray(key)) return { names: undefined, values: key };
  const prototype = typeof key === 'object' && key !== null ? Object.getPrototypeOf(key) : undefined;
  const plain = prototype === null || (prototype !== undefined && Object.prototype.toString.call(key) === '[object Object]');
  if (!plain) return { names: undefined, values: [key] };
  const names = Object.keys(key as object);
  if (names.length === 0) throw new DatabaseError('WRONG_PARAMETERS', 'the key is an object without properties');
  return { names, values: names.map((name) => (key as Record<string, unknown>)[name]) };
}

/** The sequence that a moment stands for. */
export async function momentSeq(session: Session, moment: Moment, options: CallOptions): Promise<number> {
  return (await session.query('SELECT 1', [], { ...options, asOf: moment })).seq as number;
}

export async function commitsOf(session: Session, options?: CommitsOptions): Promise<CommitInfo[]> {
  return (await commitRecords(session, options)).map(({ changed, lost, ...commit }) => commit);
}

/** The commits, with the tables of which rows may have changed, by the names that `diff` knows, and those of which that is lost. */
export async function commitRecords(session: Session, options: CommitsOptions = {}): Promise<(CommitInfo & { changed: string[]; lost: string[] })[]> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, limit = 0xffff_ffff } = options;
  for (const [name, value] of Object.entries({ from, to, limit })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new DatabaseError('INVALID_PARAMETER_VALUE', `${name} is a whole number from 0, not ${String(value)}`);
    }
  }
  const reply = await session.call({ kind: 'commits', session: session.number, from, to, limit: Math.min(limit, 0x7fff_ffff) }, options, Takes.commits);
  const { rows } = onlyTable(reply, PLAIN).results<{
    seq: number;
    time: Date;
    statement: string;
    affected_rows: number;
    tables: string[];
    meta: unknown;
    changed: string[];
    lost: string[];
  }>('object');
  return rows.map(({ affected_rows: affectedRows, ...commit }) => ({ ...commit, affectedRows }));
}

export async function tablesOf(session: Session, options: CallOptions = {}): Promise<TableInfo[]> {
  const reply = await session.call({ kind: 'tables', session: session.number, moment: session.defaults.moment }, options);
  const { rows } = onlyTable(reply, PLAIN).results<{
    name: string;
    columns: TableInfo['columns'];
    primary_key: string[];
    indexes: TableInfo['indexes'];
  }>('object');
  return rows.map(({ primary_key: primaryKey, ...table }) => ({ ...table, primaryKey }));
}
