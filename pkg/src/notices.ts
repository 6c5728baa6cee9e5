/** Tells whoever waits that there are new commits. */

/** `seq` is the last commit that reads may tell of; `stored`, whether it is on storage and not merely written. */
export type Listener = (seq: number, stored: boolean) => void;

export class Notices {
  readonly #listeners = new Set<Listener>();

  /** Answers with the means to stop listening. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(seq: number, stored: boolean): void {
    for (const listener of [...this.#listeners]) listener(seq, stored);
  }
}
