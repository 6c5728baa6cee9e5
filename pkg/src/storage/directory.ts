/**
 * A directory of files, in Node: named and filled as the engine's native storage does, so that one can
 * open what the other has written, one after the other.
 *
 * A lock file keeps other Node processes out. It is made by `link`, which only one process can win, and
 * names its process. Where that process is gone (or its number belongs to another one by now: on Linux
 * its time of start tells), the lock is taken over. It holds among processes of one machine; a directory
 * shared over a network is not protected, and neither is it from native programs, whose lock on the open
 * file Node has no means to see.
 */

import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseError, describe } from '../error.js';
import { FilePool, fileName, type SyncFile } from './files.js';
import type { OpenStorage } from './storage.js';

const FILES_AT_FIRST = 2;
const FILES_MAX = 4096;
const LOCK = 'lock.node';

/** The directory that a `file://` URL names: `file:///absolute`, or `file://relative` to where Node runs. */
export function directoryPath(name: string): string {
  if (name.startsWith('/')) {
    try {
      return resolve(fileURLToPath(`file://${name}`));
    } catch {
      return resolve(name);
    }
  }
  return resolve(name);
}

/** Opens the directory, made if `create` says so. */
export async function openDirectory(name: string, create: boolean): Promise<OpenStorage> {
  const path = directoryPath(name);
  const existed = fs.existsSync(join(path, fileName(0)));
  if (!existed && !create) throw new DatabaseError('STORAGE_UNAVAILABLE', `there is no database in the directory '${path}'`);
  try {
    makeDirectory(path);
  } catch (error) {
    throw new DatabaseError('STORAGE_UNAVAILABLE', `the directory '${path}' cannot be used: ${describe(error)}`, { cause: error });
  }
  const unlock = lock(path);
  const pool = new FilePool([], async (number) => openFile(path, number), FILES_MAX);
  try {
    for (let number = 0; number < FILES_AT_FIRST || fs.existsSync(join(path, fileName(number))); number += 1) {
      pool.files.push(openFile(path, number));
    }
    syncDirectory(path);
    const fresh = pool.files.every((file) => file.getSize() === 0);
    return {
      kind: 'file',
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
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError('STORAGE_UNAVAILABLE', `the directory '${path}' cannot be used: ${describe(error)}`, { cause: error });
  }
}

/** Makes a directory and those it lies in. What Node has for that never ends below `/proc`. */
function makeDirectory(path: string): void {
  if (fs.existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    fs.mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Deletes the files of a database, and the directory if nothing else is in it. */
export async function deleteDirectory(name: string): Promise<void> {
  const path = directoryPath(name);
  if (!fs.existsSync(path)) return;
  const unlock = lock(path);
  try {
    for (const entry of fs.readdirSync(path)) {
      if (/^\d{5}$/.test(entry) || entry === 'lock') fs.rmSync(join(path, entry));
    }
  } finally {
    unlock();
  }
  try {
    fs.rmdirSync(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EBUSY', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function openFile(path: string, number: number): SyncFile {
  const file = join(path, fileName(number));
  const made = !fs.existsSync(file);
  const descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
  if (made) syncDirectory(path);
  return {
    read: (into, { at }) => readFully(descriptor, into, at),
    write: (from, { at }) => fs.writeSync(descriptor, from, 0, from.length, at),
    truncate: (size) => fs.ftruncateSync(descriptor, size),
    getSize: () => fs.fstatSync(descriptor).size,
    flush: () => fs.fsyncSync(descriptor),
    close: () => fs.closeSync(descriptor),
  };
}

/** The system may give fewer bytes than there are; only the end of the file may. */
function readFully(descriptor: number, into: Uint8Array, at: number): number {
  let count = 0;
  while (count < into.length) {
    const read = fs.readSync(descriptor, into, count, into.length - count, at + count);
    if (read === 0) break;
    count += read;
  }
  return count;
}

/** Makes the names of new files durable, where the system can. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

let attempts = 0;

/** Takes the lock, or raises `BUSY`. Answers with the function that gives it back. */
function lock(path: string): () => void {
  const file = join(path, LOCK);
  const mine = `${process.pid} ${startOf(process.pid)} ${Date.now()}.${(attempts += 1)}.${Math.random()}\n`;
  const own = `${file}.${process.pid}.${attempts}`;
  fs.writeFileSync(own, mine);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (linked(own, file)) return () => release(file, mine);
      const holder = contentOf(file);
      if (holder === undefined) continue;
      const pid = Number(holder.split(' ')[0]);
      if (isAlive(pid, holder.split(' ')[1] ?? '')) {
        throw new DatabaseError('BUSY', `the database in '${path}' is open in ${pid === process.pid ? 'this process already' : `process ${pid}`}`);
      }
      takeAway(file, holder, own);
    }
    throw new DatabaseError('BUSY', `the database in '${path}' is being opened by another process`);
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function linked(own: string, file: string): boolean {
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead process's lock. If another process has just put its own there, that one is put back. */
function takeAway(file: string, holder: string, own: string): void {
  const aside = `${own}.stale`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (contentOf(aside) !== holder) linked(aside, file);
  fs.rmSync(aside, { force: true });
}

function release(file: string, mine: string): void {
  if (contentOf(file) === mine) fs.rmSync(file, { force: true });
}

function contentOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the process that wrote the lock still runs. */
function isAlive(pid: number, start: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = startOf(pid);
  return now === '-' || start === '-' || now === start;
}

/** When a process started, in a form that tells it from a later one of the same number; '-' where unknown. */
function startOf(pid: number): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the start is the 20th field after it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot}:${ticks}`;
  } catch {
    return '-';
  }
}
