/** What takes care of a database: its counters and sizes, checking it, compacting it. */

import { checkFunction, optionsOf, Takes } from './check.js';
import type { Reply } from './protocol.js';
import { onlyTable, PLAIN, type Session } from './session.js';
import type { CallOptions, CheckOptions, DatabaseCheck, DatabaseCompaction, DatabaseStats, DatabaseStatus } from './types.js';

export async function statusOf(session: Session, options: CallOptions = {}): Promise<DatabaseStatus> {
  const reply = await session.call({ kind: 'status', session: session.number }, options);
  return {
    ...told<Omit<DatabaseStatus, keyof NonNullable<Reply['host']>>>(reply),
    memoryBytes: reply.host?.memoryBytes ?? 0,
    inTransaction: reply.host?.inTransaction ?? false,
    restarts: reply.host?.restarts ?? 0,
    readOnly: reply.host?.readOnly ?? null,
  };
}

/** As `src/db/stats.rs` tells it: times in microseconds, sizes in bytes. */
interface Told extends Pick<DatabaseStats, 'commits' | 'versions' | 'blocks' | 'storage' | 'tables'> {
  first: number | null;
  last: number | null;
  held: number;
  used: number;
  max: number;
}

export async function statsOf(session: Session, options?: CallOptions): Promise<DatabaseStats> {
  const reply = await session.call({ kind: 'stats', session: session.number }, options, Takes.call);
  const { first, last, held, used, max, ...rest } = told<Told>(reply);
  const timeOf = (micros: number | null) => (micros === null ? null : new Date(micros / 1000));
  return {
    ...rest,
    first: timeOf(first),
    last: timeOf(last),
    memory: { held, used, max, reserved: reply.host?.memoryBytes ?? 0 },
  };
}

/** The JSON that is all of an answer. */
function told<T>(reply: Reply): T {
  const [row] = onlyTable(reply, PLAIN).results<{ told: T }>('object').rows as [{ told: T }];
  return row.told;
}

interface Step {
  over: boolean;
  done: number;
  total: number;
}

/** Has the engine do a part after another, until it is over or stopped; the last answer. */
async function inSteps<S extends Step>(kind: 'check' | 'compact', session: Session, given?: CheckOptions | null): Promise<S> {
  const { signal, onProgress } = optionsOf<CheckOptions>(given, Takes.check);
  checkFunction(onProgress, 'onProgress');
  const step = async (from: number, options?: CallOptions) => told<S>(await session.call({ kind, session: session.number, from }, options));
  let over = false;
  try {
    for (let from = 0; ; from = 1) {
      const answer = await step(from, { signal });
      ({ over } = answer);
      onProgress?.({ done: over ? answer.total : Math.min(answer.done, answer.total), total: answer.total });
      if (over) return answer;
    }
  } finally {
    // As long as a check is there, the engine writes no checkpoint; and one that is not wanted any more is left.
    if (!over) await step(2).catch(() => {});
  }
}

type CheckStep = Step & DatabaseCheck;

export async function check(session: Session, given?: CheckOptions | null): Promise<DatabaseCheck> {
  const { problems, bytes, versions } = await inSteps<CheckStep>('check', session, given);
  return { problems, bytes, versions };
}

interface CompactStep extends Step {
  before: number;
  after: number;
  commits: number;
}

export async function compact(session: Session, given?: CheckOptions | null): Promise<DatabaseCompaction> {
  const { before, after, commits } = await inSteps<CompactStep>('compact', session, given);
  return { bytesBefore: before, bytesAfter: after, commits };
}
