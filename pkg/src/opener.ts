/** Chooses and opens the storage of a URL, and starts an engine over it. */

import { createGlue } from '#glue';
import { Answer, Engine, type FileCallbacks, StorageCode } from './engine.js';
import { DatabaseError, describe, type WireError } from './error.js';
import { compileWasm, platform } from './platform.js';
import type { Opening, Sentinel } from './protocol.js';
import { isQuota } from './storage/files.js';
import { asError, deleteIdb, type IdbPieces, openIdb } from './storage/idb.js';
import { deleteOpfs, openOpfs, opfsMissing } from './storage/opfs.js';
import { MEMORY, type OpenStorage } from './storage/storage.js';
import { forgetWitness, isWitnessed, makeWitness } from './storage/witness.js';
import type { DatabaseInfo } from './types.js';
import { type DatabaseUrl, parseUrl } from './url.js';

declare const PACKAGE_VERSION: string;

/** A database that is open. */
export interface Opened {
  info: DatabaseInfo;
  module: WebAssembly.Module;
  storage: OpenStorage;
  engine: Engine;
}

/** Opens storage, starts an engine over it, and looks whether anything is missing. */
export async function openDatabase(opening: Opening): Promise<Opened> {
  const loading = loadModule(opening);
  loading.catch(() => {}); // awaited below; a failure to open storage comes first
  const { storage, reason } = await openStorage(opening);
  const url = parseUrl(opening.url);
  const { kind } = storage;
  const kept = kind === 'opfs' || kind === 'idb' ? kind : undefined;
  const sentinel = kept && !opening.acceptDataLoss && !opening.salvage ? opening.sentinels[kept] : undefined;
  const noted = kept && !storage.fresh && !opening.salvage ? isWitnessed(kept, url.name) : false;
  try {
    const module = await loading;
    const isNoted = await noted;
    const isKnown = !opening.acceptDataLoss && (isNoted || hadCommits(sentinel));
    const engine = await startEngine(module, storage, { ...opening, isKnown });
    if (hadCommits(sentinel)) checkLast(opening, sentinel.seq, engine);
    if (isThere(engine) && !isNoted && !opening.salvage) await note(storage, url);
    const info: DatabaseInfo = {
      url: url.text,
      name: url.name,
      storage: storage.kind,
      reason,
      persistent: storage.kind !== 'memory',
      created: storage.fresh,
      durability: opening.durability,
      worker: opening.worker,
      version: PACKAGE_VERSION,
      recovery: engine.recovery(),
    };
    return { info, module, storage, engine };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function loadModule(opening: Opening): Promise<WebAssembly.Module> {
  try {
    return await compileWasm(opening.wasm);
  } catch (error) {
    throw new DatabaseError('ENGINE_CRASHED', `the engine's WebAssembly cannot be loaded: ${describe(error)}`, {
      hint: "serve 'driftdb.wasm' beside the package's JavaScript, or say where it is with the option 'wasm'",
      cause: error,
    });
  }
}

export interface Chosen {
  storage: OpenStorage;
  reason: string;
}

/** Opens the storage that the URL names, or for `auto` the best there is. */
export async function openStorage(given: Opening): Promise<Chosen> {
  // What is salvaged is there, and may have lost its end.
  const opening = given.salvage ? { ...given, create: false, acceptDataLoss: true } : given;
  const url = parseUrl(opening.url);
  switch (url.scheme) {
    case 'memory':
      return { storage: MEMORY, reason: 'the URL says so' };
    case 'opfs':
      return { storage: await openKept('opfs', url, opening), reason: 'the URL says so' };
    case 'idb':
      return { storage: await openKept('idb', url, opening), reason: 'the URL says so' };
    case 'file': {
      const open = platform().openDirectory;
      if (!open) throw new DatabaseError('STORAGE_UNAVAILABLE', "'file://' is for Node; in a browser use 'opfs://' or 'idb://'");
      return { storage: await open(url.name, opening.create), reason: 'the URL says so' };
    }
    case 'auto':
      return openBest(url, opening);
  }
}

/**
 * OPFS, else IndexedDB, else an error. A database that this page has kept in OPFS is not looked for
 * elsewhere: an empty one in its place would look like a loss.
 */
async function openBest(url: DatabaseUrl, opening: Opening): Promise<Chosen> {
  const missing = opfsMissing();
  let why = missing;
  if (!missing) {
    try {
      return { storage: await openKept('opfs', url, opening), reason: 'OPFS is there' };
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== 'STORAGE_UNAVAILABLE') throw error;
      why = error.message;
    }
  }
  if (!opening.acceptDataLoss && (opening.sentinels.opfs || (await isWitnessed('opfs', url.name)))) {
    throw new DatabaseError('STORAGE_UNAVAILABLE', `the database '${url.name}' was kept in OPFS, which cannot be used now: ${why}`);
  }
  try {
    const storage = await openKept('idb', url, opening);
    return { storage, reason: `IndexedDB, since ${why}` };
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'STORAGE_UNAVAILABLE') throw error;
    if (!opening.allowMemory) {
      throw new DatabaseError('STORAGE_UNAVAILABLE', `there is no storage for '${url.text}': ${why}; ${error.message}`, {
        hint: "a database in memory forgets everything; allow it with { allowFallback: 'memory' }",
      });
    }
    return { storage: MEMORY, reason: `memory, since ${why}, and ${error.message}` };
  }
}

