/** Calls that are made of the engine itself, with no job in a queue: what they need of the host before and after. */

import type { Durability } from './durability.js';
import type { Engine } from './engine.js';
import { DatabaseError, type WireError } from './error.js';
import { type HeldReplies, NO_RESULTS } from './held.js';
import type { Reply } from './protocol.js';
import { Status } from './results.js';
import type { Running } from './running.js';
import type { Sessions } from './sessions.js';

export class DirectCalls {
  constructor(
    readonly running: Running,
    readonly sessions: Sessions,
    readonly held: HeldReplies,
    readonly durability: Durability,
    readonly planTurn: () => void,
  ) {}

  /** Whether such a call may be made: nothing waits in the session. */
  isAtRest(session: number): boolean {
    const found = this.sessions.get(session);
    return this.running.engine !== undefined && found.jobs.length === 0 && !found.lost;
  }

  /** The engine, and its number for a session. */
  begin(session: number): { engine: Engine; session: number } {
    const engine = this.running.now();
    return { engine, session: this.sessions.inEngine(engine, this.sessions.get(session)) };
  }

  /** The engine's number for a prepared statement. */
  statement(session: number, statement: number): number {
    return this.sessions.statement(this.running.now(), this.sessions.get(session), statement);
  }

  /** After a call, with the status of its result: flushes what it committed. */
  settle(session: number, status: number, seq: number | null): void {
    this.#note(session, status);
    if ((status & Status.Committed) === 0) return;
    let failure: WireError | undefined;
    let answered = false;
    const answer = (reply: Reply) => {
      answered = true;
      failure = reply.error;
    };
    this.held.add(answer, { results: NO_RESULTS }, seq ?? -1);
    this.durability.settle();
    if (!answered) this.running.decideNow();
    if (!answered) throw this.running.doubt;
    if (failure) throw DatabaseError.fromWire(failure);
    this.durability.planIdle();
  }

  /** After a call that may wait, with the status of its result: resolves when all that it could see is durable; undefined if it is. */
  settleSoon(session: number, status: number): Promise<void> | undefined {
    this.#note(session, status);
    if (this.held.isEmpty && this.durability.settleAtOnce()) return undefined;
    return new Promise((resolve, reject) => {
      const answer = ({ error }: Reply) => (error ? reject(DatabaseError.fromWire(error)) : resolve());
      this.held.add(answer, { results: NO_RESULTS }, this.running.engine?.wasm.applied_seq() ?? -1);
      this.planTurn();
    });
  }

  #note(session: number, status: number): void {
    this.sessions.get(session).inTransaction = (status & Status.InTransaction) !== 0;
  }

  /** After a call that failed. */
  settleFailure(session: number, engine: Engine, inEngine: number, code: string): void {
    this.running.noteRefusal(engine, code);
    this.sessions.get(session).inTransaction = engine.wasm.in_transaction(inEngine);
    this.durability.settle(); // if it was storage that failed, the engine goes
  }

  /** A call threw: the engine is gone. */
  crashed(thrown: unknown): DatabaseError {
    return this.running.crash(thrown);
  }
}
