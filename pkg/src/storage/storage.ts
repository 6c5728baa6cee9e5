import type { StorageKind } from '../types.js';
import type { FilePool } from './files.js';
import type { IdbPieces } from './idb.js';

/** A storage that has been opened, exclusively. */
export interface OpenStorage {
  readonly kind: StorageKind;
  /** Whether nothing was stored there before. */
  readonly fresh: boolean;
  /** Numbered files with synchronous access. */
  readonly files?: FilePool;
  /** Pieces of files, stored asynchronously. */
  readonly pieces?: IdbPieces;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** Storage in memory: there is nothing to open, and nothing is kept. */
export const MEMORY: OpenStorage = { kind: 'memory', fresh: true, close: async () => {} };
