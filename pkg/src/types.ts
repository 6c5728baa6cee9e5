/**
 * The whole public contract of `driftdb-wasm`. Everything an application can see is declared and
 * documented in this file; the other files only keep the promises made here.
 *
 * The one-minute tour:
 *
 * ```ts
 * import { Database } from 'driftdb-wasm';
 *
 * const db = await Database.open('opfs://shop');
 * await db.exec(`CREATE TABLE orders (id INT PRIMARY KEY, status TEXT)`);
 * await db.query('INSERT INTO orders VALUES ($1, $2)', [7, 'pending']);
 * await db.query('UPDATE orders SET status = $1 WHERE id = $2', ['paid', 7]);
 *
 * const before = db.asOf({ seq: 1 });
 * (await before.query('SELECT status FROM orders')).rows; // [{ status: 'pending' }]
 * (await db.history('orders', 7)).map((entry) => entry.row?.status); // ['pending', 'paid']
 * ```
 *
 * **Values.** What a column's type becomes in JavaScript, and what it accepts as a parameter:
 *
 * | SQL | from the database | as a parameter |
 * | --- | --- | --- |
 * | BOOLEAN | `boolean` | `boolean`, text |
 * | SMALLINT, INTEGER | `number` | `number` (whole), `bigint`, text |
 * | BIGINT | `number` while it is a safe integer, else `bigint` | the same |
 * | REAL, DOUBLE PRECISION | `number` | `number`, `bigint`, text |
 * | NUMERIC | `string`, exact | `string`, `number`, `bigint` |
 * | TEXT, VARCHAR, CHAR | `string` | `string`, and the text of a number, boolean, Date or object |
 * | DATE, TIMESTAMP, TIMESTAMPTZ | `Date`, to the millisecond; `'infinity'` is `Infinity` | `Date`, text, `±Infinity` |
 * | BYTEA | `Uint8Array` | `Uint8Array`, `ArrayBuffer`, other views |
 * | JSON, JSONB | the parsed value | any JSON value: objects, arrays; text is taken as JSON text |
 * | UUID | `string` | text |
 * | ENUM types | `string` | text |
 * | INTERVAL | `string`, as PostgreSQL writes it | text |
 * | arrays | an array of what their elements are | an array, and PostgreSQL's text of one: `'{1,2}'` |
 *
 * NULL is `null` in both directions. `undefined` as a parameter is an error (`WRONG_PARAMETERS`):
 * it is a misspelt property far more often than a NULL. A DATE or TIMESTAMP is read as if in UTC.
 */

// ---------------------------------------------------------------------------------------------
// Moments
// ---------------------------------------------------------------------------------------------

/**
 * A point in the database's time.
 *
 * - `{ seq: 1 }`: the state right after the commit with that sequence number (the first commit is 0).
 *   Anything else with a `seq` works too, so an entry of {@link Database.history} or of
 *   {@link Database.commits} can be handed over as it is.
 * - a `Date`: the last commit at or before the end of that millisecond.
 * - a string: a timestamp such as `'2026-01-15T10:00:00Z'`; without a zone it is UTC.
 * - `{ time }`: the same, spelt out.
 * - `{ tag: 'v1' }`: the state that {@link DatabaseApi.tag} gave the name; `UNDEFINED_TAG` if none has it.
 *
 * A `seq` after the last commit is an error (`MOMENT_IN_FUTURE`), a moment before the first commit
 * is one (`MOMENT_BEFORE_FIRST`); a time later than the last commit is the present.
 */
export type Moment =
  | { readonly seq: number | bigint }
  | { readonly time: Date | string }
  | { readonly tag: string }
  | Date
  | string;

// ---------------------------------------------------------------------------------------------
// Options
// ---------------------------------------------------------------------------------------------

/** Where a database is kept. */
export type StorageKind = 'memory' | 'opfs' | 'idb' | 'file';

/**
 * `'strict'`: a call resolves when what it committed has been flushed to storage. `'relaxed'`: when
 * it has been written; the flush follows within 250 ms, so the end of the log may be lost with the
 * operating system (never in part, never out of order).
 */
export type Durability = 'strict' | 'relaxed';

/** Rows as objects by column name, or as arrays in the order of the columns. */
export type RowMode = 'object' | 'array';

