/**
 * Asks a question again and again while its subject moves, one at a time and at most once a frame. While an answer is
 * awaited only the newest subject is kept: a slow question skips moments, it never falls behind.
 */
export class Latest<Subject> {
  #next: { subject: Subject } | undefined;
  #asking: Promise<void> | undefined;
  readonly #ask: (subject: Subject) => Promise<void>;

  /** `ask` handles its own errors. */
  constructor(ask: (subject: Subject) => Promise<void>) {
    this.#ask = ask;
  }

  /** Resolves when nothing is left to ask. */
  request(subject: Subject): Promise<void> {
    this.#next = { subject };
    this.#asking ??= this.#run();
    return this.#asking;
  }

  /** Whether a newer subject is waiting, so that the answer at hand is stale. */
  get superseded(): boolean {
    return this.#next !== undefined;
  }

  async #run(): Promise<void> {
    try {
      while (this.#next) {
        const { subject } = this.#next;
        this.#next = undefined;
        await this.#ask(subject);
        if (this.#next) await frame();
      }
    } finally {
      this.#asking = undefined;
    }
  }
}

/** The next frame, or 50 ms where the page is not painted. */
function frame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 50);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
