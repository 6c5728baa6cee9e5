/**
 * The commits of the open database, as far as the page has asked for them. They never change once made, so pages of them
 * are kept; new ones are only ever added at the end.
 */

import type { CommitInfo, DatabaseApi, DatabaseStatus } from 'driftdb-wasm';
import { Signal } from './signal';

/** Statements are kept without their literals, so a word is a word of SQL or a name. */
const SCHEMA_CHANGE = /\b(create|drop|alter|restore|undo|redo)\b/i;
const PAGE = 512;
/** Histories up to this length are fetched whole, for the drawing behind the slider. */
const WHOLE = 20_000;

export class CommitLog {
  readonly #db: DatabaseApi;
  readonly #commits: (CommitInfo | undefined)[] = [];
  readonly #asked = new Set<number>();
  /** Commits from the first on without a gap, and which of them may have changed tables. */
  #known = 0;
  readonly #schemaChanges: number[] = [];
  /** The last commit's sequence, -1 while there is none. */
  readonly last = new Signal(-1);
  /** Grows when commits have arrived. */
  readonly arrived = new Signal(0);

  constructor(db: DatabaseApi) {
    this.#db = db;
  }

  get(seq: number): CommitInfo | undefined {
    return this.#commits[seq];
  }

  /**
   * A number that is the same for two moments only if no commit between them could have changed a table; undefined while
   * not all commits are here.
   */
  schemaEpoch(seq: number): number | undefined {
    if (this.#known < this.last.value + 1) return undefined;
    let low = 0;
    let high = this.#schemaChanges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#schemaChanges[middle] ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Learns of commits made since; answers what the database told of itself. */
  async refresh(): Promise<DatabaseStatus> {
    const status = await this.#db.status();
    const last = status.appliedSeq ?? -1;
    if (last < this.last.value) return status;
    const known = this.last.value;
    if (last - known <= WHOLE) await this.#fetch(known + 1, last);
    else await this.need(last);
    this.last.set(last);
    return status;
  }

  /** Makes sure that the commit and its neighbours are there, unless the database is closed meanwhile. */
  async need(seq: number): Promise<void> {
    const page = Math.floor(seq / PAGE);
    if (this.#commits[seq] || this.#asked.has(page)) return;
    this.#asked.add(page);
    try {
      await this.#fetch(page * PAGE, page * PAGE + PAGE - 1);
    } finally {
      this.#asked.delete(page);
    }
  }

  async #fetch(from: number, to: number): Promise<void> {
    for (let first = from; first <= to; first += PAGE) {
      const commits = await this.#db.commits({ from: first, to: Math.min(first + PAGE - 1, to) });
      for (const commit of commits) this.#commits[commit.seq] = commit;
    }
    for (let next = this.#commits[this.#known]; next; next = this.#commits[this.#known]) {
      if (SCHEMA_CHANGE.test(next.statement)) this.#schemaChanges.push(this.#known);
      this.#known += 1;
    }
    this.arrived.set(this.arrived.value + 1);
  }
}