/** Turns the text that PostgreSQL would print for a value into what the application wants. */
export type Parser = (value: string) => unknown;
/** By type OID, as in `fields[].dataTypeID`; see {@link types}. NULL is never handed to a parser. */
export type Parsers = Readonly<Record<number, Parser>>;

/** Turns a parameter into text that PostgreSQL would read as the parameter's type. */
export type Serializer = (value: any) => string;
/** By the OID of the parameter's type. `null` is never handed to a serializer. */
export type Serializers = Readonly<Record<number, Serializer>>;

/** Taken by every call. */
export interface CallOptions {
  /** Stops the call when it fires: the call rejects with `CANCELLED`, and its statement has no effect. */
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the call rejects with `TIMEOUT`. Counted from the call, waiting included. */
  timeout?: number | undefined;
}

/** Taken by calls that may write. */
export interface WriteOptions extends CallOptions {
  /**
   * Kept with the commits of this call and given back by `history` and `commits`: who, why, from
   * where. Any JSON value. Inside a transaction the transaction's `meta` holds.
   */
  meta?: unknown;
}

/** Taken by calls that return rows. */
export interface QueryOptions extends WriteOptions {
  /** Default: that of the database, which is `'object'`. */
  rowMode?: RowMode | undefined;
  /** Added to those of the database. */
  parsers?: Parsers | undefined;
  /** Added to those of the database. */
  serializers?: Serializers | undefined;
  /** Asks the question of a past moment; the statement may then only read. See {@link Database.asOf}. */
  asOf?: Moment | undefined;
}

/** Taken by `exec`. */
export interface ExecOptions extends QueryOptions {
  /** All statements as one transaction: the first error undoes the ones before it. */
  atomic?: boolean | undefined;
}

/** Taken by `transaction`. `timeout` and `signal` hold for the whole of it. */
export interface TransactionOptions extends WriteOptions {
  /** The default of the statements inside. */
  rowMode?: RowMode | undefined;
}

/** Taken by `Database.open`. */
export interface OpenOptions extends CallOptions {
  /**
   * Where the engine runs. Default: in a worker that the package starts itself, where there are workers;
   * on this thread in Node.
   *
   * - `false`: on the calling thread, which then also gets the synchronous calls (`execSync`, …).
   *   In a browser OPFS needs that to be a dedicated worker.
   * - a `Worker`: one that runs the package's `worker.js`, for pages whose Content-Security-Policy
   *   or bundler wants to make it itself. It stays when its database is closed, and another can be
   *   opened in it then.
   */
  worker?: boolean | Worker | undefined;
  /**
   * The engine's WebAssembly, if it does not lie beside the package's JavaScript: an address, the
   * bytes, or a compiled module. Storage is opened while a promise of a module is waited for; if it
   * fails, the package loads the module itself.
   */
  wasm?: string | URL | BufferSource | WebAssembly.Module | Promise<WebAssembly.Module> | undefined;
  /** The script of the worker, if it does not lie beside the package's JavaScript. */
  workerUrl?: string | URL | undefined;
  /** Default `'strict'`. */
  durability?: Durability | undefined;
  /**
   * For `auto://`: what may be used where neither OPFS nor IndexedDB is there. Nothing by default,
   * which makes that an error, since a database in memory forgets.
   */
  allowFallback?: 'memory' | undefined;
  /** `false`: a database that does not exist yet is an error (`STORAGE_UNAVAILABLE`), not made. */
  create?: boolean | undefined;
  /** Accepts that an earlier database was lost (`DATA_LOSS`), and starts a new one in its place. */
  acceptDataLoss?: boolean | undefined;
  /** Milliseconds that a writing statement waits for another transaction to end. Default 5000. */
  lockTimeout?: number | undefined;
  /** The default of all calls. */
  rowMode?: RowMode | undefined;
  /** The default of all calls. */
  parsers?: Parsers | undefined;
  /** The default of all calls. */
  serializers?: Serializers | undefined;
}

// ---------------------------------------------------------------------------------------------
// Results
// ---------------------------------------------------------------------------------------------

/** A column of a result. */
export interface Field {
  name: string;
  /** PostgreSQL's OID of the type; {@link types} names them. */
  dataTypeID: number;
}

