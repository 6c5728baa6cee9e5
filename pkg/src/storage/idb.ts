/**
 * IndexedDB: the files of a database as pieces, all of which the engine is handed when it is opened.
 *
 * ```text
 *   store 'pieces'   key [file, offset, 0]   value { n, bytes }   n orders pieces that overlap
 *   store 'meta'     key 'head'           value { owner, n, format }
 * ```
 *
 * Each group commit is one strict transaction that puts its pieces and advances the head; it compares
 * the head with the one this opener wrote last, so a second writer is noticed by whichever comes later
 * (`FENCED`), even where Web Locks are missing. It counts as stored on `complete` and never earlier.
 * Many small pieces in a row are put together into a larger one on the way.
 */

import { DatabaseError, describe } from '../error.js';
import { isQuota } from './files.js';
import { lockOrBusy } from './opfs.js';
import type { OpenStorage } from './storage.js';

const FORMAT = 1;
/** Chromium moves larger values to files of their own, which fare worse. */
const PIECE_BYTES_MAX = 48 * 1024;
const TAIL_PIECES_MAX = 64;
const BLOCKED_FOR = 5000;
/** IndexedDB fails to open now and then for no reason of ours. */
const OPEN_ATTEMPTS = 3;

export interface Piece {
  file: number;
  offset: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A range of a file. */
export interface Wanted {
  file: number;
  offset: number;
  length: number;
}

interface Head {
  owner: string;
  n: number;
  format: number;
}

type Key = [file: number, offset: number, n: number];

interface Stored {
  n: number;
  bytes: Uint8Array;
}

const databaseName = (name: string) => `driftdb:${name}`;

/** Opens a database, made if `create` says so; undefined if there is none. */
export async function openIdb(name: string, create: boolean, relaxed: boolean): Promise<OpenStorage | undefined> {
  if (typeof indexedDB === 'undefined') throw new DatabaseError('STORAGE_UNAVAILABLE', 'the browser has no IndexedDB here');
  const unlock = await lockOrBusy(`driftdb:idb:${name}`, name);
  let connection: IDBDatabase | undefined;
  try {
    connection = await connect(name, create);
    const pieces = connection && new IdbPieces(connection, name, relaxed);
    await pieces?.takeOver();
    if (!pieces || (pieces.empty && !create)) {
      connection?.close();
      unlock();
      return undefined;
    }
    return {
      kind: 'idb',
      fresh: pieces.empty,
      pieces,
      close: async () => {
        pieces.connection.close();
        unlock();
      },
    };
  } catch (error) {
    connection?.close();
    unlock();
    throw asError(error);
  }
}

/** Deletes a database; `before` is done when it is open nowhere. */
export async function deleteIdb(name: string, before: () => Promise<void>): Promise<void> {
  if (typeof indexedDB === 'undefined') throw new DatabaseError('STORAGE_UNAVAILABLE', 'the browser has no IndexedDB here');
  const unlock = await lockOrBusy(`driftdb:idb:${name}`, name);
  try {
    await before();
    await settle(indexedDB.deleteDatabase(databaseName(name)), name);
  } catch (error) {
    throw asError(error);
  } finally {
    unlock();
  }
}

export class IdbPieces {
  readonly #owner = crypto.randomUUID();
  /** Whose head the next write must find: this opener's, once it has written one. */
  #before: string = this.#owner;
  /** The number of the last write. */
  #n = 0;
  /** By file: small pieces stored one after another since they were last put together. */
  #tails = new Map<number, Piece[]>();
  /** By file and offset: the length of the piece stored there. */
  #lengths = new Map<string, number>();
  /** Pieces that no commit depends on yet, for which there was no room: they go with the next ones. */
  #postponed: Piece[] = [];
  /** Set when the connection was closed from outside: the browser's doing, or another tab's upgrade. */
  #lost: string | undefined;

  constructor(
    readonly connection: IDBDatabase,
    readonly name: string,
    readonly relaxed: boolean,
  ) {
    connection.onclose = () => {
      this.#lost = 'the browser closed the connection';
    };
    connection.onversionchange = () => {
      this.#lost = 'another page deletes or upgrades the database';
      connection.close();
    };
  }

  /** Whether nothing was ever stored. */
  get empty(): boolean {
    return this.#n === 0;
  }

