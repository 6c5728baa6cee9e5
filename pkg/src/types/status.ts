/** What an open database tells about itself. */

import type { Signal } from './environment.js';
import type { ErrorCode } from './errors.js';
import type { Durability, OpenOptions, StorageKind } from './options.js';

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

/** What opening a stored database found. Damage is the error `CORRUPT` or `DATA_LOSS`, unless it was opened with `salvage`. */
export interface Recovery {
  /**
   * Why nothing can be written, such as `QUOTA` (no room), `IO` or `FORMAT_TOO_NEW` (a later version of the
   * package wrote it); everything can still be read. Null: it can be written.
   */
  readOnly: { code: ErrorCode; message: string } | null;
  /** Opened with `salvage`: the damage before which it ends. Null: there is none. */
  damage: { code: ErrorCode; message: string } | null;
  /** Where that is, if it lies in the log: `seq` is of the commit that should be there. */
  damagedAt: LogPlace | null;
  /**
   * Opened with `salvage`: what is damaged in the checkpoint, of which all is there but the rows of `lostTables`. Null: nothing is, or it was not
   * read.
   */
  checkpointDamage: { code: ErrorCode; message: string } | null;
  /**
   * The tables of which rows are lost, with their schemas where these are not `public`; as a rule there are none. A database that was made by
   * `Database.salvage` keeps them: whoever reads or writes one gets `CORRUPT`, at whatever moment, and `DROP TABLE` drops it.
   */
  lostTables: string[];
  /**
   * Where a write was cut off that nobody was told of, since the browser or the machine ended in the middle of it;
   * null if nowhere. `seq` is what that commit would have been.
   */
  torn: LogPlace | null;
  /** It has not been opened a second time yet, so its files have not proved to last. */
  provisional: boolean;
  /** How many there are. */
  commits: number;
  /** How many there were once, at least, by what was written down about it. */
  known: number;
  /** Of the log. */
  segments: number;
  /** Files of which one of two copies of a header is damaged; the other was used. */
  halfDamagedFiles: number[];
  /** Files of another database, which are left alone. */
  foreignFiles: number[];
}

/** A place in the log. */
export interface LogPlace {
  segment: number;
  /** The number of a file, and where in it. */
  file: number;
  offset: number;
  seq: number;
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
  /** Whether this database's own calls are in a transaction: a BEGIN that no COMMIT or ROLLBACK has ended. */
  inTransaction: boolean;
  /** How often the engine was opened anew after a crash or a failure of storage. */
  restarts: number;
  /**
   * Why nothing can be written now; see {@link Recovery}. Null: it can be. After a write that was refused for want of
   * room, later calls try again now and then.
   */
  readOnly: { code: ErrorCode; message: string } | null;
}

/** Taken by `check` and `compact`, and with more by `salvage`. */
export interface CheckOptions {
  /** Stops it. */
  signal?: Signal | undefined;
  /** Is told how much is done, of how much as far as that is known. */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

/** Taken by `salvage`. */
export interface SalvageOptions extends CheckOptions, Pick<OpenOptions, 'worker' | 'wasm' | 'workerUrl' | 'memory'> {}

/** What came of `salvage`. */
export interface DatabaseSalvage {
  /** How many the new database has, which are the first ones. */
  commits: number;
  /** Why there are no more, and where; see {@link Recovery}. Null: nothing is damaged. */
  damage: Recovery['damage'];
  damagedAt: LogPlace | null;
  /** What is damaged of the checkpoint, and the tables whose rows are lost with it. All other tables are whole. */
  checkpointDamage: Recovery['checkpointDamage'];
  lostTables: string[];
  torn: LogPlace | null;
  /** The first commit that is lost; null where nothing is damaged. */
  lostFrom: number | null;
  /** How many are lost, at least. */
  lost: number;
}

/** What `check` found. */
export interface DatabaseCheck {
  /** What is wrong; empty if nothing is. */
  problems: DatabaseProblem[];
  /** Bytes of frames and of a checkpoint that were read; 0 for a database in memory. */
  bytes: number;
  /** Row versions that were compared with the indexes. */
  versions: number;
}

/** Something that is not as it was written. */
export interface DatabaseProblem {
  /** `CORRUPT` for what is damaged, `DATA_LOSS` for what is missing, `IO` where storage could not be read. */
  code: ErrorCode;
  message: string;
  /** Of the log, if it is there. */
  segment: number | null;
  /** The number of a file, and where in it, as far as it is known. */
  file: number | null;
  offset: number | null;
}

/** What came of `compact`. */
export interface DatabaseCompaction {
  /** Of all files, before it and behind it; 0 for a database in memory. */
  bytesBefore: number;
  bytesAfter: number;
  /** How many commits are in the checkpoint. */
  commits: number;
}

/** What `stats` tells. Sizes are in bytes. */
export interface DatabaseStats {
  /** How many there are; all of them can be read. */
  commits: number;
  /** When the first and the last were made. */
  first: Date | null;
  last: Date | null;
  /** Row versions of all times, over all tables, dropped ones included, and the blocks that hold them. */
  versions: number;
  blocks: number;
  memory: {
    /** By blocks and indexes, roughly. */
    held: number;
    /** Beyond how much what storage holds is dropped; null where nothing is. */
    budget: number | null;
    /** By everything in the engine, and how much that may be. */
    used: number;
    max: number;
    /** By the WebAssembly instance, which gives nothing back. */
    reserved: number;
  };
  /** Null for a database in memory. */
  storage: DatabaseFiles | null;
  /** Those of the present, by name, and materialized views, but none whose rows are lost, see {@link Recovery.lostTables}. */
  tables: TableStats[];
}

/** What is on storage. */
export interface DatabaseFiles {
  /** Of all files, with what is kept free in them. */
  bytes: number;
  files: number;
  /** Of the log, and how many segments that is. */
  log: number;
  segments: number;
  /** Of the last checkpoint, and how many of the commits are in it. The log has the others. */
  checkpoint: number;
  checkpointed: number;
}

/** How large a table is in memory. */
export interface TableStats {
  /** With its schema, unless that is `public`. */
  name: string;
  /** Rows of the present, and versions of rows that are past. */
  rows: number;
  past: number;
  /** Blocks of row versions, and what they take. */
  blocks: number;
  bytes: number;
  indexes: { name: string; bytes: number }[];
}
