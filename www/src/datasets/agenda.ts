/** What will happen, in the order of the business's own clock, which runs for months while the script is played in seconds. */

const MINUTE = 60_000;

export class Agenda {
  readonly #events: { at: number; order: number; run: () => void }[] = [];
  #order = 0;
  /** The business's time, in minutes since 1970. */
  now: number;

  constructor(start: string) {
    this.now = Date.parse(start) / MINUTE;
  }

  /** Something that happens `minutes` from now. */
  after(minutes: number, run: () => void): void {
    this.#events.push({ at: this.now + minutes, order: (this.#order += 1), run });
  }

  /** Something that happens at this time. */
  at(time: string, run: () => void): void {
    this.after(Date.parse(time) / MINUTE - this.now, run);
  }

  /** Lets everything happen until the agenda is empty or the time has come. */
  runUntil(time: string): void {
    const end = Date.parse(time) / MINUTE;
    for (;;) {
      this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#events[0];
      if (!next || next.at > end) return;
      this.#events.shift();
      this.now = next.at;
      next.run();
    }
  }

  /** The date, as SQL reads it. */
  get date(): string {
    return new Date(this.now * MINUTE).toISOString().slice(0, 10);
  }

  /** Date and time, as SQL reads them. */
  get timestamp(): string {
    return new Date(this.now * MINUTE).toISOString().slice(0, 16).replace('T', ' ');
  }
}

export const HOUR = 60;
export const DAY = 24 * HOUR;
