/**
 * The engine that runs, and the next one when it is gone.
 *
 * If an engine traps, or storage fails in the middle of a commit, it is thrown away and another is opened from storage.
 * That decides what became of the replies that were held: a commit that is there has happened.
 */

import { DatabaseError, describe } from './error.js';
import type { Engine } from './engine.js';
import type { HeldReplies } from './held.js';
import { checkLast, isThere, type Opened, openStorage, startEngine, startEngineSync } from './opener.js';
import type { Opening } from './protocol.js';
import type { Sessions } from './sessions.js';
import type { OpenStorage } from './storage/storage.js';
import type { DatabaseInfo } from './types.js';

/** Between two attempts to write to a storage that refused it when it was opened. */
const RETRY_MS = 1000;

export class Running {
  readonly info: DatabaseInfo;
  readonly module: WebAssembly.Module;
  storage: OpenStorage;
  /** How often an engine was taken for one that was gone. */
  restarts = 0;
  closed = false;
  /** The last commit that was told to be on storage: the next engine has to find it there. */
  stored = -1;
  #engine: Engine | undefined;
  #reopening: Promise<void> | undefined;
  /** When the engine was opened, and whether it has refused a write since, for which storage had no room then. */
  #openedAt = performance.now();
  #refusedWrite = false;
  /** Whether the last engine went since it or its storage failed. */
  #hasFailed = false;
  /** Why the last engine was discarded. */
  #failure: DatabaseError | undefined;
  /** Why no call can be answered any more. */
  #dead: DatabaseError | undefined;
  /** Whether the next engine may find a storage that is empty: nothing was ever committed to one made by this opening. */
  #mayBeEmpty = false;
  /** Whether a database is in storage for certain: one that has no room may not have been made. */
  #isThere: boolean;

  /** `onDoubt` is called when replies are held that an engine to be opened decides. */
  constructor(
    readonly opening: Opening,
    opened: Opened,
    readonly sessions: Sessions,
    readonly held: HeldReplies,
    readonly onDoubt: () => void,
  ) {
    this.info = opened.info;
    this.module = opened.module;
    this.storage = opened.storage;
    this.#engine = opened.engine;
    this.#isThere = isThere(opened.engine);
  }

  /** Undefined between two. */
  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** Why no call can be answered any more, if that is so. */
  get dead(): DatabaseError | undefined {
    return this.#dead;
  }

  /** Why the last engine went. */
  get failure(): DatabaseError {
    return this.#failure ?? storageFailed();
  }

  /** The error of a call of which nothing can be found out now. */
  get doubt(): DatabaseError {
    return this.#dead ?? storageFailed();
  }

  /** Calls the engine; an exception ends it, and gives undefined. */
  guard<T>(use: () => T): T | undefined {
    try {
      return use();
    } catch (error) {
      this.crash(error);
      return undefined;
    }
  }

  /** A call of the engine threw: it is gone. */
  crash(thrown: unknown): DatabaseError {
    const error = this.#engine?.crash(thrown) ?? new DatabaseError('ENGINE_CRASHED', describe(thrown));
    this.discard(error);
    return error;
  }

  /** Lets go of an engine that has failed, or whose storage has. */
  discard(error: DatabaseError): void {
    if (!this.#engine) return;
    this.#failure = error;
    this.#hasFailed = true;
    this.#loseEngine(error);
    if (this.storage.kind === 'memory') {
      this.#dead = new DatabaseError('DATA_LOSS', 'the database was in memory and went with its engine', { detail: error.detail });
      this.held.refuse(error);
    } else {
      this.held.doubt(error);
      // What was held is decided by what storage turns out to hold.
      if (!this.held.isEmpty) this.onDoubt();
    }
  }

  #loseEngine(error?: DatabaseError): void {
    this.#engine = undefined;
    this.restarts += 1;
    this.sessions.loseEngine(error);
  }

