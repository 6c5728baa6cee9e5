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
 * What happens when the engine or its storage fails is in `running.ts`, what makes a commit durable in `durability.ts`.
 */

import { DirectCalls } from './direct.js';
import { dispatch, lockTimeout } from './dispatch.js';
import { Durability } from './durability.js';
import { Answer, type Engine } from './engine.js';
import { DatabaseError, toWire } from './error.js';
import { loaded } from './functions.js';
import { failed, HeldReplies, NO_RESULTS } from './held.js';
import { Notices } from './notices.js';
import { type Opened, openDatabase } from './opener.js';
import { platform } from './platform.js';
import { type Connection, type Known, type Opening, type Reply, type Request, stopped, type Why } from './protocol.js';
import { closed, Running } from './running.js';
import { Salvage } from './salvage.js';
import { type Job, jobOf, Sessions } from './sessions.js';
import { startTimer } from './timer.js';
import type { DatabaseInfo } from './types.js';

const TURN_MS = 6;
/** Work that one step may do: rows, roughly. Well below a millisecond. */
const STEP_BUDGET = 4096;

/** The engine's numbers for why a task is cancelled. */
const Reason = { CANCELLED: 0, TIMEOUT: 1, LOCK_TIMEOUT: 2 } as const;

interface HostCallOptions {
  signal?: AbortSignal | undefined;
  timeout?: number | undefined;
  /** Is handed the means to stop the call. */
  onBegin?: (cancel: (why: Why) => void) => void;
}

export class Host implements Connection {
  readonly notices = new Notices();
  /** For calls that are in no queue. */
  readonly direct: DirectCalls;
  readonly #sessions = new Sessions();
  readonly #held = new HeldReplies();
  readonly #salvage = new Salvage();
  readonly #running: Running;
  readonly #durability: Durability;
  #turnPlanned = false;
  /** Whether calls have run at once since the event loop last did, and until when they may. */
  #isTurn = false;
  #turnEnd = 0;