/** Opens the storage of a database in the browser. Where nothing is stored and something remembers that it was, that is `DATA_LOSS`. */
async function openKept(kind: 'opfs' | 'idb', url: DatabaseUrl, opening: Opening): Promise<OpenStorage> {
  const { name } = url;
  const storage = await (kind === 'opfs' ? openOpfs(name, opening.create) : openIdb(name, opening.create, opening.durability === 'relaxed'));
  if (storage && !storage.fresh) return storage;
  const was = opening.acceptDataLoss ? undefined : await whatWasThere(kind, name, opening.sentinels[kind]);
  if (storage && !was) return storage;
  await storage?.close();
  if (was) throw dataLoss(url, `${was}, and its storage is empty`);
  throw new DatabaseError('STORAGE_UNAVAILABLE', `there is no database '${name}' in ${kind === 'opfs' ? 'OPFS' : 'IndexedDB'}`);
}

/** Lets the other storage know that a database is there. */
export async function note({ kind }: OpenStorage, { name }: DatabaseUrl): Promise<void> {
  if (kind === 'opfs' || kind === 'idb') await makeWitness(kind, name);
}

async function whatWasThere(kind: 'opfs' | 'idb', name: string, sentinel: Sentinel | undefined): Promise<string | undefined> {
  if (hadCommits(sentinel)) return `it had at least ${sentinel.seq + 1} commits`;
  return (await isWitnessed(kind, name)) ? 'it was made earlier' : undefined;
}

function hadCommits(sentinel: Sentinel | undefined): sentinel is { seq: number } {
  return sentinel !== undefined && sentinel.seq !== null;
}

/** Raises `DATA_LOSS` where commits are missing at the end, of which one is known to have been on storage. */
export function checkLast({ url }: Opening, known: number, engine: Engine): void {
  const last = engine.wasm.applied_seq();
  if (last >= known) return;
  throw dataLoss(parseUrl(url), `commit ${known} was on storage, and the last one there now is ${last < 0 ? 'none' : last}`);
}

function dataLoss(url: DatabaseUrl, what: string): DatabaseError {
  return new DatabaseError('DATA_LOSS', `the storage of '${url.text}' has lost data: ${what}`, {
    hint: 'to go on with what is there, open it with { acceptDataLoss: true }',
  });
}

export async function deleteDatabase(text: string): Promise<void> {
  const url = parseUrl(text);
  switch (url.scheme) {
    case 'memory':
      return;
    case 'opfs':
      return deleteKept('opfs', url.name);
    case 'idb':
      return deleteKept('idb', url.name);
    case 'file': {
      const remove = platform().deleteDirectory;
      if (!remove) throw new DatabaseError('STORAGE_UNAVAILABLE', "'file://' is for Node");
      return remove(url.name);
    }
    case 'auto':
      if (typeof navigator !== 'undefined' && typeof navigator.storage?.getDirectory === 'function') await deleteKept('opfs', url.name);
      if (typeof indexedDB !== 'undefined') await deleteKept('idb', url.name);
  }
}

async function deleteKept(kind: 'opfs' | 'idb', name: string): Promise<void> {
  await (kind === 'opfs' ? deleteOpfs : deleteIdb)(name, () => forgetWitness(kind, name));
}

