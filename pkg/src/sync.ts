/** The synchronous calls, for an engine on this thread. */

import { checkCallback, optionsOf, rowsOf, Takes } from './check.js';
import { DatabaseError } from './error.js';
import type { Host } from './host.js';
import type { Table } from './results.js';
import { allResults, checkText, isPlain, onlyResult, onlyTable, PLAIN, prepared, type Prepared, type Session, type Settled, serialize } from './session.js';
import { runText, ShortWay } from './short.js';
import { runRequest, summary } from './statement.js';
import { checkedTimeout } from './timer.js';
import type { ExecOptions, Field, Parameters, QueryOptions, Results, RunResult, SyncStatement, TransactionOptions } from './types.js';

export class SyncSession {
  /** Nothing about its calls needs the long way. */
  readonly #plain: boolean;

  constructor(
    readonly host: Host,
    readonly session: Session,
  ) {
    this.#plain = isPlain(session.defaults);
  }

  exec(sql: string, options: ExecOptions = {}): Results[] {
    checkText(sql);
    const settled = this.#settle(options, Takes.exec);
    const reply = this.host.callSync(this.session.execRequest(sql, settled, { atomic: options?.atomic ?? false }), settled.call.timeout);
    return allResults(reply, settled.rows, sql);
  }

  query<T>(sql: string, params?: Parameters | null, options: QueryOptions = NO_OPTIONS): Results<T> {
    checkText(sql);
    if (options === NO_OPTIONS && this.#plain && this.host.direct.isAtRest(this.session.number)) return this.#atOnce<T>(sql, params ?? NONE);
    const settled = this.#settle(options);
    let row = params ?? [];
    if (settled.serializers && row.length > 0) {
      const statement = this.prepare(sql);
      statement.close();
      row = serialize(row, settled.serializers, statement.paramTypes);
    }
    const reply = this.host.callSync(this.session.execRequest(sql, settled, { single: true, row }), settled.call.timeout);
    return onlyResult<T>(reply, settled.rows, sql);
  }

  /** The engine runs it in one call. */
  #atOnce<T>(sql: string, params: Parameters): Results<T> {
    this.session.check();
    const { number, defaults } = this.session;
    const done = runText(this.host, number, sql, params, defaults.rowMode, false, (table) => table.results<T>(defaults.rowMode));
    if (!done) return onlyResult<T>({ results: new Uint8Array() }, PLAIN, sql);
    this.host.direct.settle(number, done.status, done.seq);
    return done.result;
  }

  prepare<T>(sql: string, options: QueryOptions = {}): SyncStatement<T> {
    checkText(sql);
    this.session.check();
    const settled = this.#settle(options);
    const reply = this.host.callSync({ kind: 'prepare', session: this.session.number, sql, moment: settled.moment });
    return new PreparedSync<T>(this.host, this.session, sql, settled, prepared(reply, sql));
  }

  transaction<R>(callback: () => R, options: TransactionOptions): R {
    checkCallback(callback);
    const meta = { meta: optionsOf(options, Takes.transaction).meta };
    this.exec('BEGIN', meta);
    let result: R;
    try {
      result = callback();
      if (typeof (result as { then?: unknown } | undefined)?.then === 'function') {
        throw new DatabaseError('INVALID_PARAMETER_VALUE', 'the callback of transactionSync must not be async', { hint: 'use transaction' });
      }
    } catch (error) {
      this.exec('ROLLBACK');
      throw error;
    }
    checkCommitted(this.exec('COMMIT', meta));
    return result;
  }

  #settle(given: QueryOptions | null | undefined, takes: readonly string[] = Takes.query): Settled {
    this.session.check();
    const options = optionsOf(given, takes);
    if (options.signal?.aborted) throw new DatabaseError('CANCELLED', 'the call was cancelled before it was made');
    checkedTimeout(options.timeout);
    return this.session.settle(options, takes);
  }
}

/** A COMMIT of a transaction in which a statement failed is a ROLLBACK, and says so only in its command. */
export function checkCommitted(results: Results[]): void {
  if (results[0]?.command === 'ROLLBACK') {
    throw new DatabaseError('IN_FAILED_TRANSACTION', 'the transaction was rolled back, since a statement in it had failed');
  }
}

class PreparedSync<T> implements SyncStatement<T> {
  fields: Field[];
  readonly paramTypes: number[];
  #closed = false;
  readonly #way: ShortWay | undefined;

  constructor(
    readonly host: Host,
    readonly session: Session,
    readonly sql: string,
    readonly settled: Settled,
    readonly prepared: Prepared,
  ) {
    this.fields = prepared.fields;
    this.paramTypes = prepared.paramTypes;
    if (isPlain({ ...settled, parsers: settled.rows.parsers })) this.#way = new ShortWay(host, session, sql, settled, prepared);
  }

  query(params?: Parameters | null): Results<T> {
    return this.#one(params ?? NONE, (table) => table.results<T>(this.settled.rows.rowMode));
  }

  get(params?: Parameters | null): T | undefined {
    return this.#one(params ?? NONE, (table) => (table.rows > 0 ? (table.row(0, this.settled.rows.rowMode) as T) : undefined));
  }

  run(params?: Parameters | null): RunResult {
    return this.#one(params ?? NONE, summary);
  }

  runMany(rows: Iterable<Parameters>): RunResult {
    return summary(this.#long(rowsOf(rows), true));
  }

  *iterate(params?: Parameters | null): IterableIterator<T> {
    const table = this.#long([params ?? NONE], false);
    for (let row = 0; row < table.rows; row += 1) yield table.row(row, this.settled.rows.rowMode) as T;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.host.callSync({ kind: 'forget', session: this.session.number, statement: this.prepared.id });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #one<R>(params: Parameters, use: (table: Table) => R): R {
    const short = this.#closed ? undefined : this.#way?.run(params, use);
    if (!short) return use(this.#long([params], false));
    this.fields = this.#way?.fields ?? this.fields;
    this.host.direct.settle(this.session.number, short.status, short.seq);
    return short.result;
  }

  #long(rows: Parameters[], many: boolean): Table {
    this.session.check();
    const reply = this.host.callSync(runRequest(this.session, this.prepared, this.#closed, rows, many, this.settled));
    const table = onlyTable(reply, this.settled.rows, this.sql);
    this.fields = table.fields;
    return table;
  }
}

const NONE: Parameters = [];
const NO_OPTIONS: QueryOptions = {};
