/**
 * A query that is answered again when that may give another result.
 *
 * The engine tells whether it may: it compares what the query's scans let through of the rows that the commits since changed.
 * Only then the query is run. Everything happens in turns, one after another; of what is wanted while a turn is on, the
 * next turn does the last.
 */

import { DatabaseError } from './error.js';
import { type WireMoment, wireMoment } from './moment.js';
import { AGAIN, type Notices } from './notices.js';
import { onlyTable, PLAIN, type Session, type Settled } from './session.js';
import type { LiveCallback, LiveCounters, LiveOptions, LiveQuery, Moment, Parameters, Results } from './types.js';

export class Live<T> implements LiveQuery<T> {
  initialResults!: Results<T>;
  results!: Results<T>;
  asOf: Moment | null;
  closed = false;
  /** Whether the last turn ended with an error, of which the caller knows: then any commit may bring an answer. */
  #hasFailed = false;
  #evaluations = 0;
  #saved = 0;
  readonly #callbacks = new Set<LiveCallback<T>>();
  /** The commit up to which the results are known to hold; null for none. */
  #seq: number | null = null;
  /** The last commit told of, and the last one that was counted. */
  #told = -1;
  #counted = -1;
  /** The turns that are on or to come, and the one that has not begun. */
  #turns: Promise<void> = Promise.resolve();
  #coming: { done: Promise<void>; force: boolean; moment: Moment | null; counts: boolean } | undefined;
  #unwatch: (() => void)[] = [];

  private constructor(
    readonly session: Session,
    readonly sql: string,
    readonly params: Parameters,
    readonly settled: Settled,
    readonly options: LiveOptions,
  ) {
    this.asOf = options.asOf ?? null;
  }

