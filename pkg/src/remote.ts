/**
 * The page's side of an engine in a worker.
 *
 * A call that is to be stopped is stopped by the engine, between two steps. Should a single step take so long that the worker does not
 * listen, the worker is ended and another opens the database anew, as it would after a crash: what was acknowledged is there, calls that
 * were at work have failed, prepared statements go on, transactions are lost.
 */

import { DatabaseError, toWire, type WireError } from './error.js';
import { failed } from './held.js';
import { Ledger } from './ledger.js';
import { Notices } from './notices.js';
import { type Connection, type FromWorker, type Known, type Opening, type Reply, type Request, stopped, type ToWorker, type Why } from './protocol.js';
import { startTimer } from './timer.js';
import type { DatabaseInfo } from './types.js';

/** How often a worker that ought to stop a call is asked whether it listens, and how often without an answer at the most. */
const ASK_MS = 500;
const ASKED_MAX = 4;

interface CallOptions {
  signal?: AbortSignal | undefined;
  timeout?: number | undefined;
}

/** A call that has no answer yet. */
interface Call {
  request: Request;
  answer: (reply: Reply) => void;
  /** Whether it was made: there is a worker for it. */
  isMade: boolean;
  /** The last commit that was told of when it was made: none of those is its own. */
  told: number;
  /** Why it is to be stopped, if it is. */
  why?: Why;
}

/** A worker with an open database, and its last commit then. */
interface Opened {
  worker: Worker;
  info: DatabaseInfo;
  seq: number;
}

export class Remote implements Connection {
  readonly info: DatabaseInfo;
  readonly notices = new Notices();
  /** None while the database is opened anew, or where that has failed. */
  #worker: Worker | undefined;
  #reopening: Promise<void> | undefined;
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;
  readonly #ledger = new Ledger();
  /** The last commit that the worker has told of. */
  #told: number;
  #restarts = 0;
  #asking: ReturnType<typeof setInterval> | undefined;
  #closed: Promise<void> | undefined;
  #resolveClose: ((error?: WireError) => void) | undefined;
  #gone: DatabaseError | undefined;

  private constructor(
    opened: Opened,
    readonly opening: Opening,
    /** Starts another worker, where workers are ours to end. */
    readonly startAnother: (() => Worker) | undefined,
  ) {
    this.info = opened.info;
    this.#told = opened.seq;
    this.#use(opened.worker);
  }

  /** Opens a database in a worker. One that is `startAnother`'s is ended with the database. */
  static async open(worker: Worker, opening: Opening, startAnother?: () => Worker): Promise<Remote> {
    return new Remote(await openIn(worker, opening, startAnother !== undefined), opening, startAnother);
  }

  call(request: Request, { signal, timeout }: CallOptions = {}): Promise<Reply> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = (this.#lastCall += 1);
    return new Promise((resolve) => {
      const release: (() => void)[] = [];
      const call: Call = {
        request,
        answer: (reply) => {
          this.#calls.delete(id);
          for (const undo of release) undo();
          resolve(reply);
        },
        isMade: false,
        told: this.#told,
      };
      this.#calls.set(id, call);
      if (signal) {
        const aborted = () => this.#stop(id, call, 'CANCELLED');
        signal.addEventListener('abort', aborted, { once: true });
        release.push(() => signal.removeEventListener('abort', aborted));
      }
      if (timeout !== undefined) {
        const timer = startTimer(timeout, () => this.#stop(id, call, 'TIMEOUT'));
        release.push(() => clearTimeout(timer));
      }
      if (this.#worker) this.#make(this.#worker, id, call);
      else this.#openAnew().catch(() => {}); // which makes it, or refuses it
    });
  }

  checkListening(): void {
    if (this.#worker) this.#watch(this.#worker);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#reopening?.catch(() => {});
    let error: WireError | undefined;
    if (!this.#gone && this.#worker) {
      const worker = this.#worker;
      error = await new Promise<WireError | undefined>((resolve) => {
        this.#resolveClose = resolve;
        post(worker, { type: 'close' });
        this.#watch(worker);
      });
    }
    this.#lose(new DatabaseError('CLOSED', 'the database is closed'));
    if (this.startAnother) this.#worker?.terminate();
    if (error) throw DatabaseError.fromWire(error);
  }

  #make(worker: Worker, id: number, call: Call): void {
    call.isMade = true;
    call.told = this.#told;
    post(worker, { type: 'call', id, request: call.request });
  }

  #stop(id: number, call: Call, why: Why): void {
    if (!this.#worker || !call.isMade) {
      if (!call.isMade) call.answer(failed(stopped(why)));
      return;
    }
    call.why ??= why;
    post(this.#worker, { type: 'cancel', id, why });
    this.#watch(this.#worker);
  }

  #use(worker: Worker): void {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = (event) => this.#lose(new DatabaseError('ENGINE_CRASHED', `the worker failed: ${event.message}`));
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'reply': {
        const call = this.#calls.get(message.id);
        if (!call) return;
        this.#ledger.enter(call.request, message.reply, message.inTransaction);
        call.answer(message.reply);
        break;
      }
      case 'commits':
        this.#told = Math.max(this.#told, message.seq);
        this.notices.tell(message.seq, message.stored);
        break;
      case 'listening':
        this.#stopWatching();
        break;
      case 'closed':
        this.#resolveClose?.(message.error);
        break;
    }
  }

