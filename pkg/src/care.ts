/** What takes care of a database: its counters and sizes, checking it, compacting it. */

import { checkFunction, optionsOf, Takes } from './check.js';
import { DatabaseError } from './error.js';
import type { Reply, Request } from './protocol.js';
import { Part } from './salvage.js';
import { onlyTable, PLAIN, type Session } from './session.js';
import type { CallOptions, CheckOptions, DatabaseCheck, DatabaseCompaction, DatabaseSalvage, DatabaseStats, DatabaseStatus, Recovery } from './types.js';

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
  budget: number | null;
  used: number;
  max: number;
}

export async function statsOf(session: Session, options?: CallOptions): Promise<DatabaseStats> {
  const reply = await session.call({ kind: 'stats', session: session.number }, options, Takes.call);
  const { first, last, held, budget, used, max, ...rest } = told<Told>(reply);
  const timeOf = (micros: number | null) => (micros === null ? null : new Date(micros / 1000));
  return {
    ...rest,
    first: timeOf(first),
    last: timeOf(last),
    memory: { held, budget, used, max, reserved: reply.host?.memoryBytes ?? 0 },
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
async function inSteps<S extends Step>(kind: 'check' | 'compact' | 'salvage', session: Session, given?: CheckOptions | null, to = ''): Promise<S> {
  const { signal, onProgress } = optionsOf<CheckOptions>(given, Takes.check);
  checkFunction(onProgress, 'onProgress');
  const step = async (from: number, options?: CallOptions) => told<S>(await session.call({ kind, session: session.number, from, to } as Request, options));
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

/** Writes what a database has that was opened up to its damage to a new one. */
export async function salvage(session: Session, to: string, given: CheckOptions, recovery: Recovery | null): Promise<DatabaseSalvage> {
  const { commits } = await inSteps<CompactStep>('salvage', session, given, to);
  const { error } = await session.call({ kind: 'salvage', session: session.number, from: Part.finish, to });
  if (error) throw DatabaseError.fromWire(error);
  const { damage = null, damagedAt = null, checkpointDamage = null, lostTables = [], torn = null, known = 0 } = recovery ?? {};
  const lost = Math.max(0, known - commits);
  return { commits, damage, damagedAt, checkpointDamage, lostTables, torn, lost, lostFrom: damage ? commits : null };
}