  /** Opens another engine, which `store`s what it writes on the way. A failure is told to those who wait. */
  async reopen(store: () => Promise<void>): Promise<void> {
    this.#reopening ??= this.#openAnew(store).finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #openAnew(store: () => Promise<void>): Promise<void> {
    try {
      await this.storage.close();
      const { storage } = await openStorage({ ...this.opening, create: this.#mayBeEmpty, sentinels: {} });
      this.storage = storage;
      const engine = await startEngine(this.module, storage, this.#start);
      this.#use(engine);
      if (storage.pieces) await store();
      this.held.decide(engine.wasm.applied_seq(), !isWithoutRoom(engine));
    } catch (error) {
      this.held.refuse(new DatabaseError('COMMIT_UNKNOWN', `storage failed, and opening it anew did too: ${describe(error)}`));
      this.sessions.refuseAll(error instanceof DatabaseError ? error : new DatabaseError('IO', describe(error)));
    }
  }

  get #start() {
    return { ...this.opening, isKnown: !this.opening.salvage && this.#isThere };
  }

  /** Resolves when no engine is being opened. */
  async settled(): Promise<void> {
    await this.#reopening?.catch(() => {});
  }

  /** A database that was opened for reading only, since storage could not be written, may find room later. */
  noteRefusal(engine: Engine, code: string | undefined): void {
    if (code === 'QUOTA' || code === 'IO') this.#refusedWrite ||= isWithoutRoom(engine);
  }

  /** Lets go of an engine that can only read, if nothing of it is in use: the next one may be able to write. */
  tryWritingAgain(): void {
    const isTime = this.#refusedWrite && performance.now() >= this.#openedAt + RETRY_MS;
    if (!isTime || !this.#engine || !this.held.isEmpty || this.sessions.areAtWork) return;
    this.#mayBeEmpty = this.info.created && this.#engine.wasm.applied_seq() < 0;
    this.#loseEngine();
  }

  /** Takes an engine that was opened, if nothing is missing. */
  #use(engine: Engine): void {
    checkLast(this.opening, this.stored, engine);
    this.sessions.functions.restore(engine);
    this.#engine = engine;
    this.#isThere ||= isThere(engine);
    this.#openedAt = performance.now();
    // What failed may have been a write.
    this.#refusedWrite = this.#hasFailed && isWithoutRoom(engine);
    this.#hasFailed = false;
    this.#mayBeEmpty = false;
  }

  /** For a call made at once: the engine, opened anew where that can be done at once, which decides what was held. */
  now(): Engine {
    if (this.closed) throw closed();
    if (this.#dead) throw this.#dead;
    if (this.storage.pieces) {
      throw new DatabaseError('UNSUPPORTED', 'IndexedDB is asynchronous, so there are no synchronous calls over it');
    }
    if (this.#engine?.routines.busy) {
      throw new DatabaseError('BUSY', 'a function that is asked by the engine cannot ask it for anything', {
        hint: 'give it what it needs as arguments',
      });
    }
    this.tryWritingAgain();
    if (this.#engine) return this.#engine;
    const engine = startEngineSync(this.module, this.storage, this.#start);
    if (!engine) throw new DatabaseError('ENGINE_CRASHED', 'the engine failed; an asynchronous call opens it anew');
    this.#use(engine);
    this.held.decide(engine.wasm.applied_seq(), !isWithoutRoom(engine));
    return engine;
  }

  /** Decides what was held, if an engine can be had at once. */
  decideNow(): void {
    try {
      this.now();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
  }

  /** Closes the storage; there is no engine any more. */
  async end(): Promise<void> {
    this.#engine = undefined;
    await this.storage.close();
  }
}

/** Whether it was opened for reading only, since storage refused what it wrote. */
function isWithoutRoom(engine: Engine): boolean {
  const code = engine.recovery()?.readOnly?.code;
  return code === 'QUOTA' || code === 'IO';
}

function storageFailed(): DatabaseError {
  return new DatabaseError('COMMIT_UNKNOWN', 'storage failed; the next call opens the database anew');
}

export function closed(): DatabaseError {
  return new DatabaseError('CLOSED', 'the database is closed');
}