/** What one statement answered. */
export interface Results<T = Row> {
  rows: T[];
  fields: Field[];
  /** Rows that an INSERT, UPDATE, DELETE or TRUNCATE touched; 0 for everything else. */
  affectedRows: number;
  /** The commit that the statement made, or else the last commit it could see; null if there is none yet. */
  seq: number | null;
  /** `'SELECT'`, `'INSERT'`, `'CREATE TABLE'`, … */
  command: string;
}

/** A row in `rowMode: 'object'`. Of columns with the same name, the last one wins. */
export type Row = Record<string, any>;

/** Positional parameters: the first is `$1`. */
export type Parameters = readonly unknown[];

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
  /** The commit that ended this state; null while it lasts. A DELETE lasts until a row has the key again. */
  until: { seq: number; time: Date } | null;
  /** What the application said about the commit. */
  meta: unknown;
}

/** Taken by `diff`. */
export interface DiffOptions extends QueryOptions {
  table: string;
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
  table: string;
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

/** A table at a moment. */
export interface TableInfo {
  name: string;
  columns: ColumnInfo[];
  /** Names of the columns of the primary key, in its order. */
  primaryKey: string[];
  indexes: IndexInfo[];
}

export interface ColumnInfo {
  name: string;
  /** The type as PostgreSQL writes it, such as `character varying(20)`. */
  type: string;
  dataTypeID: number;
  nullable: boolean;
  /** The default's SQL text. */
  default: string | null;
}

export interface IndexInfo {
  name: string;
  columns: string[];
  unique: boolean;
}

/** What `info` tells; it never changes while the database is open. */
export interface DatabaseInfo {
  /** The URL it was opened with. */
  url: string;
  name: string;
  /** Which storage is in use; for `auto://` the one that was chosen. */
  storage: StorageKind;
  /** Why that one: for `auto://` what was tried and what the browser answered. */
  reason: string;
  /** Whether what is committed outlives this page. */
  persistent: boolean;
  /** Whether this call made the database; false when it was there before. */
  created: boolean;
  durability: Durability;
  /** Whether the engine runs in a worker, and the synchronous calls are therefore missing. */
  worker: boolean;
  /** The package's version. */
  version: string;
  /** What opening found in storage; null for a database in memory. */
  recovery: Recovery | null;
}

/** What opening a stored database found. Damage is not here: that is the error `CORRUPT` or `DATA_LOSS`. */
export interface Recovery {
  /**
   * Why nothing can be written, such as `QUOTA` (no room), `IO` or `FORMAT_TOO_NEW` (a later version of the
   * package wrote it); everything can still be read. Null: it can be written.
   */
  readOnly: { code: ErrorCode; message: string } | null;
  /**
   * Where a write was cut off that nobody was told of, since the browser or the machine ended in the middle of it;
   * null if nowhere. `seq` is what that commit would have been.
   */
  torn: { segment: number; file: number; offset: number; seq: number } | null;
  /** It has not been opened a second time yet, so its files have not proved to last. */
  provisional: boolean;
  /** How many there are. */
  commits: number;
  /** Of the log. */
  segments: number;
  /** Files of which one of two copies of a header is damaged; the other was used. */
  halfDamagedFiles: number[];
  /** Files of another database, which are left alone. */
  foreignFiles: number[];
}

/** What `status()` tells: counters of the running engine. */
export interface DatabaseStatus {
  /** The last commit that reads can see; null before the first. */
  appliedSeq: number | null;
  /** The last commit known to be on storage. */
  durableSeq: number | null;
  /** Statement texts that were parsed since the engine was opened. */
  parses: number;
  /** Statements that were answered from the plan cache. */
  planCacheHits: number;
  /** Index entries that look-ups have touched. */
  entriesTouched: number;
  /** Blocks of row versions held, over all tables. */
  blocks: number;
  /** Row versions held, over all tables. */
  versions: number;
  /** WebAssembly memory in use, in bytes. */
  memoryBytes: number;
  /** How often the engine was opened anew after a crash or a failure of storage. */
  restarts: number;
  /**
   * Why nothing can be written now; see {@link Recovery}. Null: it can be. After a write that was refused for want of
   * room, later calls try again now and then.
   */
  readOnly: { code: ErrorCode; message: string } | null;
}

// ---------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------

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
   * of deleted rows too.
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
   * Gives a state a name, by which it is a {@link Moment}. A name that is taken is an error (`DUPLICATE_OBJECT`); drop that tag first.
   *
   * @param moment default: the present
   */
  tag(name: string, moment?: Moment, options?: WriteOptions): Promise<RunResult>;