  /** Makes this opener the one whose head counts. */
  async takeOver(): Promise<void> {
    const transaction = this.#transaction('readwrite');
    const meta = transaction.objectStore('meta');
    let head: Head | undefined;
    const read = meta.get('head') as IDBRequest<Head | undefined>;
    read.onsuccess = () => {
      head = read.result;
      if (head && head.format > FORMAT) {
        transaction.abort();
        return;
      }
      meta.put({ owner: this.#owner, n: head?.n ?? 0, format: FORMAT } satisfies Head, 'head');
    };
    await completed(transaction).catch((error: unknown) => {
      if (head && head.format > FORMAT) {
        throw new DatabaseError('FORMAT_TOO_NEW', `the database '${this.name}' was written by a newer version of this package`);
      }
      // Without room for the head everything can still be read; the first commit takes over.
      if (!head || !isQuota(error)) throw error;
      this.#before = head.owner;
    });
    this.#n = head?.n ?? 0;
  }

  /** Every piece, in the order they were written. */
  async load(): Promise<Piece[]> {
    const found = await this.#find();
    this.#tails.clear();
    this.#lengths.clear();
    for (const { file, offset, bytes } of found) this.#noteLength(`${file}:${offset}`, bytes.length);
    return found;
  }

  /** The bytes of a range as they are stored, or will be before any others; zeros where nothing is. */
  async read({ file, offset, length }: Wanted): Promise<Piece> {
    const bytes = new Uint8Array(length);
    const stored = await this.#find(IDBKeyRange.bound([file, offset - PIECE_BYTES_MAX], [file, offset + length]));
    for (const piece of [...stored, ...this.#postponed.filter((piece) => piece.file === file)]) {
      if (piece.bytes.length === 0) bytes.fill(0);
      const from = Math.max(piece.offset, offset);
      const to = Math.min(piece.offset + piece.bytes.length, offset + length);
      if (from < to) bytes.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
    }
    return { file, offset, bytes };
  }

  async #find(range?: IDBKeyRange): Promise<Piece[]> {
    const transaction = this.#transaction('readonly');
    const store = transaction.objectStore('pieces');
    const keys = store.getAllKeys(range) as unknown as IDBRequest<Key[]>;
    const values = store.getAll(range) as IDBRequest<Stored[]>;
    await completed(transaction);
    const order = values.result.map((stored, index) => ({ stored, key: keys.result[index] as Key }));
    order.sort((a, b) => a.stored.n - b.stored.n);
    return order.map(({ stored, key }) => ({ file: key[0], offset: key[1], bytes: stored.bytes as Uint8Array<ArrayBuffer> }));
  }

  /** Whether there are pieces to be stored later. */
  get isFull(): boolean {
    return this.#postponed.length > 0;
  }

  /** Stores pieces later, before any others. */
  postpone(pieces: Piece[]): void {
    this.#postponed = withoutEmptied([...this.#postponed, ...pieces]);
  }

  /** Stores pieces in one transaction; resolves when it is complete. */
  async store(newer: Piece[]): Promise<void> {
    const pieces = withoutEmptied([...this.#postponed, ...newer]);
    const transaction = this.#transaction('readwrite');
    const meta = transaction.objectStore('meta');
    const store = transaction.objectStore('pieces');
    const before = this.#n;
    let n = before;
    let fenced = false;
    const read = meta.get('head') as IDBRequest<Head | undefined>;
    read.onsuccess = () => {
      const head = read.result;
      if (head?.owner !== this.#before || head.n !== before) {
        fenced = true;
        transaction.abort();
        return;
      }
      for (const piece of pieces.flatMap(split)) {
        this.#put(store, piece, (n += 1));
        if (piece.bytes.length === 0) continue;
        const tail = follow(this.#tails.get(piece.file), piece);
        this.#tails.set(piece.file, tail.length < TAIL_PIECES_MAX ? tail : [this.#putTogether(store, tail, (n += 1))]);
      }
      meta.put({ owner: this.#owner, n, format: FORMAT } satisfies Head, 'head');
      transaction.commit?.();
    };
    try {
      await completed(transaction);
    } catch (error) {
      this.#tails.clear();
      if (fenced) throw new DatabaseError('FENCED', `another page has written to the database '${this.name}'`);
      throw error;
    }
    this.#n = n;
    this.#before = this.#owner;
    this.#postponed = [];
  }

  /** A piece shorter than the one it overlaps must not take its place, so it gets a key of its own. */
  #put(store: IDBObjectStore, { file, offset, bytes }: Piece, n: number): void {
    if (bytes.length === 0) {
      this.#empty(store, file);
      return;
    }
    const place = `${file}:${offset}`;
    const shorter = bytes.length < this.#noteLength(place, bytes.length);
    store.put({ n, bytes } satisfies Stored, [file, offset, shorter ? n : 0] satisfies Key);
  }

  /** Answers the length of the longest piece at a place. */
  #noteLength(place: string, length: number): number {
    const longest = Math.max(length, this.#lengths.get(place) ?? 0);
    this.#lengths.set(place, longest);
    return longest;
  }

  /** A piece without bytes says that the file is empty from now on. */
  #empty(store: IDBObjectStore, file: number): void {
    store.delete(IDBKeyRange.bound([file], [file + 1], false, true));
    for (const place of this.#lengths.keys()) if (place.startsWith(`${file}:`)) this.#lengths.delete(place);
    this.#tails.delete(file);
  }

  #putTogether(store: IDBObjectStore, tail: Piece[], n: number): Piece {
    const first = tail[0] as Piece;
    const bytes = new Uint8Array(tail.reduce((sum, piece) => sum + piece.bytes.length, 0));
    let at = 0;
    for (const piece of tail) {
      bytes.set(piece.bytes, at);
      at += piece.bytes.length;
      const place = `${piece.file}:${piece.offset}`;
      // A longer one that was there before has bytes that no other has.
      if (piece !== first && this.#lengths.get(place) === piece.bytes.length) {
        store.delete([piece.file, piece.offset, 0] satisfies Key);
        this.#lengths.delete(place);
      }
    }
    const whole = { file: first.file, offset: first.offset, bytes };
    this.#put(store, whole, n);
    return whole;
  }

  #transaction(mode: IDBTransactionMode): IDBTransaction {
    if (this.#lost) throw new DatabaseError('IO', `IndexedDB is gone: ${this.#lost}`);
    try {
      return this.connection.transaction(['meta', 'pieces'], mode, { durability: this.relaxed ? 'relaxed' : 'strict' });
    } catch (error) {
      throw new DatabaseError('IO', `IndexedDB is gone: ${describe(error)}`, { cause: error });
    }
  }
}

/** The tail with a piece at its end, or a new tail if the piece does not follow or would make it too large. */
function follow(tail: Piece[] | undefined, piece: Piece): Piece[] {
  const last = tail?.at(-1);
  if (!tail || !last || last.offset + last.bytes.length !== piece.offset) return [piece];
  const bytes = tail.reduce((sum, each) => sum + each.bytes.length, piece.bytes.length);
  return bytes > PIECE_BYTES_MAX ? [piece] : [...tail, piece];
}

/** What is left of pieces when those of a file that is emptied after them mean nothing any more. */
function withoutEmptied(pieces: Piece[]): Piece[] {
  const emptied = new Map<number, number>();
  for (const [at, { file, bytes }] of pieces.entries()) if (bytes.length === 0) emptied.set(file, at);
  return pieces.filter(({ file }, at) => at >= (emptied.get(file) ?? 0));
}

function split(piece: Piece): Piece[] {
  if (piece.bytes.length <= PIECE_BYTES_MAX) return [piece];
  const parts: Piece[] = [];
  for (let at = 0; at < piece.bytes.length; at += PIECE_BYTES_MAX) {
    parts.push({ file: piece.file, offset: piece.offset + at, bytes: piece.bytes.slice(at, at + PIECE_BYTES_MAX) });
  }
  return parts;
}

/** Undefined where there is none and none is to be made. */
async function connect(name: string, create: boolean): Promise<IDBDatabase | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    let made = false;
    const request = indexedDB.open(databaseName(name), 1);
    request.onupgradeneeded = () => {
      made = true;
      if (!create) {
        request.transaction?.abort();
        return;
      }
      request.result.createObjectStore('meta');
      request.result.createObjectStore('pieces');
    };
    try {
      return await settle(request, name);
    } catch (error) {
      if (made && !create) return undefined;
      if ((error as Error)?.name !== 'UnknownError' || attempt === OPEN_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 4 ** attempt));
    }
  }
}

/** A request to open or delete, which another page may block. */
function settle<T>(request: IDBOpenDBRequest, name: string): Promise<T & IDBDatabase> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    request.onblocked = () => {
      timer = setTimeout(() => reject(new DatabaseError('BUSY', `the database '${name}' is open in another tab or window`)), BLOCKED_FOR);
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result as T & IDBDatabase);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
}

/** Resolves on `complete`; rejects on `abort`, whatever the reason: a full disk aborts without an `error` event. */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DatabaseError('IO', 'IndexedDB aborted a transaction'));
  });
}

/** An error of IndexedDB as one of ours. */
export function asError(error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  if (isQuota(error)) return new DatabaseError('QUOTA', `the browser has no room for the database: ${describe(error)}`);
  const name = (error as Error)?.name;
  if (name === 'SecurityError' || name === 'InvalidStateError' || name === 'NotAllowedError') {
    return new DatabaseError('STORAGE_UNAVAILABLE', `IndexedDB cannot be used: ${describe(error)}`, { cause: error });
  }
  return new DatabaseError('IO', `IndexedDB failed: ${describe(error)}`, { cause: error });
}
