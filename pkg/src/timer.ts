/** Timers, whatever length they are given. */

import { DatabaseError } from './error.js';

export type Timer = ReturnType<typeof setTimeout>;

/** Platforms keep the milliseconds in 31 bits, and take longer ones for none at all. */
const LONGEST = 0x7fff_ffff;

/** Calls back after some milliseconds; what would take longer than a timer can, such as `Infinity`, never comes. */
export function startTimer(milliseconds: number, callback: () => void): Timer | undefined {
  return milliseconds > LONGEST ? undefined : setTimeout(callback, milliseconds);
}

/** Something that is done a while after it was planned, once however often that was; it does not keep Node running. */
export class Delay {
  #timer: Timer | undefined;

  constructor(
    readonly milliseconds: number,
    readonly callback: () => void,
  ) {}

  plan(): void {
    if (this.#timer !== undefined) return;
    const timer = setTimeout(() => {
      this.#timer = undefined;
      this.callback();
    }, this.milliseconds);
    (timer as { unref?: () => void }).unref?.();
    this.#timer = timer;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The milliseconds that an option gives, or `INVALID_PARAMETER_VALUE`. */
export function checkedTimeout<T extends number | undefined>(milliseconds: T, name = 'timeout'): T {
  if (milliseconds === undefined || (typeof milliseconds === 'number' && milliseconds >= 0)) return milliseconds;
  throw new DatabaseError('INVALID_PARAMETER_VALUE', `${name} is a number of milliseconds, not ${String(milliseconds)}`);
}