  /** Takes a name away; the state stays. */
  dropTag(name: string, options?: WriteOptions): Promise<RunResult>;

  /**
   * Brings rows of a table back to what they were, as a new commit; the past stays. What was deleted since is there again,
   * what was inserted since is gone. Constraints hold, or the error says which row. A table that was dropped is made
   * again. Columns stay those of the present. In SQL: `RESTORE TABLE orders TO @seq:4 WHERE id = 7`.
   */
  restore(moment: Moment, options: RestoreOptions): Promise<RunResult>;

  /**
   * Reverses one commit, as a new one: what it changed becomes what it was before, value by value. Where that changed again
   * since, the policy decides. A table that has other columns since is an error (`UNDO_CONFLICT`), which names it.
   */
  undo(seq: number, options?: UndoOptions): Promise<RunResult>;

  /** Undoes the last `undo` of this object that has not been redone; null if there is none. */
  redo(options?: UndoOptions): Promise<RunResult | null>;

  /** The tags, by name. */
  tags(options?: CallOptions): Promise<TagInfo[]>;

  /** The commits from sequence `from` (default 0) to `to` (default the last), at most `limit`, oldest first. */
  commits(options?: CallOptions & { from?: number; to?: number; limit?: number }): Promise<CommitInfo[]>;

  /** The tables of the present, by name. */
  tables(options?: CallOptions): Promise<TableInfo[]>;

