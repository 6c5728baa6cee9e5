/** The sessions of a host, and what outlives an engine of theirs: which statements they have prepared, what they have lost. */

import type { Engine } from './engine.js';
import { DatabaseError, toWire } from './error.js';
import { Functions } from './functions.js';
import { failed } from './held.js';
import type { KnownSession, Reply, Request } from './protocol.js';

/** A call on its way. */
export interface Job {
  request: Request;
  session: SessionState;
  answer: (reply: Reply) => void;
  /** The engine's number for it; -1 before it is started. */
  task: number;
  /** Whether the engine has been asked: it fails with the engine then. */
  begun: boolean;
  cancelled: boolean;
  waiting: ReturnType<typeof setTimeout> | undefined;
}

export function jobOf(request: Request, session: SessionState, answer: (reply: Reply) => void): Job {
  return { request, session, answer, task: -1, begun: false, cancelled: false, waiting: undefined };
}

export interface SessionState {
  /** The engine's number for it; -1 where the engine does not know it yet. */
  engine: number;
  /** Its calls, of which the first is the one at work. */
  jobs: Job[];
  inTransaction: boolean;
  /** Its transaction went down with an engine: everything but an end of it is refused. */
  lost: boolean;
  statements: Map<number, PreparedStatement>;
}

/** What is prepared, and the moment that it is described at. */
type Described = Pick<Extract<Request, { kind: 'prepare' }>, 'sql' | 'moment'>;

interface PreparedStatement extends Described {
  engine: number;
  /** Which engine knows it; another must prepare it again. */
  generation: number;
}

export class Sessions {
  /** The functions of the application, which are there for all of them. */
  readonly functions = new Functions();
  readonly #sessions = new Map<number, SessionState>();
  /** Counts the engines. */
  #generation = 0;
  #statements = 0;

  /** Those of a worker that is gone: their transactions are lost, their statements prepared again when they are used. */
  restore(known: KnownSession[]): void {
    for (const { number, inTransaction, statements } of known) {
      const session = this.get(number);
      session.lost = inTransaction;
      for (const { id, ...described } of statements) {
        session.statements.set(id, { ...described, engine: -1, generation: -1 });
        this.#statements = Math.max(this.#statements, id);
      }
    }
  }

  get(number: number): SessionState {
    let session = this.#sessions.get(number);
    if (!session) {
      session = { engine: -1, jobs: [], inTransaction: false, lost: false, statements: new Map() };
      this.#sessions.set(number, session);
    }
    return session;
  }

  has(number: number): boolean {
    return this.#sessions.has(number);
  }

  /** Those that have calls. */
  busy(): SessionState[] {
    return [...this.#sessions.values()].filter((session) => session.jobs.length > 0);
  }

  forget(number: number): void {
    const session = this.#sessions.get(number);
    if (session) session.engine = -1;
    this.#sessions.delete(number);
  }

  /** The engine's number for a session. */
  inEngine(engine: Engine, session: SessionState): number {
    if (session.engine < 0) session.engine = engine.wasm.begin_session();
    return session.engine;
  }

  /** Prepares a statement; its description is the engine's output. */
  prepare(engine: Engine, session: SessionState, { sql, moment }: Described): number {
    const prepared = this.#prepareInEngine(engine, session, { sql, moment });
    const id = (this.#statements += 1);
    session.statements.set(id, { sql, moment, engine: prepared, generation: this.#generation });
    return id;
  }

  /** The engine's number for a prepared statement, which is prepared again if the engine is another one. */
  statement(engine: Engine, session: SessionState, id: number): number {
    const known = session.statements.get(id);
    if (!known) throw new DatabaseError('CLOSED', 'the prepared statement is closed');
    if (known.generation !== this.#generation) {
      known.engine = this.#prepareInEngine(engine, session, known);
      known.generation = this.#generation;
    }
    return known.engine;
  }

  closeStatement(engine: Engine, session: SessionState, id: number): void {
    const known = session.statements.get(id);
    session.statements.delete(id);
    if (known?.generation === this.#generation) engine.wasm.forget(this.inEngine(engine, session), known.engine);
  }

  #prepareInEngine(engine: Engine, session: SessionState, { sql, moment }: Described): number {
    const prepared = engine.wasm.prepare(this.inEngine(engine, session), engine.writeRequest({ kind: 'exec', sql, moment }));
    if (prepared < 0) throw DatabaseError.fromWire(engine.takeError());
    return prepared;
  }

  /** Whether there is a transaction, or a call that has begun. */
  get areAtWork(): boolean {
    return [...this.#sessions.values()].some((session) => session.inTransaction || session.jobs.some((job) => job.begun));
  }

  /** The engine is gone. Calls that had begun fail with the error; those of their sessions that had not fail with them. */
  loseEngine(error?: DatabaseError): void {
    this.#generation += 1;
    for (const session of this.#sessions.values()) {
      const begun = session.inTransaction || session.jobs.some((job) => job.begun);
      session.lost = session.lost || session.inTransaction;
      session.inTransaction = false;
      session.engine = -1;
      if (begun && error) refuse(session, error);
    }
  }

  refuseAll(error: DatabaseError): void {
    for (const session of this.#sessions.values()) refuse(session, error);
  }

  /**
   * Whether a call of a session whose transaction is lost may be made: only a ROLLBACK, since anything else would pass
   * for a part of it. COMMIT fails, too, and ends it all the same.
   */
  mayGoOn({ request, session }: Job): boolean {
    if (request.kind === 'end' || request.kind === 'forget' || request.kind === 'prepare') return true;
    const end = request.kind === 'exec' ? /^\s*(rollback|abort|commit|end)\b(?!\s+to\b)/i.exec(request.sql)?.[1] : undefined;
    session.lost = end === undefined;
    return end !== undefined && !/commit|end/i.test(end);
  }
}

function refuse(session: SessionState, error: DatabaseError): void {
  for (const job of session.jobs.splice(0)) job.answer(failed(toWire(error)));
}
