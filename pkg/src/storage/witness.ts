/**
 * That a database was made, noted in the other storage of the browser, which fails apart from its own.
 *
 * ```text
 *   database in IndexedDB: an empty file of its name in OPFS
 *   database in OPFS:      its name in the IndexedDB database 'driftdb-in-opfs'
 * ```
 *
 * Chromium keeps all of an origin's IndexedDB, and the names of all files in OPFS, in LevelDBs, and a browser that was killed can
 * damage them (google/leveldb#1287): IndexedDB is deleted then, files made lately lose their names. What the page noted in
 * `localStorage` may be gone with that, since Chromium writes it down up to five seconds late; this is there at once.
 *
 * Every opening that does not find it notes it anew, since what is lost with one storage is the notes of the other. Where there is no other
 * storage, there is no witness, and the database works without.
 */

import { directoryName } from '../url.js';
import { completed } from './idb.js';

type Kind = 'opfs' | 'idb';

interface Witness {
  has(name: string): Promise<boolean>;
  make(name: string): Promise<unknown>;
  forget(name: string): Promise<unknown>;
}

/** IndexedDB may never answer (WebKit), and nobody waits longer for a witness, in milliseconds. */
const PATIENCE = 5000;

/** Whether a database of this name was made and not deleted since, as far as can be told. */
export async function isWitnessed(kind: Kind, name: string): Promise<boolean> {
  return (await asked(WITNESSES[kind].has(name))) ?? false;
}

/** Resolves when the note is there, or cannot be had: for want of room, or where the other storage is missing or forbidden. */
export async function makeWitness(kind: Kind, name: string): Promise<void> {
  await asked(WITNESSES[kind].make(name));
}

/** What is deleted on purpose is not missed. */
export async function forgetWitness(kind: Kind, name: string): Promise<void> {
  await asked(WITNESSES[kind].forget(name));
}

async function asked<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

const inOpfs: Witness = {
  has: async (name) => (await directory(false)).getFileHandle(directoryName(name)).then(() => true),
  make: async (name) => (await directory(true)).getFileHandle(directoryName(name), { create: true }),
  forget: async (name) => (await directory(false)).removeEntry(directoryName(name)),
};

async function directory(create: boolean): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb-in-idb', { create });
}

const inIdb: Witness = {
  has: async (name) => (await use('readonly', (names) => names.count(name))) > 0,
  make: (name) => use('readwrite', (names) => names.put(true, name)),
  forget: (name) => use('readwrite', (names) => names.delete(name)),
};

/** One request of the names in IndexedDB. */
async function use<T>(mode: IDBTransactionMode, ask: (names: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open('driftdb-in-opfs', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('names');
  const connection = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    const transaction = connection.transaction('names', mode);
    const request = ask(transaction.objectStore('names'));
    await completed(transaction);
    return request.result;
  } finally {
    connection.close();
  }
}

const WITNESSES: Record<Kind, Witness> = { opfs: inIdb, idb: inOpfs };
