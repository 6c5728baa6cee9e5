/** Timers, whatever length they are given. */

import { DatabaseError } from './error.js';

export type Timer = ReturnType<typeof setTimeout>;

/** Platforms keep the milliseconds in 31 bits, and take longer ones for none at all. */
const LONGEST = 0x7fff_ffff;

/** Calls back after some milliseconds; what would take longer than a timer can, such as `Infinity`, never comes. */
export function startTimer(milliseconds: number, callback: () => void): Timer | undefined {
  return milliseconds > LONGEST ? undefined : setTimeout(callback, milliseconds);
}

/** The milliseconds that an option gives, or `INVALID_PARAMETER_VALUE`. */
export function checkedTimeout<T extends number | undefined>(milliseconds: T, name = 'timeout'): T {
  if (milliseconds === undefined || (typeof milliseconds === 'number' && milliseconds >= 0)) return milliseconds;
  throw new DatabaseError('INVALID_PARAMETER_VALUE', `${name} is a number of milliseconds, not ${String(milliseconds)}`);
}
