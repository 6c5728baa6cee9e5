/**
 * Runs one engine for any number of sessions, a turn of the event loop at a time.
 *
 * A call waits in the queue of its session. In a turn the first call of each queue is stepped, round
 * after round, for a few milliseconds; then the event loop runs, which is how a call to cancel gets in.
 * What has finished is held until everything it could see is durable: one write and one flush for all
 * of a turn.
 *
 * Where nothing waits, a call does not wait for a turn either: it is stepped at once, until such calls
 * have taken as long as a turn since the event loop last ran. Short statements on the caller's thread go
 * a shorter way still, see `short.ts`. What is to be stored is left to a turn all the same.
 *
 * ```text
 *   call -> queue of its session -> stepped in turns -> held -> durable -> answered
 * ```
 *
 * If the engine traps, or storage fails in the middle of a commit, the engine is thrown away and opened
 * anew from storage. That decides what became of the calls that were held: a commit that is there has
 * happened.
 */

import { dispatch, lockTimeout } from './dispatch.js';
import { Answer, type Engine } from './engine.js';
import { DatabaseError, describe, toWire, type WireError } from './error.js';
import { loaded } from './functions.js';
import { failed, HeldReplies, NO_RESULTS } from './held.js';
import { type Opened, openDatabase, openStorage, startEngine, startEngineSync, storePieces } from './opener.js';
import { Notices } from './notices.js';
import { platform } from './platform.js';
import { type Connection, type Known, type Opening, type Reply, type Request, stopped, type Why } from './protocol.js';
import { Status } from './results.js';
import { Salvage } from './salvage.js';
import { type Job, jobOf, Sessions } from './sessions.js';
import { asError } from './storage/idb.js';
import type { OpenStorage } from './storage/storage.js';
import { Delay, startTimer } from './timer.js';
import type { DatabaseInfo } from './types.js';

const TURN_MS = 6;
/** Work that one step may do: rows, roughly. Well below a millisecond. */
const STEP_BUDGET = 4096;
const IDLE_MS = 40;
const MAINTAIN_MS = 5;
const RELAXED_FLUSH_MS = 250;
/** Between two attempts to write to a storage that refused it when it was opened. */
const RETRY_MS = 1000;

/** The engine's numbers for why a task is cancelled. */
const Reason = { CANCELLED: 0, TIMEOUT: 1, LOCK_TIMEOUT: 2 } as const;

interface HostCallOptions {
  signal?: AbortSignal | undefined;
  timeout?: number | undefined;
  /** Is handed the means to stop the call. */
  onBegin?: (cancel: (why: Why) => void) => void;
}

export class Host implements Connection {
  readonly info: DatabaseInfo;
  readonly module: WebAssembly.Module;
  private storage: OpenStorage;
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
  readonly #sessions = new Sessions();
  readonly #held = new HeldReplies();
  readonly #salvage = new Salvage();
  #turnPlanned = false;
  /** Whether calls have run at once since the event loop last did, and until when they may. */
  #isTurn = false;
  #turnEnd = 0;
  readonly #idle = new Delay(IDLE_MS, () => void this.#rest());
  readonly #relaxedFlush = new Delay(RELAXED_FLUSH_MS, () => this.#flush());
  #storing: Promise<void> | undefined;
  #closed = false;
  #restarts = 0;
  readonly notices = new Notices();

  private constructor(
    readonly opening: Opening,
    opened: Opened,
  ) {
    this.info = opened.info;
    this.module = opened.module;
    this.storage = opened.storage;
    this.#engine = opened.engine;
  }

  /** `known` is of a host whose place this one takes. */
  static async open(opening: Opening, known?: Known): Promise<Host> {
    const opened = await openDatabase(opening);
    const host = new Host(opening, opened);
    host.#sessions.restore(known?.sessions ?? []);
    for (const [name, declared] of known?.functions ?? []) {
      // One that is not to be had any more is missing where it is called.
      const found = await loaded(declared).catch(() => undefined);
      if (found) host.#sessions.functions.define(opened.engine, name, found);
    }
    host.#restarts = known?.restarts ?? 0;
    try {
      if (host.storage.pieces) await host.#store();
      host.#planIdle();
      return host;
    } catch (error) {
      await host.storage.close();
      throw error;
    }
  }

  // -- calls ------------------------------------------------------------------------------------

