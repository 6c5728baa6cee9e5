/** The calls of a database. */

import type { FunctionDefinition } from './functions.js';
import type { Change, ChangesOptions, LiveCallback, LiveOptions, LiveQuery } from './live.js';
import type { Moment } from './moments.js';
import type { CallOptions, CommitsOptions, ExecOptions, QueryOptions, TransactionOptions, WriteOptions } from './options.js';
import type { CommitInfo, DiffEntry, DiffOptions, DiffQueryOptions, HistoryEntry, RestoreOptions, TagInfo, UndoOptions } from './past.js';
import type { Field, Parameters, Results, Row, TableInfo } from './results.js';
import type { CheckOptions, DatabaseCheck, DatabaseCompaction, DatabaseInfo, DatabaseStats, DatabaseStatus } from './status.js';

/** What a database, a transaction and a past moment have in common. */
export interface Queryable {
  /** Runs one statement. `$1` is the first parameter. */
  query<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Promise<Results<T>>;

  /**
   * The same as a template: `` db.sql`SELECT * FROM t WHERE id = ${7}` `` binds 7 as `$1`. Values
   * never become SQL text.
   */
  sql<T = Row>(strings: TemplateStringsArray, ...params: unknown[]): Promise<Results<T>>;

  /**
   * Runs any number of statements and answers one result each. Outside a transaction every statement
   * commits by itself (PGlite: all in one transaction), unless `atomic` is set; it stops at the first
   * error, which carries the index of its statement and the results of those before it.
   */
  exec(sql: string, options?: ExecOptions): Promise<Results[]>;

  /** Prepares one statement for many calls. It is bound again by itself when the schema changes. */
  prepare<T = Row>(sql: string, options?: QueryOptions): Promise<Statement<T>>;
}

/** A prepared statement. */
export interface Statement<T = Row> {
  readonly sql: string;
  /** Empty for a statement without rows. */
  readonly fields: Field[];
  /** The OIDs of the parameters' types, as inferred from the statement. */
  readonly paramTypes: number[];

  query(params?: Parameters | null, options?: QueryOptions): Promise<Results<T>>;
  /** The first row, or undefined. */
  get(params?: Parameters | null, options?: QueryOptions): Promise<T | undefined>;
  /** Runs it for its effect. */
  run(params?: Parameters | null, options?: WriteOptions): Promise<RunResult>;
  /**
   * Runs it once for each row of parameters, as one transaction (or inside the one that is open) and
   * in one call of the engine. `affectedRows` is the sum.
   */
  runMany(rows: Iterable<Parameters>, options?: WriteOptions): Promise<RunResult>;
  /**
   * The rows one after another. The engine answers as a whole, and holds the result as columns; what is built as it
   * is asked for is each row, so that one can stop early, or look at many without keeping them.
   */
  iterate(params?: Parameters | null, options?: QueryOptions): AsyncIterableIterator<T>;
  /** Lets the engine forget it. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RunResult {
  affectedRows: number;
  /** As in {@link Results}. */
  seq: number | null;
}

/** The database as the callback of `transaction` sees it. */
export interface Transaction extends Queryable {
  /** Undoes everything; the transaction is then closed, and `transaction()` resolves. */
  rollback(): Promise<void>;
  /** Whether it has been committed or rolled back. */
  readonly closed: boolean;
}

/** A database at a past moment. It can only be read: a statement that writes fails with `READ_ONLY`. */
export interface ReadOnlyDatabase extends Queryable {
  readonly moment: Moment;
  /** Versions of the row with this key that had begun by the moment. See {@link Database.history}. */
  history<T = Row>(table: string, key: unknown, options?: QueryOptions): Promise<HistoryEntry<T>[]>;
  /** The tables that existed at the moment. */
  tables(options?: CallOptions): Promise<TableInfo[]>;
  /** The state of the moment as a script of SQL. See {@link Database.export}. */
  export(options?: CallOptions): Promise<string>;
  /** The query at the moment, which can be moved from there. See {@link Database.live}. */
  live<T = Row>(
    sql: string,
    params?: Parameters | null,
    callback?: LiveCallback<T> | null,
    options?: Omit<LiveOptions, 'asOf'>,
  ): Promise<LiveQuery<T>>;
}

/**
 * An open database, and one session of it: after `exec('BEGIN')` its later calls belong to that
 * transaction until `COMMIT` or `ROLLBACK`. Calls of one session run in the order they were made.
 * Made by `Database.open(url, options)`; `Database.delete(url)` destroys one.
 */
export interface DatabaseApi extends Queryable {
  readonly info: DatabaseInfo;
  readonly closed: boolean;
  /** True until it is closed, and resolved: `open` has waited already. For drivers that were written for PGlite. */
  readonly ready: boolean;
  readonly waitReady: Promise<void>;

