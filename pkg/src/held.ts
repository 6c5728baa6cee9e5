import { DatabaseError, toWire, type WireError } from './error.js';
import type { Reply } from './protocol.js';

export const NO_RESULTS = new Uint8Array();

/** An answer that is an error alone. */
export function failed(error: WireError): Reply {
  return { results: NO_RESULTS, error };
}

/** The error of a commit that is there now, and may be gone when the system ends. */
function stillUnknown(failure: WireError): WireError {
  return toWire(new DatabaseError('COMMIT_UNKNOWN', `the commit is there, and storage cannot be flushed: ${failure.message}`));
}

/** The error of a commit that has turned out not to be there. */
function definite(failure: WireError): WireError {
  if (failure.code !== 'COMMIT_UNKNOWN') return failure;
  const cause = failure.detail === 'QUOTA' ? 'QUOTA' : 'IO';
  return toWire(new DatabaseError(cause, `nothing was committed: ${failure.message}`));
}

interface Held {
  answer: (reply: Reply) => void;
  reply: Reply;
  /** The last commit it could see, its own included. */
  seq: number;
  /** Why storage failed while it was held, which is no error of its own. */
  failure?: WireError;
}

/** Answers that wait until everything they could see is durable. */
export class HeldReplies {
  #held: Held[] = [];

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  add(answer: (reply: Reply) => void, reply: Reply, seq: number): void {
    this.#held.push({ answer, reply, seq });
  }

  /** Gives those that saw nothing beyond a commit. */
  release(durable: number): void {
    const ready = this.#held.filter((held) => held.seq <= durable);
    if (ready.length === 0) return;
    this.#held = this.#held.filter((held) => held.seq > durable);
    for (const { answer, reply } of ready) answer(reply);
  }

  /** Storage has failed under them: what became of them is not known until it has been read again. */
  doubt(error: DatabaseError): void {
    for (const held of this.#held) held.failure = toWire(error);
  }

  /**
   * Storage has been read again: a commit that it holds has happened, whatever the error was, if all of it `isDurable` by now; one that it does not
   * hold has not.
   */
  decide(last: number, isDurable: boolean): void {
    for (const { answer, reply, seq, failure } of this.#held.splice(0)) {
      if (!failure || (seq <= last && isDurable)) answer(reply);
      else answer(failed(seq <= last ? stillUnknown(failure) : definite(failure)));
    }
  }

  refuse(error: DatabaseError): void {
    for (const { answer } of this.#held.splice(0)) answer(failed(toWire(error)));
  }
}
