/**
 * That a database was made in IndexedDB, kept where it fails apart from that: an empty file of its name in OPFS.
 *
 * Chromium deletes all of an origin's IndexedDB when the LevelDB below is damaged, as it may be by a browser that was
 * killed (google/leveldb#1287). What the page noted in `localStorage` may be gone with it: Chromium writes that down
 * up to five seconds late. A file is there from the moment it is made.
 *
 * Where there is no OPFS, there is no witness, and the database works without.
 */

import { directoryName } from '../url.js';

const ROOT = 'driftdb-in-idb';

async function directory(create: boolean): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create });
}

/** Whether a database of this name was made and not deleted since. */
export async function isWitnessed(name: string): Promise<boolean> {
  try {
    await (await directory(false)).getFileHandle(directoryName(name));
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the witness is there, or cannot be had. */
export async function witness(name: string): Promise<void> {
  try {
    await (await directory(true)).getFileHandle(directoryName(name), { create: true });
  } catch {
    // Full, forbidden or missing.
  }
}

/** What is deleted on purpose is not missed. */
export async function forgetWitness(name: string): Promise<void> {
  try {
    await (await directory(false)).removeEntry(directoryName(name));
  } catch {
    // There was none.
  }
}