  status(options?: CallOptions): Promise<DatabaseStatus>;

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

// ---------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------

/**
 * What went wrong, as `error.code`. The names never change; new ones may be added.
 */
export type ErrorCode =
  // the text
  | 'SYNTAX_ERROR'
  | 'UNSUPPORTED'
  // names and types
  | 'UNDEFINED_TABLE'
  | 'UNDEFINED_COLUMN'
  | 'UNDEFINED_FUNCTION'
  | 'UNDEFINED_OBJECT'
  | 'UNDEFINED_PARAMETER'
  | 'UNDEFINED_PREPARED_STATEMENT'
  | 'DUPLICATE_PREPARED_STATEMENT'
  | 'DUPLICATE_TABLE'
  | 'DUPLICATE_COLUMN'
  | 'DUPLICATE_ALIAS'
  | 'DUPLICATE_OBJECT'
  | 'AMBIGUOUS_COLUMN'
  | 'AMBIGUOUS_FUNCTION'
  | 'INVALID_COLUMN_REFERENCE'
  | 'INVALID_OBJECT_DEFINITION'
  | 'INVALID_FOREIGN_KEY'
  | 'FOREIGN_KEY_VIOLATION'
  | 'GENERATED_ALWAYS'
  | 'SEQUENCE_GENERATOR_LIMIT_EXCEEDED'
  | 'OBJECT_NOT_IN_PREREQUISITE_STATE'
  | 'CANT_CHANGE_RUNTIME_PARAM'
  | 'DATATYPE_MISMATCH'
  | 'INVALID_RECURSION'
  | 'INDETERMINATE_DATATYPE'
  | 'CANNOT_COERCE'
  | 'GROUPING_ERROR'
  | 'WINDOWING_ERROR'
  | 'WRONG_OBJECT_TYPE'
  | 'INVALID_NAME'
  | 'DEPENDENT_OBJECTS_STILL_EXIST'
  | 'INVALID_TABLE_DEFINITION'
  | 'UNDEFINED_SCHEMA'
  | 'DUPLICATE_SCHEMA'
  /** Too few or too many parameters, or one that is `undefined`, a function or a symbol. */
  | 'WRONG_PARAMETERS'
  // values
  | 'NUMERIC_VALUE_OUT_OF_RANGE'
  | 'DIVISION_BY_ZERO'
  | 'INVALID_TEXT_REPRESENTATION'
  | 'INVALID_DATETIME_FORMAT'
  | 'DATETIME_FIELD_OVERFLOW'
  | 'INTERVAL_FIELD_OVERFLOW'
  | 'INVALID_TIME_ZONE_DISPLACEMENT'
  | 'INVALID_PARAMETER_VALUE'
  | 'INVALID_ROW_COUNT_IN_LIMIT'
  | 'INVALID_ROW_COUNT_IN_OFFSET'
  | 'INVALID_PRECEDING_OR_FOLLOWING_SIZE'
  | 'INVALID_ARGUMENT_FOR_NTILE'
  | 'INVALID_ARGUMENT_FOR_NTH_VALUE'
  | 'NULL_VALUE_NOT_ALLOWED'
  | 'INVALID_ARGUMENT_FOR_POWER'
  | 'INVALID_ARGUMENT_FOR_LOGARITHM'
  | 'INVALID_ARGUMENT_FOR_WIDTH_BUCKET'
  | 'INVALID_REGULAR_EXPRESSION'
  | 'INVALID_ESCAPE_SEQUENCE'
  | 'SUBSTRING_ERROR'
  | 'ARRAY_SUBSCRIPT_ERROR'
  | 'STRING_DATA_RIGHT_TRUNCATION'
  | 'CHARACTER_NOT_IN_REPERTOIRE'
  | 'UNTRANSLATABLE_CHARACTER'
  | 'CARDINALITY_VIOLATION'
  // constraints
  | 'NOT_NULL_VIOLATION'
  | 'UNIQUE_VIOLATION'
  | 'CHECK_VIOLATION'
  // transactions
  | 'IN_FAILED_TRANSACTION'
  | 'NO_ACTIVE_TRANSACTION'
  | 'ACTIVE_TRANSACTION'
  | 'UNDEFINED_SAVEPOINT'
  | 'READ_ONLY'
  /** Another transaction kept writing for longer than `lockTimeout`. */
  | 'LOCK_TIMEOUT'
  // moments
  | 'MOMENT_IN_FUTURE'
  | 'MOMENT_BEFORE_FIRST'
  | 'MOMENT_PRUNED'
  | 'UNDEFINED_TAG'
  /** Values that were to be undone changed again since; `detail` lists them. */
  | 'UNDO_CONFLICT'
  // limits and interruptions
  | 'CANCELLED'
  | 'TIMEOUT'
  | 'LIMIT_LENGTH'
  | 'LIMIT_COMPLEXITY'
  | 'LIMIT_COLUMNS'
  | 'LIMIT_ARGUMENTS'
  | 'LIMIT_ROWS'
  | 'MEMORY_LIMIT'
  // storage
  /** The stored bytes contradict each other. Nothing was changed. */
  | 'CORRUPT'
  | 'FORMAT_TOO_NEW'
  /** A read, write or flush failed. */
  | 'IO'
  /** The browser refuses more space. What was committed before can still be read. */
  | 'QUOTA'
  /** The storage failed in the middle of a commit: read the database to learn whether it happened. */
  | 'COMMIT_UNKNOWN'
  /** A database that was there before is gone from the browser's storage. */
  | 'DATA_LOSS'
  /** Another tab or process has this database open. */
  | 'BUSY'
  /** Another tab wrote to this database. */
  | 'FENCED'
  | 'CLOSED'
  | 'INVALID_URL'
  /** The browser lacks the storage asked for, or forbids it here. */
  | 'STORAGE_UNAVAILABLE'
  /** The engine failed and was discarded; the next call opens it anew from storage. */
  | 'ENGINE_CRASHED'
  | 'INTERNAL';

/** The one error class. Its `message` is for people; programs read `code`. */
export interface DatabaseErrorInfo {
  readonly code: ErrorCode;
  /** PostgreSQL's SQLSTATE, such as `'23505'`. */
  readonly sqlstate: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Where in `query` it went wrong: one-based, counted in characters (code points), as PostgreSQL counts. */
  readonly position?: number | undefined;
  /** The SQL text of the call. */
  readonly query?: string | undefined;
  /** For `exec`: the number of the statement that failed, from 0. */
  readonly statementIndex?: number | undefined;
  /** For `exec`: what the statements before it answered. */
  readonly results?: Results[] | undefined;
  /** The table and the constraint that a row violated. */
  readonly table?: string | undefined;
  readonly constraint?: string | undefined;
}