  /** `session` is the query's own, and ends with it. */
  static async begin<T>(
    session: Session,
    notices: Notices,
    [sql, params]: [string, Parameters | null | undefined],
    callback: LiveCallback<T> | null | undefined,
    options: LiveOptions,
  ): Promise<Live<T>> {
    const { rowMode, parsers, serializers, signal } = options;
    const settled = session.settle({ rowMode, parsers, serializers });
    try {
      // What writes would write at each commit.
      const guarded = session.exec('SET default_transaction_read_only = on', { signal });
      const row = await session.parametersOf(sql, params ?? [], settled);
      await guarded;
      const live = new Live<T>(session, sql, [...row], settled, options);
      if (callback) live.#callbacks.add(callback);
      live.#unwatch.push(notices.add((seq) => live.#tell(seq)));
      await live.#begin();
      if (signal) {
        const stop = () => void live.unsubscribe();
        signal.addEventListener('abort', stop);
        live.#unwatch.push(() => signal.removeEventListener('abort', stop));
        if (signal.aborted) throw new DatabaseError('CANCELLED', 'the live query was cancelled', { cause: signal.reason });
      }
      return live;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    try {
      if (this.asOf !== null) {
        const [, present] = await this.#touched(undefined);
        this.#counted = present ?? -1;
      }
      await this.#turn(true, this.asOf, false);
      this.initialResults = this.results;
      // What was told of meanwhile may be later than what was read.
      const told = this.#told;
      this.#told = -1;
      this.#tell(told);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  get counters(): LiveCounters {
    return { evaluations: this.#evaluations, saved: this.#saved };
  }

  subscribe(callback: LiveCallback<T>): void {
    this.#check();
    this.#callbacks.add(callback);
  }

  async unsubscribe(callback?: LiveCallback<T>): Promise<void> {
    if (callback) this.#callbacks.delete(callback);
    if (callback && this.#callbacks.size > 0) return;
    if (!this.#close()) return;
    await this.#turns.catch(() => {});
    await this.session.end();
  }

  async refresh(): Promise<void> {
    this.#check();
    return this.#want(true, this.#coming ? this.#coming.moment : this.asOf, false);
  }

  async setAsOf(moment: Moment | null): Promise<void> {
    this.#check();
    if (moment !== null) wireMoment(moment); // one that is none changes nothing
    return this.#want(false, moment, false);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  #tell(seq: number): void {
    const again = seq === AGAIN;
    if (seq <= this.#told && !again) return;
    if (!again) this.#told = seq;
    if (!this.initialResults || this.closed) return;
    this.#want(again, this.#coming ? this.#coming.moment : this.asOf, !again).catch((error: unknown) => this.#report(error));
  }

  /** Takes one more turn, if none is to come that will do. */
  #want(force: boolean, moment: Moment | null, counts: boolean): Promise<void> {
    if (this.#coming) {
      this.#coming.force ||= force;
      this.#coming.counts &&= counts;
      this.#coming.moment = moment;
      return this.#coming.done;
    }
    const turn = async () => {
      const { force, moment, counts } = this.#coming as { force: boolean; moment: Moment | null; counts: boolean };
      this.#coming = undefined;
      try {
        if (!this.closed) await this.#turn(force, moment, counts);
      } catch (error) {
        // Where an error stood last, the same results are news.
        this.#seq = null;
        throw error;
      }
    };
    const done = this.#turns.then(turn, turn);
    this.#turns = done;
    this.#coming = { done, force, moment, counts };
    return done;
  }

  async #turn(force: boolean, moment: Moment | null, byCommit: boolean): Promise<void> {
    const at = moment === null ? undefined : wireMoment(moment);
    const told = this.#told;
    // Nothing can happen to a state that has a number.
    const isFixed = byCommit && at !== undefined && 'seq' in at;
    const [touched, seq] = force ? [true, null] : isFixed ? [false, this.#seq] : this.#hasFailed ? [true, null] : await this.#touched(at);
    this.#hasFailed = true;
    if (touched) {
      const reply = await this.session.call(this.session.execRequest(this.sql, { ...this.settled, moment: at }, { single: true, row: this.params }));
      if (this.closed) return;
      const results = onlyTable(reply, this.settled.rows, this.sql).results<T>(this.settled.rows.rowMode);
      this.#evaluations += 1;
      this.#seq = results.seq;
      this.results = results;
    } else {
      this.#seq = seq;
    }
    this.#hasFailed = false;
    this.asOf = moment;
    this.#count(Math.max(told, (moment === null ? this.#seq : null) ?? -1), byCommit && touched);
    if (touched) for (const callback of [...this.#callbacks]) callback(this.results);
  }

  /** Counts the commits that called for no answer of their own. */
  #count(last: number, answered: boolean): void {
    if (last <= this.#counted) return;
    if (this.initialResults) this.#saved += last - this.#counted - (answered ? 1 : 0);
    this.#counted = last;
  }

  /** Whether it may answer something else there than what it answered last, and up to which commit that was looked at. */
  async #touched(at: WireMoment | undefined): Promise<[boolean, number | null]> {
    const { params } = this.session.execRequest(this.sql, this.settled, { row: this.params }) as { params?: Uint8Array };
    // A moment that the results do not have: before the first commit.
    const from = (this.#seq ?? -1) + 1;
    const reply = await this.session.call({ kind: 'touched', session: this.session.number, sql: this.sql, params, moment: at, from });
    const table = onlyTable(reply, PLAIN, this.sql);
    return [table.cell(0, 0) as boolean, table.cell(1, 0) as number | null];
  }

  /** Answers whether it was open. */
  #close(): boolean {
    if (this.closed) return false;
    this.closed = true;
    this.#callbacks.clear();
    for (const undo of this.#unwatch.splice(0)) undo();
    return true;
  }

  #check(): void {
    if (this.closed) throw new DatabaseError('CLOSED', 'the live query has ended');
  }

  #report(error: unknown): void {
    if (this.closed) return;
    if (error instanceof DatabaseError && error.code === 'CLOSED') return void this.unsubscribe().catch(() => {});
    const { onError } = this.options;
    if (onError) return onError(error as Error);
    queueMicrotask(() => {
      throw error;
    });
  }
}