  call(request: Request, options: HostCallOptions = {}): Promise<Reply> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve(failed(toWire(closed())));
      if (request.kind === 'salvage') return resolve(this.#salvaged(request));
      if (request.kind === 'function' && request.declared?.module !== undefined) {
        const found = loaded(request.declared).then((declared) => this.call({ ...request, declared }, options));
        return resolve(found.catch((error: unknown) => failed(toWire(error))));
      }
      // What ends with its session has ended.
      if (request.kind === 'forget' && !this.#sessions.has(request.session)) return resolve({ results: NO_RESULTS });
      const session = this.#sessions.get(request.session);
      const release: (() => void)[] = [];
      const job = jobOf(request, session, (reply) => {
        clearTimeout(job.waiting);
        for (const undo of release) undo();
        resolve(reply);
      });
      if (options.signal) {
        const cancel = () => this.cancel(job, 'CANCELLED');
        options.signal.addEventListener('abort', cancel, { once: true });
        release.push(() => options.signal?.removeEventListener('abort', cancel));
      }
      if (options.timeout !== undefined) {
        const timer = startTimer(options.timeout, () => this.cancel(job, 'TIMEOUT'));
        release.push(() => clearTimeout(timer));
      }
      options.onBegin?.((why) => this.cancel(job, why));
      session.jobs.push(job);
      if (!this.#runAtOnce(job)) this.#planTurn();
    });
  }

