import { DatabaseError } from './error.js';
import type { Moment } from './types.js';

/** A moment as the engine takes it: a sequence, microseconds since 1970, or the text of a timestamp. */
export type WireMoment = { seq: number } | { micros: number } | { text: string };

/** Checks a moment and brings it into the engine's form. */
export function wireMoment(moment: Moment): WireMoment {
  if (typeof moment === 'string') return { text: moment };
  if (moment instanceof Date) return { micros: endOfMillisecond(moment) };
  if (typeof moment === 'object' && moment !== null) {
    if ('seq' in moment) return { seq: checkedSeq(moment.seq) };
    if ('tag' in moment && typeof moment.tag === 'string') return { text: `@tag:${moment.tag}` };
    if ('time' in moment) return wireMoment(moment.time);
  }
  throw new DatabaseError('INVALID_PARAMETER_VALUE', 'not a moment', {
    hint: "use { seq: 1 }, { tag: 'name' }, a Date, a timestamp such as '2026-01-15T10:00:00Z', or an entry of history()",
  });
}

/** A Date stands for all of its millisecond, so it names the last commit in it. */
function endOfMillisecond(date: Date): number {
  const milliseconds = date.getTime();
  if (Number.isNaN(milliseconds)) throw new DatabaseError('INVALID_DATETIME_FORMAT', 'the moment is an invalid Date');
  return milliseconds * 1000 + 999;
}

function checkedSeq(seq: unknown): number {
  const value = typeof seq === 'bigint' ? Number(seq) : seq;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `a sequence is a whole number, not ${String(seq)}`);
  }
  if (value < 0) throw new DatabaseError('MOMENT_BEFORE_FIRST', `there is no sequence ${value}: the first commit is 0`, { sqlstate: 'DT002' });
  return value;
}
