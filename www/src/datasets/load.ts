/** Plays a data set's history into a database, commit by commit. */

import type { DatabaseApi } from 'driftdb-wasm';
import type { Script } from './script';

/** Calls under way at once: they are carried out in order, and what waits is written together. */
const UNDER_WAY = 16;

export interface LoadOptions {
  /** The first commit that is not there yet. */
  start: number;
  signal: AbortSignal;
  /** Hears how many commits are done. */
  onProgress: (done: number) => void;
}

/** Commits everything from `start` on. */
export async function load(db: DatabaseApi, script: Script, { start, signal, onProgress }: LoadOptions): Promise<void> {
  const pending: Promise<unknown>[] = [];
  for (let seq = start; seq < script.commits.length; seq += 1) {
    const commit = script.commits[seq];
    if (!commit || signal.aborted) break;
    const call = db.exec(commit.sql, { atomic: true, meta: commit.meta });
    // The first failure ends the load; those that it causes behind it are not news.
    call.catch(() => undefined);
    pending.push(call);
    if (pending.length >= UNDER_WAY) await pending.shift();
    onProgress(seq + 1 - pending.length);
  }
  await Promise.all(pending);
  signal.throwIfAborted();
}

/**
 * The first commit of the script that the database lacks: a load that was cut short by a closed tab goes on where it ended.
 * Behind the script's end where there is none, or the database went its own way. `last` is the last commit there is.
 */
export async function firstMissing(db: DatabaseApi, script: Script, last: number | null): Promise<number> {
  if (last === null) return 0;
  if (last >= script.last) return script.commits.length;
  const [commit] = await db.commits({ from: last, to: last });
  const same = JSON.stringify(commit?.meta) === JSON.stringify(script.commits[last]?.meta);
  return same ? last + 1 : script.commits.length;
}