  /**
   * Whether a call may be run before anything else happens: nothing waits to be run, and what such calls have taken since the event loop last
   * turned is less than a turn.
   */
  mayRunAtOnce(): boolean {
    if (this.#turnPlanned || this.#engine?.routines.busy) return false;
    this.#tryWritingAgain();
    if (!this.#engine) return false;
    if (!this.#isTurn) {
      this.#isTurn = true;
      this.#turnEnd = performance.now() + TURN_MS;
      platform().soon(() => {
        this.#isTurn = false;
      });
    }
    return performance.now() < this.#turnEnd;
  }

  /** The same for the short way, which is synchronous. */
  mayRunShort(): boolean {
    return this.synchronous && this.mayRunAtOnce();
  }

  /** Takes a call to its end at once, if it may and takes no longer than what is left of the turn. Answers whether nothing of it is left to do. */
  #runAtOnce(job: Job): boolean {
    if (job.session.jobs[0] !== job || !this.mayRunAtOnce()) return false;
    do {
      if (this.#advance(job) === 'waiting') return true;
      if (!this.#engine) return false;
      if (job.session.jobs[0] !== job) return this.#settleAtOnce();
    } while (performance.now() < this.#turnEnd);
    return false;
  }

  /** Answers what waits for nothing. What is to be stored is left to a turn, which does so for several calls together. */
  #settleAtOnce(): boolean {
    const isStored = this.storage.kind === 'memory' || !this.#engine || this.#engine.wasm.applied_seq() <= this.#engine.wasm.durable_seq();
    if (isStored) {
      this.#settle();
      this.#planIdle();
    }
    return isStored;
  }

  /** A part of a salvage, which is no matter of a session. */
  async #salvaged(request: Request & { kind: 'salvage' }): Promise<Reply> {
    const engine = this.#engine;
    if (!engine) return failed(toWire(this.#failure ?? storageFailed()));
    return this.#salvage.answer(engine, this.opening, request, () => this.#guard(() => engine.wasm.ask(0, engine.writeRequest({ kind: 'salvage' }))));
  }

  /** Stops a call, if it has not finished: one that has committed stays committed, and says so. */
  cancel(job: Job, why: Why): void {
    const place = job.session.jobs.indexOf(job);
    if (place < 0 || job.cancelled) return;
    if (job.task < 0) {
      job.session.jobs.splice(place, 1);
      job.answer(failed(stopped(why)));
      return;
    }
    job.cancelled = true;
    const tell = () => void this.#guard(() => this.#engine?.wasm.cancel(job.task, Reason[why]));
    if (this.#engine?.routines.busy) platform().soon(tell);
    else tell();
    this.#planTurn();
  }

  /** A call made at once, on this thread; it throws for an engine that is gone and cannot be opened anew at once. */
  callSync(request: Request, timeout = Infinity): Reply {
    const end = performance.now() + timeout;
    const engine = this.#engineNow();
    const session = this.#sessions.get(request.session);
    while (session.jobs.length > 0) {
      if (this.#advance(session.jobs[0] as Job) === 'waiting') throw lockTimeout();
    }
    let reply: Reply | undefined;
    const job = jobOf(request, session, (answered) => {
      reply = answered;
    });
    session.jobs.push(job);
    while (session.jobs[0] === job) {
      if (this.#advance(job) === 'waiting') {
        this.#guard(() => engine.wasm.cancel(job.task, Reason.LOCK_TIMEOUT));
      } else if (performance.now() >= end) {
        this.cancel(job, 'TIMEOUT');
      }
    }
    this.#settle();
    if (!reply) this.#decideNow();
    if (!reply) throw this.#dead ?? storageFailed();
    this.#planIdle();
    return reply;
  }

  /** For the shortest way: the engine, and its number for a session. */
  direct(session: number): { engine: Engine; session: number } {
    const engine = this.#engineNow();
    return { engine, session: this.#sessions.inEngine(engine, this.#sessions.get(session)) };
  }

  directStatement(session: number, statement: number): number {
    return this.#sessions.statement(this.#engineNow(), this.#sessions.get(session), statement);
  }

  /** Whether `direct` may be used: nothing waits in the session. */
  isAtRest(session: number): boolean {
    const found = this.#sessions.get(session);
    return this.#engine !== undefined && found !== undefined && found.jobs.length === 0 && !found.lost;
  }

  /** After a direct call, with the status of its result: flushes what it committed. */
  settleDirect(session: number, status: number, seq: number | null): void {
    const found = this.#sessions.get(session);
    found.inTransaction = (status & Status.InTransaction) !== 0;
    if ((status & Status.Committed) === 0) return;
    let failure: WireError | undefined;
    let answered = false;
    const answer = (reply: Reply) => {
      answered = true;
      failure = reply.error;
    };
    this.#held.add(answer, { results: NO_RESULTS }, seq ?? -1);
    this.#settle();
    if (!answered) this.#decideNow();
    if (!answered) throw this.#dead ?? storageFailed();
    if (failure) throw DatabaseError.fromWire(failure);
    this.#planIdle();
  }

  /** After a direct call that may wait, with the status of its result: resolves when all that it could see is durable. */
  settleSoon(session: number, status: number): Promise<void> | undefined {
    this.#sessions.get(session).inTransaction = (status & Status.InTransaction) !== 0;
    if (this.#held.isEmpty && this.#settleAtOnce()) return undefined;
    return new Promise((resolve, reject) => {
      const answer = ({ error }: Reply) => (error ? reject(DatabaseError.fromWire(error)) : resolve());
      this.#held.add(answer, { results: NO_RESULTS }, this.#engine?.wasm.applied_seq() ?? -1);
      this.#planTurn();
    });
  }

  /** After a direct call that failed. */
  settleDirectFailure(session: number, engine: Engine, inEngine: number, code: string): void {
    this.#noteRefusal(engine, code);
    this.#sessions.get(session).inTransaction = engine.wasm.in_transaction(inEngine);
    this.#settle(); // if it was storage that failed, the engine goes
  }

  /** A direct call threw: the engine is gone. */
  crashedDirect(thrown: unknown): DatabaseError {
    return this.#crash(thrown);
  }

  /** The last commit; -1 before the first. */
  get lastSeq(): number {
    return this.#engine?.wasm.applied_seq() ?? -1;
  }

  /** Whether a session is in a transaction, be it one that is lost. */
  isInTransaction(session: number): boolean {
    const found = this.#sessions.has(session) ? this.#sessions.get(session) : undefined;
    return found !== undefined && (found.inTransaction || found.lost);
  }

  get synchronous(): boolean {
    return this.storage.pieces === undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#reopening?.catch(() => {});
    while (this.#sessions.busy().length > 0) {
      for (const session of this.#sessions.busy()) for (const job of [...session.jobs]) this.cancel(job, 'CANCELLED');
      await new Promise<void>((resolve) => platform().soon(resolve));
      if (!this.#engine) break;
    }
    await this.#reopening?.catch(() => {});
    this.#closed = true;
    this.#idle.stop();
    this.#relaxedFlush.stop();
    try {
      await this.#closeEngine();
      // What is still held was applied, and a close that succeeds has flushed it.
      this.#held.release(Infinity);
    } catch (error) {
      this.#held.refuse(error as DatabaseError);
      throw error;
    } finally {
      await this.#salvage.leave();
      this.#held.refuse(closed());
      this.#engine = undefined;
      await this.storage.close();
    }
  }

  /** Lets the engine write and flush what it has left; a failure of that is an error. */
  async #closeEngine(): Promise<void> {
    const engine = this.#engine;
    while (engine && engine === this.#engine) {
      const answer = this.#guard(() => engine.wasm.close());
      if (answer === Answer.Failed) throw DatabaseError.fromWire(engine.takeError());
      if (answer === Answer.Done) {
        this.#flushFiles();
        return;
      }
      await this.#store();
    }
    if (engine) throw this.#failure ?? storageFailed();
  }

  /** What the engine wrote since its last flush: zeros ahead, a watermark. */
  #flushFiles(): void {
    try {
      this.storage.files?.flushNow();
    } catch (error) {
      throw new DatabaseError('IO', `a flush failed: ${describe(error)}`, { cause: error });
    }
  }

  // -- turns ------------------------------------------------------------------------------------

  #planTurn(): void {
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    platform().soon(() => {
      this.#turnPlanned = false;
      void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    if (this.#closed) return;
    this.#tryWritingAgain();
    if (!this.#engine && !this.#dead) await this.#reopen();
    if (this.#dead) return this.#sessions.refuseAll(this.#dead);
    const end = performance.now() + TURN_MS;
    let busy: boolean;
    do {
      busy = false;
      for (const session of this.#sessions.busy()) {
        if (this.#advance(session.jobs[0] as Job) === 'busy') busy = true;
      }
    } while (busy && performance.now() < end && this.#engine);
    this.#settle();
    if (busy) this.#planTurn();
    else this.#planIdle();
  }

  /** Takes a call one step further. */
  #advance(job: Job): 'busy' | 'waiting' {
    const engine = this.#engine;
    if (!engine) return 'waiting';
    const answer = this.#guard(() => (job.task < 0 ? this.#start(engine, job) : engine.wasm.step(job.task, STEP_BUDGET)));
    switch (answer) {
      case Answer.Done:
        this.#finish(engine, job, { results: engine.takeOutput() });
        return 'busy';
      case Answer.Failed:
        this.#finish(engine, job, { results: engine.takeOutput(), error: engine.takeError() });
        return 'busy';
      case Answer.Waiting:
        this.#waitForWriter(job);
        return 'waiting';
      case undefined: // it crashed, or has been answered
      default:
        return 'busy';
    }
  }

  /** Begins a call. Answers like a step; undefined if the call has been dealt with. */
  #start(engine: Engine, job: Job): number | undefined {
    if (job.session.lost && !this.#sessions.mayGoOn(job)) {
      this.#finish(engine, job, failed(toWire(lost())));
      return undefined;
    }
    job.begun = true;
    try {
      const begun = dispatch(engine, this.#sessions, job, () => this.#flush());
      if ('task' in begun) {
        job.task = begun.task;
        return Answer.Again;
      }
      if ('answer' in begun) return begun.answer;
      this.#finish(engine, job, begun.reply);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      this.#finish(engine, job, failed(toWire(error)));
    }
    return undefined;
  }

  /** A writer that must wait for another does so for a while, without keeping anyone busy. */
  #waitForWriter(job: Job): void {
    job.waiting ??= startTimer(this.opening.lockTimeout, () => {
      if (!job.session.jobs.includes(job)) return;
      this.#guard(() => this.#engine?.wasm.cancel(job.task, Reason.LOCK_TIMEOUT));
      this.#planTurn();
    });
  }

  #finish(engine: Engine, job: Job, reply: Reply): void {
    const { session } = job;
    const place = session.jobs.indexOf(job);
    if (place < 0) return; // it was refused when storage failed under it
    session.jobs.splice(place, 1);
    if (session.engine >= 0) session.inTransaction = engine.wasm.in_transaction(session.engine);
    const { kind } = job.request;
    if (kind === 'status' || kind === 'stats') {
      const readOnly = engine.recovery()?.readOnly ?? null;
      reply.host = { memoryBytes: engine.memoryBytes, restarts: this.#restarts, readOnly, inTransaction: session.inTransaction };
    }
    this.#noteRefusal(engine, reply.error?.code);
    const hold = () => this.#held.add(job.answer, reply, engine.wasm.applied_seq());
    if (kind === 'compact' && !reply.error) {
      // The next step needs the files that it asked for, and what it wrote to be stored.
      void this.#provide().finally(() => {
        if (engine === this.#engine) hold();
        else job.answer(failed(toWire(this.#closed ? closed() : (this.#failure ?? storageFailed()))));
        this.#settle();
      });
    } else {
      hold();
      if (kind === 'check' && this.storage.pieces) void this.#store(); // it may want to read some
    }
    // Someone may have been waiting for this transaction to end.
    if (this.#sessions.busy().length > 0) this.#planTurn();
  }

  // -- durability -------------------------------------------------------------------------------

  /** Makes what was committed durable, and answers what was held for that. */
  #settle(): void {
    const engine = this.#engine;
    if (!engine) return;
    if (engine.wasm.applied_seq() > engine.wasm.durable_seq()) {
      const answer = this.#guard(() => (this.#relaxed ? engine.wasm.write() : engine.wasm.flush()));
      if (answer === undefined) return;
      if (answer === Answer.Failed) return this.#storageFailed(DatabaseError.fromWire(engine.takeError()));
      if (this.storage.pieces) void this.#store();
      if (this.#relaxed) this.#relaxedFlush.plan();
    }
    this.#release();
  }

  #release(): void {
    const durable = this.#engine?.wasm.durable_seq() ?? -1;
    this.#held.release(durable);
    // What is merely written may be lost with the system, which is then no loss to be reported.
    this.notices.tell(durable, !this.#relaxed);
  }

  /** Stores the pieces that the engine has written, one transaction after another, until there are none. */
  #store(): Promise<void> {
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = undefined;
    });
    return this.#storing;
  }

  async #storeAll(): Promise<void> {
    const { pieces: target } = this.storage;
    const engine = this.#engine;
    if (!target || !engine) return;
    try {
      for (;;) {
        const { wasm } = engine;
        const stored = await storePieces(engine, target, wasm.applied_seq() === wasm.durable_seq(), () => engine === this.#engine);
        this.#release();
        // What had no room is given up at once, before a commit goes with it.
        if (target.isFull && engine === this.#engine) this.#maintain(engine);
        if (!stored) return;
      }
    } catch (error) {
      if (engine === this.#engine) this.#storageFailed(asError(error) as DatabaseError);
    }
  }

  /** Replies are given when a commit is written. Files alone can tell that from flushed; IndexedDB has its own way. */
  get #relaxed(): boolean {
    return this.opening.durability === 'relaxed' && this.storage.files !== undefined;
  }

  /** Makes durable what was written. */
  #flush(): void {
    const engine = this.#engine;
    if (!engine) return;
    const answer = this.#guard(() => engine.wasm.flush());
    if (answer === Answer.Failed) this.#storageFailed(DatabaseError.fromWire(engine.takeError()));
    else if (answer === Answer.Done && this.#relaxed) this.notices.tell(engine.wasm.applied_seq(), true);
  }

  // -- maintenance ------------------------------------------------------------------------------

  #planIdle(): void {
    if (!this.#closed) this.#idle.plan();
  }

  async #rest(): Promise<void> {
    const engine = this.#engine;
    if (!engine || this.#closed) return;
    // Also between the calls of an application that makes one after another, or it would fill the files that there are.
    await this.#makeFiles();
    // Its pieces go by themselves: for want of room a checkpoint is given up, but a commit among them would be refused.
    await this.#storing;
    if (engine !== this.#engine || this.#closed || this.#turnPlanned) return;
    const hasMore = this.#maintain(engine);
    if (this.storage.pieces) void this.#store();
    if (hasMore) this.#planIdle();
  }

  #maintain(engine: Engine): boolean {
    const answer = this.#guard(() => engine.wasm.maintain(MAINTAIN_MS));
    if (answer === Answer.Failed) this.#storageFailed(DatabaseError.fromWire(engine.takeError()));
    return answer === Answer.Again;
  }

  async #makeFiles(): Promise<void> {
    try {
      if (this.storage.files?.needsFiles) await this.storage.files.makeFiles();
    } catch {
      // No more files for now: the engine goes on with those it has, and says so when it cannot.
    }
  }

  /** Gives the engine what it waits for at storage. */
  async #provide(): Promise<void> {
    await this.#makeFiles();
    if (this.storage.pieces) await this.#store();
  }

  // -- failures ---------------------------------------------------------------------------------

  /** Calls the engine; an exception ends it, and gives undefined. */
  #guard<T>(use: () => T): T | undefined {
    try {
      return use();
    } catch (error) {
      this.#crash(error);
      return undefined;
    }
  }

  #crash(thrown: unknown): DatabaseError {
    const error = this.#engine?.crash(thrown) ?? new DatabaseError('ENGINE_CRASHED', describe(thrown));
    this.#discard(error);
    return error;
  }

  #storageFailed(error: DatabaseError): void {
    this.#discard(error);
  }

  #discard(error: DatabaseError): void {
    if (!this.#engine) return;
    this.#engine = undefined;
    this.#failure = error;
    this.#hasFailed = true;
    this.#restarts += 1;
    this.#sessions.loseEngine(error);
    if (this.storage.kind === 'memory') {
      this.#dead = new DatabaseError('DATA_LOSS', 'the database was in memory and went with its engine', { detail: error.detail });
      this.#held.refuse(error);
    } else {
      this.#held.doubt(error);
      // What was held is decided by what storage turns out to hold.
      if (!this.#held.isEmpty) this.#planTurn();
    }
  }

  async #reopen(): Promise<void> {
    this.#reopening ??= (async () => {
      try {
        await this.storage.close();
        const { storage } = await openStorage({ ...this.opening, create: false, sentinels: {} });
        this.storage = storage;
        const engine = await startEngine(this.module, storage, this.opening.salvage, this.opening.memory);
        this.#useEngine(engine);
        if (storage.pieces) await this.#store();
        this.#held.decide(engine.wasm.applied_seq(), !isWithoutRoom(engine));
      } catch (error) {
        this.#held.refuse(new DatabaseError('COMMIT_UNKNOWN', `storage failed, and opening it anew did too: ${describe(error)}`));
        this.#sessions.refuseAll(error instanceof DatabaseError ? error : new DatabaseError('IO', describe(error)));
      }
    })().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** A database that was opened for reading only, since storage could not be written, may find room later. */
  #noteRefusal(engine: Engine, code: string | undefined): void {
    if (code === 'QUOTA' || code === 'IO') this.#refusedWrite ||= isWithoutRoom(engine);
  }

  /** Lets go of an engine that can only read, if nothing of it is in use: the next one may be able to write. */
  #tryWritingAgain(): void {
    const isTime = this.#refusedWrite && performance.now() >= this.#openedAt + RETRY_MS;
    if (!isTime || !this.#engine || !this.#held.isEmpty || this.#sessions.areAtWork) return;
    this.#engine = undefined;
    this.#restarts += 1;
    this.#sessions.loseEngine();
  }

  #useEngine(engine: Engine): void {
    this.#sessions.functions.restore(engine);
    this.#engine = engine;
    this.#openedAt = performance.now();
    // What failed may have been a write.
    this.#refusedWrite = this.#hasFailed && isWithoutRoom(engine);
    this.#hasFailed = false;
  }

  /** Opens the engine anew at once, if that can be done, which decides what was held. */
  #decideNow(): void {
    try {
      this.#engineNow();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
  }

  #engineNow(): Engine {
    if (this.#closed) throw closed();
    if (this.#dead) throw this.#dead;
    if (!this.synchronous) {
      throw new DatabaseError('UNSUPPORTED', 'IndexedDB is asynchronous, so there are no synchronous calls over it');
    }
    if (this.#engine?.routines.busy) {
      throw new DatabaseError('BUSY', 'a function that is asked by the engine cannot ask it for anything', {
        hint: 'give it what it needs as arguments',
      });
    }
    this.#tryWritingAgain();
    if (this.#engine) return this.#engine;
    const engine = startEngineSync(this.module, this.storage, this.opening.salvage, this.opening.memory);
    if (!engine) throw new DatabaseError('ENGINE_CRASHED', 'the engine failed; an asynchronous call opens it anew');
    this.#useEngine(engine);
    this.#held.decide(engine.wasm.applied_seq(), !isWithoutRoom(engine));
    return engine;
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

function closed(): DatabaseError {
  return new DatabaseError('CLOSED', 'the database is closed');
}

function lost(): DatabaseError {
  return new DatabaseError('IN_FAILED_TRANSACTION', 'the transaction was lost with an engine that failed; roll it back');
}
