/**
 * What is asked of an engine and what it answers, wherever it runs: on this thread, or in a worker,
 * where these are the messages. SQL text and columns cross; rows are built where they are wanted.
 */

import type { WireError } from './error.js';
import type { Declared } from './functions.js';
import type { WireMoment } from './moment.js';
import type { Notices } from './notices.js';
import type { DatabaseInfo, DatabaseStatus, Durability } from './types.js';

/** What every request that runs SQL may carry. */
export interface Asking {
  moment?: WireMoment | undefined;
  /** As JSON text. */
  meta?: string | undefined;
  /** OIDs of the types whose values are wanted as text, since there is a parser for them. */
  texts?: number[] | undefined;
}

export type Request =
  /** Any number of statements, or with `single` exactly one, which may have parameters. */
  | ({ kind: 'exec'; session: number; sql: string; atomic: boolean; single: boolean; params?: Uint8Array | undefined } & Asking)
  /** A prepared statement, once for each row of parameters. */
  | ({ kind: 'run'; session: number; statement: number; params: Uint8Array; many: boolean } & Asking)
  /** Answers two results without rows or with: the fields, and the OIDs of the parameters. */
  | { kind: 'prepare'; session: number; sql: string; moment?: WireMoment | undefined }
  | { kind: 'forget'; session: number; statement: number }
  /** The key's values, and the names of their columns if it was given by name. */
  | ({ kind: 'history'; session: number; table: string; key: Uint8Array; names?: string[] | undefined } & Asking)
  | { kind: 'commits'; session: number; from: number; to: number; limit: number }
  | { kind: 'tables'; session: number; moment?: WireMoment | undefined }
  | { kind: 'status'; session: number }
  /** Whether a query may answer something else at a moment, or now, than before commit `from`, and where that is. */
  | { kind: 'touched'; session: number; sql: string; params?: Uint8Array | undefined; moment?: WireMoment | undefined; from: number }
  /** Begins a check with `from` 0, goes on with it with 1, and leaves it with 2. */
  | { kind: 'check'; session: number; from: number }
  /** The same for a compaction. */
  | { kind: 'compact'; session: number; from: number }
  | { kind: 'stats'; session: number }
  /** The same for a salvage to a new database. */
  | { kind: 'salvage'; session: number; to: string; from: number }
  /** Registers a function for all sessions, or with null takes out the one of that name. */
  | { kind: 'function'; session: number; name: string; declared: Declared | null }
  | { kind: 'flush'; session: number }
  /** Rolls back what the session left open, and forgets it. */
  | { kind: 'end'; session: number };

/** The answer: results one after another, even beside an error (those of the statements before it). */
export interface Reply {
  results: Uint8Array;
  /** For `prepare`. */
  statement?: number | undefined;
  /** For `status` and `stats`: what the engine cannot know of itself. */
  host?: Pick<DatabaseStatus, 'memoryBytes' | 'restarts' | 'readOnly' | 'inTransaction'> | undefined;
  error?: WireError | undefined;
}

/** Why a call is to be stopped. */
export type Why = 'CANCELLED' | 'TIMEOUT';

/** The error of a call that was stopped. */
export function stopped(why: Why): WireError {
  const message = why === 'TIMEOUT' ? 'the call took longer than its timeout' : 'the call was cancelled';
  return { code: why, message, sqlstate: '57014' };
}

/** What the page remembers of a database outside its storage: enough to notice that it is gone. */
export interface Sentinel {
  /** The last commit that was known to be durable; null before the first. */
  seq: number | null;
}

/** Everything that opening needs to know, as plain data but for a promised module. */
export interface Opening {
  url: string;
  durability: Durability;
  allowMemory: boolean;
  create: boolean;
  acceptDataLoss: boolean;
  /** Opens what is damaged, up to there, to be read. */
  salvage: boolean;
  lockTimeout: number;
  /** Bytes; 0 for the engine's default. */
  memory: number;
  /** By storage. */
  sentinels: { opfs?: Sentinel | undefined; idb?: Sentinel | undefined };
  wasm?: string | BufferSource | WebAssembly.Module | Promise<WebAssembly.Module> | undefined;
  /** Whether the engine is on another thread than the caller's. */
  worker: boolean;
}

/** A session that another worker has had. */
export interface KnownSession {
  number: number;
  /** Its transaction is lost: only a ROLLBACK may follow. */
  inTransaction: boolean;
  statements: { id: number; sql: string; moment?: WireMoment | undefined }[];
}

/** What another worker has had. */
export interface Known {
  sessions: KnownSession[];
  functions: [name: string, declared: Declared][];
  restarts: number;
}

export type ToWorker =
  /**
   * With `moduleFollows` the engine's module comes in a message of its own, while storage is being opened. A worker that takes the place of
   * another is handed what is `known` of that.
   */
  | { type: 'open'; opening: Opening; moduleFollows: boolean; known?: Known | undefined }
  /** None: the worker loads it. */
  | { type: 'module'; module: WebAssembly.Module | undefined }
  | { type: 'call'; id: number; request: Request }
  | { type: 'cancel'; id: number; why: Why }
  /** Is to be answered at once. */
  | { type: 'listen' }
  | { type: 'close' };

export type FromWorker =
  /** With the last commit. */
  | { type: 'opened'; info: DatabaseInfo; seq: number }
  /** With whether the session is in a transaction now. */
  | { type: 'reply'; id: number; reply: Reply; inTransaction: boolean }
  | { type: 'listening' }
  /** There are commits up to this one, and whether they are on storage. */
  | { type: 'commits'; seq: number; stored: boolean }
  /** It cannot be opened. */
  | { type: 'failed'; error: WireError }
  /** With an error: what was not on storage yet may be lost. */
  | { type: 'closed'; error?: WireError };

/** An engine to talk to. */
export interface Connection {
  readonly info: DatabaseInfo;
  /** Of commits that replies may tell of. */
  readonly notices: Notices;
  /** Never rejects for what the engine answers: an error is in the reply. */
  call(request: Request, options?: { signal?: AbortSignal | undefined; timeout?: number | undefined }): Promise<Reply>;
  /** Ends a worker that does not listen any more, before something waits for it that nobody can stop. */
  checkListening?(): void;
  close(): Promise<void>;
}
