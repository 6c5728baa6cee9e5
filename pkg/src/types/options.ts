/** What calls can be told. */

import type { Address, Signal, WasmModule, WebWorker } from './environment.js';
import type { Moment } from './moments.js';

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
  signal?: Signal | undefined;
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

/** Taken by `commits`. */
export interface CommitsOptions extends CallOptions {
  from?: number | undefined;
  to?: number | undefined;
  limit?: number | undefined;
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
  worker?: boolean | WebWorker | undefined;
  /**
   * The engine's WebAssembly, if it does not lie beside the package's JavaScript: an address, the
   * bytes, or a compiled module. Storage is opened while a promise of a module is waited for; if it
   * fails, the package loads the module itself.
   */
  wasm?: string | Address | ArrayBuffer | ArrayBufferView<ArrayBuffer> | WasmModule | Promise<WasmModule> | undefined;
  /** The script of the worker, if it does not lie beside the package's JavaScript. */
  workerUrl?: string | Address | undefined;
  /** Default `'strict'`. */
  durability?: Durability | undefined;
  /**
   * For `auto://`: what may be used where neither OPFS nor IndexedDB is there. Nothing by default,
   * which makes that an error, since a database in memory forgets.
   */
  allowFallback?: 'memory' | undefined;
  /**
   * `false`: a database that does not exist yet is an error (`STORAGE_UNAVAILABLE`), not made. One that did exist, and was lost by the
   * browser or deleted by other means than `Database.delete`, is `DATA_LOSS` in any case.
   */
  create?: boolean | undefined;
  /** Accepts that an earlier database was lost (`DATA_LOSS`), and starts a new one in its place. */
  acceptDataLoss?: boolean | undefined;
  /**
   * Opens a damaged database (`CORRUPT`), or one of which a part is missing (`DATA_LOSS`), for reading only: every commit before
   * the damage is there, and of a checkpoint that is damaged every table but those whose rows were in what is damaged. Nothing is written. `info.recovery` tells where it ends.
   */
  salvage?: boolean | undefined;
  /** Milliseconds that a writing statement waits for another transaction to end. Default 5000. */
  lockTimeout?: number | undefined;
  /**
   * How much memory the engine may use, in bytes or as a text: `'100 MB'` (that is the default), `'64 MiB'`, `'1 GB'` (the most
   * for a database in storage; what is beyond is `INVALID_PARAMETER_VALUE`).
   *
   * A database in storage keeps what it uses in memory up to there. Beyond it, what storage holds is dropped, what was used
   * last being kept, and read again when it is needed: a database may be many times larger. It needs some more while a
   * statement runs that reads many blocks at once, and keeps what is not in a checkpoint yet; over IndexedDB, which cannot
   * answer at once, it also keeps what a checkpoint holds in its packed form. What a statement sorts, groups, joins and
   * answers may take as much again (512 MiB where nothing is said); more fails with `MEMORY_LIMIT` and changes nothing.
   *
   * A database in `memory://` has nowhere to read anything again from: what is said here, 3 GiB by default and at most, is what
   * all of it may take. What would take more fails with `MEMORY_LIMIT`. Writing ends at five sixths, and for a
   * transaction where committing it would take more, so that everything can still be read.
   *
   * What ends with the memory of the device is the engine itself (`ENGINE_CRASHED`): a database in storage is then opened
   * anew, one in memory is lost.
   */
  memory?: number | string | undefined;
  /** The default of all calls. */
  rowMode?: RowMode | undefined;
  /** The default of all calls. */
  parsers?: Parsers | undefined;
  /** The default of all calls. */
  serializers?: Serializers | undefined;
}
