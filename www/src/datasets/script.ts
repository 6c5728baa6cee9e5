/**
 * A data set is a script of commits: the SQL of each, who made it and why. It is the same in every run, so commit n of the
 * script is sequence n of the database that it is played into, and example queries can name moments.
 */

import type { DATA_SET_NAMES } from '../open';
import { quoteText } from '../sql';

export interface CommitText {
  /** One or more statements; several are one transaction. */
  sql: string;
  meta: { user: string; reason: string };
}

export class Script {
  readonly commits: CommitText[] = [];

  /** Adds a commit and answers its sequence. */
  commit(user: string, reason: string, ...statements: string[]): number {
    this.commits.push({ sql: `${statements.join(';\n')};`, meta: { user, reason } });
    return this.last;
  }

  /** The sequence of the last commit so far. */
  get last(): number {
    return this.commits.length - 1;
  }
}

export interface Example {
  title: string;
  /** Why one would ask it. */
  sentence: string;
  sql: string;
  /** A row whose history opens beside the answer. */
  history?: { table: string; key: (string | number)[] };
}

export interface DataSet {
  id: (typeof DATA_SET_NAMES)[number];
  title: string;
  sentence: string;
  /** Plays the history; the examples know its moments. The first example is shown after loading. */
  build: () => Promise<{ script: Script; examples: Example[] }>;
  /** Fetches what building needs. */
  fetchAhead?: () => Promise<unknown>;
}

/** SQL literals of the values, joined by commas. */
export function values(...items: (string | number | boolean | null)[]): string {
  return items.map((item) => (typeof item === 'string' ? quoteText(item) : item === null ? 'NULL' : String(item))).join(', ');
}