  /** Ends the worker, unless it listens before long. Of a database in memory nothing would be left, which does not matter where it is closed. */
  #watch(worker: Worker): void {
    const isKept = this.info.storage === 'memory' && !this.#resolveClose;
    if (!this.startAnother || isKept || this.#asking !== undefined) return;
    let asked = 0;
    const ask = () => {
      if (asked === ASKED_MAX) return this.#end(worker);
      asked += 1;
      post(worker, { type: 'listen' });
    };
    // Several times, since a page that was frozen finds its timer due before the worker could answer.
    this.#asking = setInterval(ask, ASK_MS);
    ask();
  }

  #stopWatching(): void {
    clearInterval(this.#asking);
    this.#asking = undefined;
  }

  #end(worker: Worker): void {
    this.#stopWatching();
    worker.onmessage = null;
    worker.onerror = null;
    worker.terminate();
    this.#worker = undefined;
    this.#restarts += 1;
    if (this.#resolveClose) {
      this.#decide(Infinity);
      return this.#resolveClose();
    }
    this.#openAnew().catch(() => {}); // the next call tries again, and hears of it
  }

  /** Opens the database in another worker, which decides what became of the calls of the one before. */
  #openAnew(): Promise<void> {
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #reopen(): Promise<void> {
    const { storage, name } = this.info;
    const sentinel = this.#told < 0 ? {} : { [storage]: { seq: this.#told } };
    const opening = { ...this.opening, url: `${storage}://${name}`, create: false, acceptDataLoss: false, sentinels: sentinel };
    try {
      const start = this.startAnother as () => Worker;
      const { worker, seq } = await openIn(start(), opening, true, {
        sessions: this.#ledger.sessions,
        functions: [...this.#ledger.functions],
        restarts: this.#restarts,
      });
      this.#decide(seq);
      this.#told = seq;
      this.#use(worker);
      for (const [id, call] of this.#calls) this.#make(worker, id, call);
      this.notices.tell(seq, false);
    } catch (error) {
      this.#decide(Infinity);
      for (const { answer } of this.#calls.values()) answer(failed(toWire(error)));
      throw error;
    }
  }

  /**
   * Answers the calls of a worker that was ended, by the last commit that there is. One that may write, and since which there were commits, may have
   * made one of these.
   */
  #decide(last: number): void {
    for (const { request, answer, why, isMade, told } of this.#calls.values()) {
      if (!isMade) continue;
      if (last > told && (request.kind === 'exec' || request.kind === 'run')) answer(failed(toWire(unknown())));
      else answer(failed(why ? stopped(why) : toWire(ended())));
    }
  }

  /** Nothing will be answered any more. */
  #lose(error: DatabaseError): void {
    this.#gone ??= error;
    this.#stopWatching();
    const { code, message, sqlstate } = error;
    for (const { answer } of this.#calls.values()) answer(failed({ code, message, sqlstate }));
    this.#resolveClose?.();
    this.notices.wake(); // who waits for a commit waits in vain
  }
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

function unknown(): DatabaseError {
  return new DatabaseError('COMMIT_UNKNOWN', 'the worker was ended, since it did not stop a call; this one may have been committed before that');
}

function ended(): DatabaseError {
  return new DatabaseError('ENGINE_CRASHED', 'the worker was ended, since it did not stop another call; nothing was committed, and it can be made again');
}

/** Has a worker open a database. One that is ours and cannot do it is ended. */
function openIn(worker: Worker, opening: Opening, own: boolean, known?: Known): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const refuse = (error: DatabaseError) => {
      if (own) worker.terminate();
      reject(error);
    };
    worker.onerror = (event) => {
      const message = event.message ? `the worker failed: ${event.message}` : 'the worker could not be loaded';
      refuse(
        new DatabaseError('STORAGE_UNAVAILABLE', message, {
          hint: "serve 'worker.js' and 'shared.js' beside 'index.js' and allow them with the CSP 'worker-src', or use { worker: false }",
        }),
      );
    };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'opened') resolve({ worker, info: data.info, seq: data.seq });
      else if (data.type === 'failed') refuse(DatabaseError.fromWire(data.error));
    };
    const { wasm } = opening;
    if (!(wasm instanceof Promise)) return post(worker, { type: 'open', opening, known, moduleFollows: false });
    post(worker, { type: 'open', opening: { ...opening, wasm: undefined }, known, moduleFollows: true });
    wasm.then(
      (module) => post(worker, { type: 'module', module }),
      () => post(worker, { type: 'module', module: undefined }),
    );
  });
}