  /**
   * Runs the callback in a transaction of its own session: committed when the callback's promise
   * resolves, rolled back when it rejects. Use `tx` inside, not the database: a write through the
   * database would wait for the transaction, which waits for it (`LOCK_TIMEOUT`).
   */
  transaction<R>(callback: (tx: Transaction) => Promise<R> | R, options?: TransactionOptions): Promise<R>;

  /** The database as of a moment, to be read only. Costs nothing; the moment is looked up by each call. */
  asOf(moment: Moment): ReadOnlyDatabase;

  /**
   * Every state of the row (or rows, one after another) that held this primary key, oldest first,
   * of deleted rows too. `UNDEFINED_KEY` if there is none.
   *
   * @param key the value; for a key of several columns an array in their order or an object by name
   */
  history<T = Row>(table: string, key: unknown, options?: QueryOptions): Promise<HistoryEntry<T>[]>;

  /**
   * The rows of a table that differ between two moments, by row and cell. A row is the same one however its key changed.
   * What changed and changed back is no difference. It costs by what changed between the moments, not by the table's size.
   * In SQL: `SELECT * FROM diff('orders', @seq:1, @seq:4)`.
   */
  diff<T = Row>(a: Moment, b: Moment, options: DiffOptions): Promise<DiffEntry<T>[]>;

  /**
   * What changed in a query's result between two moments. Rows are compared as a whole, and as often as they occur: one
   * that only the first result has is a `DELETE`, one that only the second has an `INSERT`. With `key`, columns of the result that
   * tell its rows apart, a row that is in both with other values is an `UPDATE`.
   */
  diffQuery<T = Row>(sql: string, a: Moment, b: Moment, options?: DiffQueryOptions): Promise<DiffEntry<T>[]>;

  /**
   * Commits and what each did to the rows of tables: first those that there are, then each new one as it is made; none is left out
   * and none comes twice. They are read when they are asked for, so that a slow reader costs nothing. It ends with
   * `break`, with an error when the signal fires (`CANCELLED`) and when the database is closed (`CLOSED`).
   *
   * ```ts
   * for await (const { seq, changes } of db.changes({ since: 41, tables: ['orders'] })) …
   * ```
   */
  changes<T = Row>(options?: ChangesOptions): AsyncIterableIterator<Change<T>>;

  /**
   * Answers a query at once, and again when a commit touched what it read: it is not asked after commits that changed other tables,
   * other rows than those its conditions on one table let through, or columns it does not read. The callback is called with each result
   * in order, for the first time before the promise resolves; errors of the first answer, of `refresh` and of `setAsOf`
   * go to who called. What it reads is committed: it is a session of its own. It may only read.
   */
  live<T = Row>(sql: string, params?: Parameters | null, callback?: LiveCallback<T> | null, options?: LiveOptions): Promise<LiveQuery<T>>;

  /**
   * Gives a state a name, by which it is a {@link Moment}. A name that is taken is an error (`DUPLICATE_OBJECT`); drop that tag first.
   *
   * @param moment default: the present
   */
  tag(name: string, moment?: Moment, options?: WriteOptions): Promise<RunResult>;

  /** Takes a name away; the state stays. */
  dropTag(name: string, options?: WriteOptions): Promise<RunResult>;

  /**
   * Brings rows of a table back to what they were, as a new commit; the past stays. What was deleted since is there again,
   * what was inserted since is gone. Constraints hold, or the error says which row: no other rows
   * are changed, not by the actions of foreign keys either. A table that was dropped is there
   * again, with its past, and its sequences go on where they stood. Columns of a table that is there stay those of the
   * present; values of one whose type changed since are cast to it. In SQL: `RESTORE TABLE orders TO @seq:4 WHERE id = 7`.
   *
   * Without `table` it is the whole database, `RESTORE DATABASE TO @seq:4`, with its definitions: columns and their types,
   * constraints, indexes, views, materialized views, sequences, types and schemas are what they were, and what was made since
   * goes. Sequences go on where they stand, labels of enumerated types stay, and so do tags.
   */
  restore(moment: Moment, options?: RestoreOptions): Promise<RunResult>;

  /**
   * Reverses one commit, as a new one: what it changed becomes what it was before, value by value, and so does what it defined.
   * What it dropped comes back with its rows, what it made goes. Where a value changed again since, the policy decides.
   * What has another definition since is an error (`UNDO_CONFLICT`), which names it.
   */
  undo(seq: number, options?: UndoOptions): Promise<RunResult>;

  /**
   * Undoes the last `undo` that has not been redone, whoever made it and when: the commits tell. Null if there is none.
   */
  redo(options?: UndoOptions): Promise<RunResult | null>;