  private constructor(
    readonly opening: Opening,
    opened: Opened,
  ) {
    this.#running = new Running(opening, opened, this.#sessions, this.#held, () => this.#planTurn());
    this.#durability = new Durability(this.#running, this.#held, this.notices, () => this.#turnPlanned);
    this.direct = new DirectCalls(this.#running, this.#sessions, this.#held, this.#durability, () => this.#planTurn());
  }

  get info(): DatabaseInfo {
    return this.#running.info;
  }

  get module(): WebAssembly.Module {
    return this.#running.module;
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
    host.#running.restarts = known?.restarts ?? 0;
    try {
      if (opened.storage.pieces) await host.#durability.store();
      host.#durability.planIdle();
      return host;
    } catch (error) {
      await opened.storage.close();
      throw error;
    }
  }

  // -- calls ------------------------------------------------------------------------------------

  call(request: Request, options: HostCallOptions = {}): Promise<Reply> {
    return new Promise((resolve) => {
      if (this.#running.closed) return resolve(failed(toWire(closed())));
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
    if (this.#turnPlanned || this.#running.engine?.routines.busy) return false;
    this.#running.tryWritingAgain();
    if (!this.#running.engine) return false;
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
      if (!this.#running.engine) return false;
      if (job.session.jobs[0] !== job) return this.#durability.settleAtOnce();
    } while (performance.now() < this.#turnEnd);
    return false;
  }

  /** A part of a salvage, which is no matter of a session. */
  async #salvaged(request: Request & { kind: 'salvage' }): Promise<Reply> {
    const engine = this.#running.engine;
    if (!engine) return failed(toWire(this.#running.failure));
    return this.#salvage.answer(engine, this.opening, request, () => this.#running.guard(() => engine.wasm.ask(0, engine.writeRequest({ kind: 'salvage' }))));
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
    const tell = () => void this.#running.guard(() => this.#running.engine?.wasm.cancel(job.task, Reason[why]));
    if (this.#running.engine?.routines.busy) platform().soon(tell);
    else tell();
    this.#planTurn();
  }

  /** A call made at once, on this thread; it throws for an engine that is gone and cannot be opened anew at once. */
  callSync(request: Request, timeout = Infinity): Reply {
    const end = performance.now() + timeout;
    const engine = this.#running.now();
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
        this.#running.guard(() => engine.wasm.cancel(job.task, Reason.LOCK_TIMEOUT));
      } else if (performance.now() >= end) {
        this.cancel(job, 'TIMEOUT');
      }
    }
    this.#durability.settle();
    if (!reply) this.#running.decideNow();
    if (!reply) throw this.#running.doubt;
    this.#durability.planIdle();
    return reply;
  }

  /** The last commit; -1 before the first. */
  get lastSeq(): number {
    return this.#running.engine?.wasm.applied_seq() ?? -1;
  }

  /** Whether a session is in a transaction, be it one that is lost. */
  isInTransaction(session: number): boolean {
    const found = this.#sessions.has(session) ? this.#sessions.get(session) : undefined;
    return found !== undefined && (found.inTransaction || found.lost);
  }

  get synchronous(): boolean {
    return this.#running.storage.pieces === undefined;
  }

  async close(): Promise<void> {
    if (this.#running.closed) return;
    await this.#running.settled();
    while (this.#sessions.busy().length > 0) {
      for (const session of this.#sessions.busy()) for (const job of [...session.jobs]) this.cancel(job, 'CANCELLED');
      await new Promise<void>((resolve) => platform().soon(resolve));
      if (!this.#running.engine) break;
    }
    await this.#running.settled();
    this.#running.closed = true;
    this.#durability.stop();
    try {
      await this.#durability.closeEngine();
      // What is still held was applied, and a close that succeeds has flushed it.
      this.#held.release(Infinity);
    } catch (error) {
      this.#held.refuse(error as DatabaseError);
      throw error;
    } finally {
      this.#held.refuse(closed());
      await this.#salvage.leave().finally(() => this.#running.end());
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
    if (this.#running.closed) return;
    this.#running.tryWritingAgain();
    if (!this.#running.engine && !this.#running.dead) await this.#running.reopen(() => this.#durability.store());
    if (this.#running.dead) return this.#sessions.refuseAll(this.#running.dead);
    const end = performance.now() + TURN_MS;
    let busy: boolean;
    do {
      busy = false;
      for (const session of this.#sessions.busy()) {
        if (this.#advance(session.jobs[0] as Job) === 'busy') busy = true;
      }
    } while (busy && performance.now() < end && this.#running.engine);
    this.#durability.settle();
    if (busy) this.#planTurn();
    else this.#durability.planIdle();
  }

  /** Takes a call one step further. */
  #advance(job: Job): 'busy' | 'waiting' {
    const engine = this.#running.engine;
    if (!engine) return 'waiting';
    const answer = this.#running.guard(() => (job.task < 0 ? this.#start(engine, job) : engine.wasm.step(job.task, STEP_BUDGET)));
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
      const begun = dispatch(engine, this.#sessions, job, () => this.#durability.flush());
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
      this.#running.guard(() => this.#running.engine?.wasm.cancel(job.task, Reason.LOCK_TIMEOUT));
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
      reply.host = { memoryBytes: engine.memoryBytes, restarts: this.#running.restarts, readOnly, inTransaction: session.inTransaction };
    }
    this.#running.noteRefusal(engine, reply.error?.code);
    const hold = () => this.#held.add(job.answer, reply, engine.wasm.applied_seq());
    if (kind === 'compact' && !reply.error) {
      // The next step needs the files that it asked for, and what it wrote to be stored.
      void this.#durability.provide().finally(() => {
        if (engine === this.#running.engine) hold();
        else job.answer(failed(toWire(this.#running.closed ? closed() : this.#running.failure)));
        this.#durability.settle();
      });
    } else {
      hold();
      if (kind === 'check' && this.#running.storage.pieces) void this.#durability.store(); // it may want to read some
    }
    // Someone may have been waiting for this transaction to end.
    if (this.#sessions.busy().length > 0) this.#planTurn();
  }
}

function lost(): DatabaseError {
  return new DatabaseError('IN_FAILED_TRANSACTION', 'the transaction was lost with an engine that failed; roll it back');
}
