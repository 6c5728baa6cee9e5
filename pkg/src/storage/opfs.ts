/**
 * The origin private file system: a directory for each database, numbered files in it, each held open
 * by a synchronous access handle, which dedicated workers alone can have. A handle is exclusive, so it
 * also keeps other tabs out.
 *
 * Creating, renaming and deleting files is not durable there, even after a flush, so none of it lies
 * on the way of a commit: a few files are made when the database is, and more well ahead of need.
 */

import { DatabaseError, describe } from '../error.js';
import { directoryName } from '../url.js';
import { FilePool, fileName, type SyncFile } from './files.js';
import type { OpenStorage } from './storage.js';

const ROOT = 'driftdb';
/** The superblock and the first segments of the log. */
const FILES_AT_FIRST = 4;
/** Safari allows about 250 open handles for all of an origin. */
const FILES_MAX = 60;
/** After a reload the browser needs a moment to let go of the old page's handles. */
const RETRY_FIRST = 10;
const RETRY_LAST = 200;
const RETRY_FOR = 3000;

/** Why OPFS cannot be used on this thread; undefined if it can. */
export function opfsMissing(): string | undefined {
  if (typeof navigator === 'undefined' || typeof navigator.storage?.getDirectory !== 'function') {
    return globalThis.isSecureContext === false
      ? 'the page is not a secure context (https or localhost)'
      : 'the browser has no origin private file system';
  }
  if (typeof FileSystemFileHandle === 'undefined' || !('createSyncAccessHandle' in FileSystemFileHandle.prototype)) {
    return !('WorkerGlobalScope' in globalThis)
      ? 'synchronous file access exists in dedicated workers only'
      : 'the browser has no synchronous file access in this kind of worker';
  }
  return undefined;
}

/** Opens the directory of a database, made if `create` says so, and all files in it; undefined if there is none. */
export async function openOpfs(name: string, create: boolean): Promise<OpenStorage | undefined> {
  const missing = opfsMissing();
  if (missing) throw new DatabaseError('STORAGE_UNAVAILABLE', `OPFS cannot be used: ${missing}`);
  const unlock = await lockOrBusy(`driftdb:opfs:${name}`, name);
  const pool = new FilePool([], async (number) => openFile(await found, number, name), FILES_MAX);
  let found: Promise<FileSystemDirectoryHandle>;
  try {
    const directory = await directoryOf(name, create);
    if (!directory) {
      unlock();
      return undefined;
    }
    found = Promise.resolve(directory);
    const counting = countFiles(directory);
    counting.catch(() => {}); // awaited below
    if (create) await openFiles(pool, directory, FILES_AT_FIRST, name); // there or not, they are opened: no need to know
    await openFiles(pool, directory, await counting, name);
    const fresh = pool.files.every((file) => file.getSize() === 0);
    if (fresh && !create) {
      pool.close();
      unlock();
      return undefined;
    }
    return {
      kind: 'opfs',
      fresh,
      files: pool,
      close: async () => {
        pool.close();
        unlock();
      },
    };
  } catch (error) {
    pool.close();
    unlock();
    throw asError(error);
  }
}

/** Deletes the files of a database; `before` is done when it is open nowhere. */
export async function deleteOpfs(name: string, before: () => Promise<void>): Promise<void> {
  const missing = opfsMissing();
  if (missing && typeof navigator?.storage?.getDirectory !== 'function') {
    throw new DatabaseError('STORAGE_UNAVAILABLE', `OPFS cannot be used: ${missing}`);
  }
  const unlock = await lockOrBusy(`driftdb:opfs:${name}`, name);
  try {
    await before();
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT);
    await root.removeEntry(directoryName(name), { recursive: true });
  } catch (error) {
    if ((error as Error)?.name === 'NotFoundError') return;
    if ((error as Error)?.name === 'NoModificationAllowedError') throw busy(name);
    throw asError(error);
  } finally {
    unlock();
  }
}

async function directoryOf(name: string, create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create });
    return await root.getDirectoryHandle(directoryName(name), { create });
  } catch (error) {
    if ((error as Error)?.name === 'NotFoundError') return undefined;
    throw error;
  }
}

/** Files are numbered without gaps; what else may lie there is not the database's. */
async function countFiles(directory: FileSystemDirectoryHandle): Promise<number> {
  const names = new Set<string>();
  for await (const name of (directory as unknown as { keys(): AsyncIterable<string> }).keys()) names.add(name);
  let highest = -1;
  for (const name of names) if (/^\d{5}$/.test(name)) highest = Math.max(highest, Number(name));
  return Math.min(highest + 1, FILES_MAX);
}

/** Opens all files up to `count` at once, the ones that are not there made; those that could be opened are in the pool in any case. */
async function openFiles(pool: FilePool, directory: FileSystemDirectoryHandle, count: number, name: string): Promise<void> {
  const numbers = Array.from({ length: Math.max(0, count - pool.files.length) }, (_, at) => pool.files.length + at);
  const opened = await Promise.allSettled(numbers.map((number) => openFile(directory, number, name)));
  for (const result of opened) if (result.status === 'fulfilled') pool.files.push(result.value);
  for (const result of opened) if (result.status === 'rejected') throw result.reason;
  checkSynchronous(pool.files[0]);
}

async function openFile(directory: FileSystemDirectoryHandle, number: number, name: string): Promise<SyncFile> {
  const handle = await directory.getFileHandle(fileName(number), { create: true });
  const deadline = performance.now() + RETRY_FOR;
  for (let pause = RETRY_FIRST; ; pause = Math.min(pause * 2, RETRY_LAST)) {
    try {
      return await (handle as unknown as { createSyncAccessHandle(): Promise<SyncFile> }).createSyncAccessHandle();
    } catch (error) {
      const taken = (error as Error)?.name === 'NoModificationAllowedError' || (error as Error)?.name === 'InvalidStateError';
      if (!taken) throw error;
      if (performance.now() > deadline) throw busy(name);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Before Safari 16.4 these methods answered with promises. Asked of the database's own file, not of one made for it. */
function checkSynchronous(file: SyncFile | undefined): void {
  if (file && typeof file.getSize() !== 'number') {
    throw new DatabaseError('STORAGE_UNAVAILABLE', "OPFS cannot be used: this browser's file access is not synchronous yet");
  }
}

/**
 * Takes the lock of a database's name, waiting as long as a reload needs. Where the browser has no Web
 * Locks the storage's own means keep others out. Answers with the function that gives the lock back.
 */
export async function lockOrBusy(lock: string, name: string): Promise<() => void> {
  if (typeof navigator === 'undefined' || !navigator.locks) return () => {};
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), RETRY_FOR);
  try {
    return await new Promise<() => void>((granted, refused) => {
      navigator.locks
        .request(lock, { signal: giveUp.signal }, () => new Promise<void>((released) => granted(released)))
        .catch(refused);
    });
  } catch (error) {
    if (giveUp.signal.aborted) throw busy(name);
    // Some contexts have the interface but forbid its use: there the handles are the fence.
    return () => {};
  } finally {
    clearTimeout(timer);
  }
}

function busy(name: string): DatabaseError {
  return new DatabaseError('BUSY', `the database '${name}' is open in another tab or window`, {
    hint: 'one tab at a time can have a stored database open; close it there',
  });
}

function asError(error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const name = (error as Error)?.name;
  if (name === 'QuotaExceededError') return new DatabaseError('QUOTA', `the browser has no room for the database: ${describe(error)}`);
  return new DatabaseError('STORAGE_UNAVAILABLE', `OPFS cannot be used: ${describe(error)}`, { cause: error });
}
