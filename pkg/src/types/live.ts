/** What happens from now on: commits as they are made, and queries that are answered again. */

import type { Moment } from './moments.js';
import type { QueryOptions } from './options.js';
import type { CommitInfo, DiffEntry } from './past.js';
import type { Results, Row } from './results.js';

/** Taken by `changes`. */
export interface ChangesOptions extends Pick<QueryOptions, 'signal' | 'rowMode' | 'parsers'> {
  /**
   * Commits after this one are told of: a sequence, such as that of the last commit seen, or any moment. Default: from the first
   * commit on.
   */
  since?: Moment | number | undefined;
  /**
   * Only commits that changed one of these tables, and of them only what became of its rows. Names as they were at the
   * commit; of a table in another schema than `public` with the schema: `'shop.orders'`.
   */
  tables?: readonly string[] | undefined;
}

/** A commit, and what became of the rows of tables by it. */
export interface Change<T = Row> extends CommitInfo {
  /** In no promised order, but those of a table together. None for a commit that changed a schema only. */
  changes: RowChange<T>[];
  /**
   * The tables that it changed and whose rows were lost by damage, which is why they are not among the changes. Empty but for a database that
   * was salvaged, see {@link Recovery.lostTables}.
   */
  lost: string[];
}

/** A row that a commit made, changed or ended: the row before the commit and after it. */
export interface RowChange<T = Row> extends DiffEntry<T> {
  /** As the table was called right after the commit, or before it if the commit dropped it. */
  table: string;
}

/** Taken by `live`. */
export interface LiveOptions extends Pick<QueryOptions, 'signal' | 'rowMode' | 'parsers' | 'serializers'> {
  /** The moment that is looked at; null, the default, is now. It can be moved: see {@link LiveQuery.setAsOf}. */
  asOf?: Moment | null | undefined;
  /**
   * Called with the error of an update that nobody waits for, such as that the table was dropped; the query stays live.
   * Without it such an error is thrown where nobody catches it.
   */
  onError?: ((error: Error) => void) | undefined;
}

/** Called with each result, one after another. */
export type LiveCallback<T = Row> = (results: Results<T>) => void;

/** A query that is answered again when a commit touched what it read. */
export interface LiveQuery<T = Row> {
  /** What it answered first. */
  readonly initialResults: Results<T>;
  /** What it answered last. */
  readonly results: Results<T>;
  /** The moment that it looks at; null is now. */
  readonly asOf: Moment | null;
  readonly counters: LiveCounters;
  readonly closed: boolean;
  /** Adds a callback; it is not called for what was answered before. */
  subscribe(callback: LiveCallback<T>): void;
  /** Takes one callback away; the query ends with its last one, or with all of them if none is named. */
  unsubscribe(callback?: LiveCallback<T>): Promise<void>;
  /** Answers it anew, whatever has been committed. Resolves after the callbacks were called. */
  refresh(): Promise<void>;
  /**
   * Looks at another moment; null is now. Resolves when what it answers there is in `results`. Where nothing that it read
   * differs between the moments, it is not answered again and the callbacks are not called. Of moments set faster than they are
   * answered, those in between are left out.
   */
  setAsOf(moment: Moment | null): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LiveCounters {
  /** How often it was answered. */
  readonly evaluations: number;
  /** Commits after which it was not answered again, since they left alone what it read or came together with another one. */
  readonly saved: number;
}
