/** What changed in a query's result: its rows at two moments, compared as the engine gave them. */

import { optionsOf, Takes } from './check.js';
import { DatabaseError } from './error.js';
import type { Table } from './results.js';
import { checkText, type Session } from './session.js';
import type { DiffEntry, DiffQueryOptions, Moment } from './types.js';

export async function diffQuery<T>(session: Session, sql: string, moments: [Moment, Moment], given?: DiffQueryOptions): Promise<DiffEntry<T>[]> {
  checkText(sql);
  const options = optionsOf<DiffQueryOptions>(given, Takes.diffQuery);
  const { params, key, ...rest } = options;
  const ask = (asOf: Moment) => session.table(sql, params, session.settle({ ...rest, asOf }));
  const before = new Side<T>(await ask(moments[0]), options, session);
  const after = new Side<T>(await ask(moments[1]), options, session);
  return key ? byKey(before, after, key) : byRow(before, after);
}

/** One of the two results. */
class Side<T> {
  readonly names: string[];
  /** Of columns of other names or types no row is the same. */
  readonly shape: string;

  constructor(
    readonly table: Table,
    readonly options: DiffQueryOptions,
    readonly session: Session,
  ) {
    this.names = table.fields.map((field) => field.name);
    this.shape = JSON.stringify(table.fields);
  }

  row(at: number): T {
    return this.table.row(at, this.options.rowMode ?? this.session.defaults.rowMode) as T;
  }

  /** What tells rows apart, by some of the columns. */
  print(at: number, columns: Iterable<number> = this.names.keys()): string {
    return Array.from(columns, (column) => this.table.print(column, at)).join();
  }

  places(key: readonly string[]): number[] {
    return key.map((name) => {
      const place = this.names.indexOf(name);
      if (place < 0) throw new DatabaseError('UNDEFINED_COLUMN', `the key's column "${name}" is not in the result`);
      return place;
    });
  }

  /** The rows by their keys. */
  byKey(key: readonly string[]): Map<string, number> {
    const places = this.places(key);
    const rows = new Map<string, number>();
    for (let at = 0; at < this.table.rows; at += 1) rows.set(this.print(at, places), at);
    if (rows.size < this.table.rows) throw new DatabaseError('INVALID_PARAMETER_VALUE', `rows of the result have the same (${key.join(', ')})`);
    return rows;
  }
}

function byRow<T>(before: Side<T>, after: Side<T>): DiffEntry<T>[] {
  const entries: DiffEntry<T>[] = [];
  const counts = new Map<string, number>();
  const same = before.shape === after.shape;
  const prints = Array.from({ length: after.table.rows }, (_, at) => after.print(at));
  if (same) for (const print of prints) counts.set(print, (counts.get(print) ?? 0) + 1);
  // Of equal rows those that the first result has are taken from those of the second.
  const common = new Map<string, number>();
  for (let at = 0; at < before.table.rows; at += 1) {
    const print = before.print(at);
    const left = counts.get(print) ?? 0;
    if (left === 0) {
      entries.push({ op: 'DELETE', before: before.row(at), after: null, changed: [] });
    } else {
      counts.set(print, left - 1);
      common.set(print, (common.get(print) ?? 0) + 1);
    }
  }
  for (const [at, print] of prints.entries()) {
    const left = common.get(print) ?? 0;
    if (left > 0) common.set(print, left - 1);
    else entries.push({ op: 'INSERT', before: null, after: after.row(at), changed: [...after.names] });
  }
  return entries;
}

function byKey<T>(before: Side<T>, after: Side<T>, key: readonly string[]): DiffEntry<T>[] {
  const [old, now] = [before.byKey(key), after.byKey(key)];
  const entries: DiffEntry<T>[] = [];
  for (const [print, at] of old) {
    if (!now.has(print)) entries.push({ op: 'DELETE', before: before.row(at), after: null, changed: [] });
  }
  for (const [print, at] of now) {
    const was = old.get(print);
    if (was === undefined) {
      entries.push({ op: 'INSERT', before: null, after: after.row(at), changed: [...after.names] });
      continue;
    }
    const changed = after.names.filter((name, column) => {
      const place = before.names[column] === name ? column : before.names.indexOf(name);
      const isSameType = before.table.fields[place]?.dataTypeID === after.table.fields[column]?.dataTypeID;
      return !isSameType || before.table.print(place, was) !== after.table.print(column, at);
    });
    const gone = before.names.filter((name) => !after.names.includes(name));
    if (changed.length + gone.length > 0) entries.push({ op: 'UPDATE', before: before.row(was), after: after.row(at), changed });
  }
  return entries;
}
