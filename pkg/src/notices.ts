/** Tells whoever waits that there are new commits. */

/** `seq` is the last commit that reads may tell of; `stored`, whether it is on storage and not merely written. */
export type Listener = (seq: number, stored: boolean) => void;

/** In the place of a commit: any answer may be another one. */
export const AGAIN = -2;

export class Notices {
  readonly #listeners = new Set<Listener>();
  /** The last commits that were told of, as written and as stored. */
  #written = -1;
  #stored = -1;

  /** Answers with the means to stop listening. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells of a commit, unless that is no news. */
  tell(seq: number, stored: boolean): void {
    if (seq <= (stored ? this.#stored : this.#written)) return;
    if (stored) this.#stored = seq;
    this.#written = Math.max(seq, this.#written);
    for (const listener of [...this.#listeners]) listener(seq, stored);
  }

  /** Lets all look again, though there is no commit: what their queries call may be something else. */
  again(): void {
    for (const listener of [...this.#listeners]) listener(AGAIN, false);
  }

  /** Lets all look who wait, though there is no commit. */
  wake(): void {
    for (const listener of [...this.#listeners]) listener(-1, false);
  }
}
