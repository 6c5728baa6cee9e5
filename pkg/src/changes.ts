/**
 * Commits with their changes, one after another. Nothing is kept here: the commits are asked of the engine by their
 * sequence, a few at a time, and what changed of one when it is wanted. A notice of a new commit only ends the waiting.
 */

import { DatabaseError } from './error.js';
import { commitRecords, diffEntries, momentSeq, quoted } from './introspect.js';
import type { Notices } from './notices.js';
import { checkResults, type Session, type Settled } from './session.js';
import type { Change, ChangesOptions, RowChange } from './types.js';

/** Commits asked for at a time. */
const COMMITS = 64;

export function changesOf<T>(begin: () => Session, notices: Notices, options: ChangesOptions): AsyncIterableIterator<Change<T>> {
  const { tables } = options;
  if (tables !== undefined && !(Array.isArray(tables) && tables.every((name) => typeof name === 'string'))) {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', 'tables is a list of names');
  }
  const bell = new Bell();
  const inner = read<T>(begin, notices, options, bell);
  return {
    next: () => inner.next(),
    return: async () => {
      bell.stop();
      return inner.return(undefined);
    },
    throw: async (error: unknown) => {
      bell.stop();
      return inner.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Rung when there may be more to read. */
class Bell {
  #rung = true;
  #stopped = false;
  #wake: (() => void) | undefined;

  get stopped(): boolean {
    return this.#stopped;
  }

  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  stop(): void {
    this.#stopped = true;
    this.ring();
  }

  /** To be called before what a ring tells of is read. */
  reset(): void {
    this.#rung = false;
  }

  async wait(): Promise<void> {
    while (!this.#rung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}

async function* read<T>(begin: () => Session, notices: Notices, options: ChangesOptions, bell: Bell): AsyncGenerator<Change<T>> {
  const { signal } = options;
  const session = begin();
  const unwatch = notices.add(bell.ring);
  signal?.addEventListener('abort', bell.ring);
  const tables = options.tables && new Set(options.tables);
  const asked = (names: string[]) => (tables ? names.filter((name) => tables.has(name)) : names);
  try {
    const settled = session.settle({ rowMode: options.rowMode, parsers: options.parsers, signal });
    let next = await firstSeq(session, options);
    while (!bell.stopped) {
      bell.reset();
      const commits = await commitRecords(session, { from: next, limit: COMMITS, signal });
      for (const { changed, ...commit } of commits) {
        if (bell.stopped) return;
        next = commit.seq + 1;
        const wanted = asked(changed);
        const lost = asked(commit.lost);
        if (tables && wanted.length + lost.length === 0) continue;
        yield { ...commit, lost, changes: await rowChanges<T>(session, commit.seq, wanted, settled) };
      }
      if (commits.length === 0 && !signal?.aborted) await bell.wait();
    }
  } finally {
    unwatch();
    signal?.removeEventListener('abort', bell.ring);
    await session.end();
  }
}

async function firstSeq(session: Session, { since, signal }: ChangesOptions): Promise<number> {
  if (since === undefined || since === -1) return 0;
  const seq = await momentSeq(session, typeof since === 'number' ? { seq: since } : since, { signal });
  return seq + 1;
}

async function rowChanges<T>(session: Session, seq: number, names: string[], settled: Settled): Promise<RowChange<T>[]> {
  if (names.length === 0) return [];
  // Before the first commit there is no moment: whatever is there after it, it made.
  const first = seq === 0;
  const sql = names.map((name) => (first ? `SELECT * FROM ${qualified(name)} AS OF $1` : `SELECT * FROM diff(${text(name)}, $1, $2)`)).join(';\n');
  const row = first ? [seq] : [seq - 1, seq];
  const reply = await session.call(session.execRequest(sql, settled, { row }), settled.call);
  const changes: RowChange<T>[] = [];
  for (const [at, [head, rows]] of checkResults(reply, settled, sql).entries()) {
    const table = names[at] as string;
    if (!first) {
      for (const entry of diffEntries<T>(head, rows, settled)) changes.push({ table, ...entry });
      continue;
    }
    const changed = rows.fields.map((field) => field.name);
    for (const after of rows.allRows(settled.rows.rowMode) as T[]) changes.push({ table, op: 'INSERT', before: null, after, changed });
  }
  return changes;
}

/** The name that the catalog has as SQL has it. */
function qualified(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? quoted(name) : `${quoted(name.slice(0, dot))}.${quoted(name.slice(dot + 1))}`;
}

function text(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}
