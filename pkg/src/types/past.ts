/** What is told of the past, and how it is brought back. */

import type { QueryOptions, WriteOptions } from './options.js';
import type { Parameters, Row } from './results.js';

/** The state of a row that began with one commit and ended with another. */
export interface HistoryEntry<T = Row> {
  /** The commit that brought the row into this state. */
  seq: number;
  time: Date;
  op: 'INSERT' | 'UPDATE' | 'DELETE';
  /** The row from this commit on; null after a DELETE. */
  row: T | null;
  /** The columns that this commit changed: all of them for an INSERT, none for a DELETE. */
  changed: string[];
  /**
   * The commit that ended this state; null while it lasts. A DELETE lasts until a row has the key again, and so does the
   * UPDATE that gave the row another key, whose `row` has it.
   */
  until: { seq: number; time: Date } | null;
  /** What the application said about the commit. */
  meta: unknown;
}

/** Taken by `diff`. */
export interface DiffOptions extends QueryOptions {
  table: string;
}

/** Taken by `diffQuery`. */
export interface DiffQueryOptions extends Omit<QueryOptions, 'asOf' | 'meta'> {
  /** Those of the query. */
  params?: Parameters | undefined;
  /** Names of columns of the result that no two rows of it have in common. */
  key?: readonly string[] | undefined;
}

/** A row that is not the same at two moments. */
export interface DiffEntry<T = Row> {
  op: 'INSERT' | 'UPDATE' | 'DELETE';
  /** The row at the first moment; null if it was not there. */
  before: T | null;
  /** The row at the second; null if it was not there. */
  after: T | null;
  /** The columns whose values differ: all of them for an INSERT, none for a DELETE. */
  changed: string[];
}

/** Taken by `restore`. */
export interface RestoreOptions extends WriteOptions {
  /** Default: all tables. */
  table?: string | undefined;
  /** Only the row with this primary key; given as for `history`. */
  key?: unknown;
  /** Only rows of which this SQL condition is true, now or at the moment. */
  where?: string | undefined;
  /** The parameters of `where`. */
  params?: Parameters | undefined;
  /** Does everything and takes it back: `affectedRows` says how many rows would change. */
  dryRun?: boolean | undefined;
}

/** Taken by `undo`. */
export interface UndoOptions extends WriteOptions {
  /**
   * What becomes of values that changed again since: `'error'` (the default) lists them and changes nothing, `'skip'` leaves
   * them, `'force'` undoes them all the same.
   * Rows written since to a table or column that goes, as the commit made it, are lost with `'force'` only.
   */
  policy?: 'error' | 'skip' | 'force' | undefined;
}

/** A name for a state. */
export interface TagInfo {
  name: string;
  seq: number;
  time: Date;
}

/** One commit. */
export interface CommitInfo {
  seq: number;
  time: Date;
  /** The text of its statements in a normal form: in small letters, with `?` in place of literals. */
  statement: string;
  affectedRows: number;
  /** Names of the tables whose rows or schema it changed, as they were called then. */
  tables: string[];
  meta: unknown;
}