const NO_FILES = {
  fileCount: () => 0,
  fileLength: () => -1,
  read: () => -1,
  write: () => -1,
  clear: () => -1,
  flush: () => -1,
  requestFiles: () => {},
  failure: () => 'this storage has no files',
};

/** How an engine opens its storage; where a database `isKnown` to have been made, it makes none. */
interface Start {
  salvage: boolean;
  isKnown: boolean;
  memory: number;
}

/** Whether a database is in storage: where nothing can be written, none may have been made. */
export function isThere(engine: Engine): boolean {
  return engine.wasm.applied_seq() >= 0 || !engine.recovery()?.readOnly;
}

/** Starts an engine over a storage and lets it read what is there. */
export async function startEngine(module: WebAssembly.Module, storage: OpenStorage, start: Start): Promise<Engine> {
  const engine = makeEngine(module, storage, start);
  if (storage.pieces) {
    for (const piece of await storage.pieces.load()) engine.loadPiece(piece);
  }
  for (;;) {
    const answer = openStep(engine);
    if (answer === Answer.Done) return engine;
    await storage.files?.makeFiles();
    if (storage.pieces) await storePieces(engine, storage.pieces, !storage.fresh).catch(asIdbError);
    await new Promise<void>((resolve) => platform().soon(resolve));
  }
}

/**
 * Stores what the engine has written, loads what it wants, and tells it so if it `isStill` the one in use. Answers whether
 * there was anything. Where no reply depends on it, it `mayWait` for room: then everything can still be read.
 */
export async function storePieces(engine: Engine, target: IdbPieces, mayWait: boolean, isStill = () => true): Promise<boolean> {
  const { ticket, pieces, wanted } = engine.takePieces();
  try {
    if (pieces.length > 0) await target.store(pieces);
  } catch (error) {
    if (!isQuota(error) || !mayWait) throw error;
    target.postpone(pieces);
  }
  const loaded = wanted.length > 0 ? await target.read(wanted) : undefined;
  if (!isStill()) return false;
  engine.wasm.pieces_stored(ticket, !target.isFull);
  if (loaded) engine.loadPiece(loaded);
  return pieces.length > 0 || loaded !== undefined;
}

/** The same without waiting, over files that are open; undefined where that does not do. */
export function startEngineSync(module: WebAssembly.Module, storage: OpenStorage, start: Start): Engine | undefined {
  if (!storage.files) return undefined;
  const engine = makeEngine(module, storage, start);
  for (let step = 0; step < 1_000_000; step += 1) {
    if (openStep(engine) === Answer.Done) return engine;
    if (storage.files.needsFiles) return undefined;
  }
  return undefined;
}

function asIdbError(error: unknown): never {
  throw asError(error);
}

function makeEngine(module: WebAssembly.Module, storage: OpenStorage, { salvage, isKnown, memory }: Start): Engine {
  const engine: Engine = new Engine(createGlue(), module, ...accessTo(storage, () => engine), salvage, isKnown, memory);
  return engine;
}

/** What an engine needs to know of a storage. */
export function accessTo(storage: OpenStorage, engine: () => Engine): [callbacks: FileCallbacks, code: number] {
  const bytes = (pointer: number, length: number): Uint8Array => engine().bytes(pointer, length);
  const files = storage.files?.callbacks(bytes) ?? NO_FILES;
  const code = storage.files ? StorageCode.files : storage.pieces ? StorageCode.pieces : StorageCode.memory;
  return [{ ...files, now: () => Date.now() }, code];
}

function openStep(engine: Engine): number {
  let answer: number;
  try {
    answer = engine.wasm.open();
  } catch (error) {
    throw new DatabaseError('ENGINE_CRASHED', `the engine failed while it read the database: ${describe(error)}`, {
      detail: engine.crash(error).detail,
      cause: error,
    });
  }
  if (answer === Answer.Failed) throw DatabaseError.fromWire(salvageable(engine.takeError()));
  return answer;
}

/** Of damage: that what is beside it can be read, unless that was tried. */
function salvageable(error: WireError): WireError {
  if ((error.code !== 'CORRUPT' && error.code !== 'DATA_LOSS') || error.detail || error.hint) return error;
  return { ...error, hint: 'what is not damaged can be read: open it with { salvage: true }, or make a new database of it by Database.salvage' };
}