  /** The tags, by name. */
  tags(options?: CallOptions): Promise<TagInfo[]>;

  /** The commits from sequence `from` (default 0) to `to` (default the last), at most `limit`, oldest first. */
  commits(options?: CommitsOptions): Promise<CommitInfo[]>;

  /** The tables of the present, by name. */
  tables(options?: CallOptions): Promise<TableInfo[]>;

  /**
   * Registers a function for SQL: a scalar one (`call`), an aggregate (`step`), or one that the engine's worker loads (`module`). In place
   * of a definition a function itself will do; `null` takes out what has the name. A name has one function, folded to lower case as SQL
   * does; those of SQL's own are taken (`DUPLICATE_FUNCTION`). It is there for all who share the engine, until it is closed, and is stored nowhere: a view, check,
   * default or generated column that names it is an error (`UNDEFINED_FUNCTION`) where it is used and not registered.
   *
   * ```ts
   * await db.function('slug', { module: new URL('./functions.js', import.meta.url), export: 'slug', deterministic: true });
   * await db.function('median', { args: ['float8'], returns: 'float8', init: () => [], step: (all, x) => void all.push(x), finalize });
   * ```
   *
   * What it throws is the error `EXTERNAL_ROUTINE_EXCEPTION` of the statement. It answers at once, and cannot ask the engine for anything (`BUSY`).
   */
  function(
    name: string,
    definition: FunctionDefinition | ((...args: any[]) => unknown) | null,
    options?: CallOptions,
  ): Promise<void>;

  /**
   * What is committed, as a script of SQL that makes it anew in an empty database, here or in PostgreSQL: schemas, types, sequences, tables and their
   * rows, indexes, foreign keys, views and comments; materialized views get the rows that their query has then. The history is not in it, nor
   * tags and temporary tables. A moment in the text of a view means a commit of this database, and what names things by its `search_path`, or a
   * table with its schema whose columns were renamed since, is to be changed by hand. `''` for a database without a commit.
   *
   * ```ts
   * await copy.exec(await db.asOf('2026-01-15').export(), { atomic: true });
   * ```
   */
  export(options?: CallOptions): Promise<string>;

  status(options?: CallOptions): Promise<DatabaseStatus>;

  /**
   * Reads all of the storage again, with every checksum, link and hash, and compares every index with the rows. It changes nothing,
   * and calls go on meanwhile. What it finds can be read up to there: open the database with `salvage`, or make a new one of it by `Database.salvage`.
   * Another check of the same engine takes its place, and it does not outlive an engine that fails: it is then the error `CANCELLED`.
   */
  check(options?: CheckOptions): Promise<DatabaseCheck>;

  /**
   * Writes a checkpoint now and frees the storage that the log took before it, as happens by itself when the log has grown. Of the history
   * nothing goes, and calls go on meanwhile. Where there is no room it is an error (`QUOTA`), and everything is as it was; one that went with its engine, or
   * ended with another call's, is `CANCELLED`.
   */
  compact(options?: CheckOptions): Promise<DatabaseCompaction>;

  /** How large the database is: on storage, in memory, table by table. It reads no row for it. */
  stats(options?: CallOptions): Promise<DatabaseStats>;

  /** Waits until everything committed so far is on storage: of interest with `durability: 'relaxed'`. */
  flush(options?: CallOptions): Promise<void>;

  /**
   * Rolls back what is open, flushes and lets go of the storage, if this was the last `Database` that
   * shares the engine. Later calls reject with `CLOSED`.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  // The same, synchronously. Only with the engine on this thread (`{ worker: false }`, and the default
  // in Node), and not on `idb://`, whose storage is asynchronous: elsewhere they throw `UNSUPPORTED`.
  // A write that would have to wait for another transaction throws `LOCK_TIMEOUT` at once.

  execSync(sql: string, options?: ExecOptions): Results[];
  querySync<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Results<T>;
  prepareSync<T = Row>(sql: string, options?: QueryOptions): SyncStatement<T>;
  /** The callback must not be async. Its session is the database's own: use the database inside. */
  transactionSync<R>(callback: () => R, options?: TransactionOptions): R;
}

/** A prepared statement whose calls are synchronous: the fast path. */
export interface SyncStatement<T = Row> {
  readonly sql: string;
  readonly fields: Field[];
  readonly paramTypes: number[];
  query(params?: Parameters | null): Results<T>;
  get(params?: Parameters | null): T | undefined;
  run(params?: Parameters | null): RunResult;
  runMany(rows: Iterable<Parameters>): RunResult;
  iterate(params?: Parameters | null): IterableIterator<T>;
  close(): void;
  [Symbol.dispose](): void;
}
