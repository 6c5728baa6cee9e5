/** The synchronous calls, for an engine on this thread. */

import { checkCallback, isArray, optionsOf, rowsOf, Takes } from './check.js';
import { DatabaseError } from './error.js';
import { Answer } from './engine.js';
import type { Host } from './host.js';
import { parametersBuffer, writeParameters } from './parameters.js';
import type { Table } from './results.js';
import { allResults, checkText, onlyResult, onlyTable, PLAIN, prepared, type Prepared, type Session, type Settled, serialize } from './session.js';
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
    const { parsers, serializers, moment, meta } = session.defaults;
    this.#plain = !parsers && !serializers && !moment && meta === undefined;
  }

  exec(sql: string, options: ExecOptions = {}): Results[] {
    checkText(sql);
    const settled = this.#settle(options, Takes.exec);
    const reply = this.host.callSync(this.session.execRequest(sql, settled, { atomic: options?.atomic ?? false }), settled.call.timeout);
    return allResults(reply, settled.rows, sql);
  }

  query<T>(sql: string, params?: Parameters | null, options: QueryOptions = NO_OPTIONS): Results<T> {
    checkText(sql);
    if (options === NO_OPTIONS && this.#plain && this.host.isAtRest(this.session.number)) return this.#short<T>(sql, params ?? NONE);
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

  /** The engine runs it in one call, and the result is read where it lies in the engine's memory. */
  #short<T>(sql: string, params: Parameters): Results<T> {
    this.session.check();
    if (!isArray(params)) throw new DatabaseError('WRONG_PARAMETERS', 'parameters are given as an array');
    const { number, defaults } = this.session;
    const { engine, session } = this.host.direct(number);
    const length = engine.writeRequest({
      kind: 'exec',
      sql,
      single: true,
      params: params.length > 0 ? parametersBuffer([params], params.length) : undefined,
    });
    let answer: number;
    try {
      answer = engine.wasm.run(session, length);
    } catch (error) {
      throw this.host.crashedDirect(error);
    }
    if (answer === Answer.Failed) {
      const error = engine.takeError();
      this.host.settleDirectFailure(number, engine, session, error.code);
      throw DatabaseError.fromWire({ ...error, statementIndex: undefined }, { query: sql });
    }
    if (engine.wasm.output_length() === 0) return onlyResult<T>({ results: new Uint8Array() }, PLAIN, sql);
    const table = engine.runTable({ rowMode: defaults.rowMode, parsers: undefined });
    const results = table.results<T>(defaults.rowMode);
    this.host.settleDirect(number, table.status, table.seq);
    return results;
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
  /** The fields and the command, once a result has told them; the engine then leaves them out. */
  #known: { fields: Field[]; command: string } | undefined;
  /** Nothing about it needs the long way. */
  readonly #plain: boolean;

  constructor(
    readonly host: Host,
    readonly session: Session,
    readonly sql: string,
    readonly settled: Settled,
    readonly prepared: Prepared,
  ) {
    this.fields = prepared.fields;
    this.paramTypes = prepared.paramTypes;
    this.#plain = !settled.rows.parsers && !settled.serializers && !settled.moment && settled.meta === undefined;
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
    if (this.#plain && !this.#closed && this.host.isAtRest(this.session.number)) {
      const short = this.#short(params, use);
      if (short !== undefined) return short.result;
    }
    return use(this.#long([params], false));
  }

  /** The engine runs it in one call, and the result is read where it lies in the engine's memory. */
  #short<R>(params: Parameters, use: (table: Table) => R): { result: R } | undefined {
    const { engine, session } = this.host.direct(this.session.number);
    const statement = this.host.directStatement(this.session.number, this.prepared.id);
    const length = writeParameters(engine.room(), [params], this.paramTypes.length);
    let answer: number;
    try {
      answer = engine.wasm.execute(session, statement, length);
    } catch (error) {
      throw this.host.crashedDirect(error);
    }
    if (answer === Answer.Failed) {
      const error = engine.takeError();
      this.host.settleDirectFailure(this.session.number, engine, session, error.code);
      throw DatabaseError.fromWire({ ...error, statementIndex: undefined }, { query: this.sql });
    }
    if (answer !== Answer.Done) return undefined;
    const table = engine.outputTable(this.settled.rows, this.#known);
    if (!table.terse) this.#known = { fields: table.fields, command: table.command };
    this.fields = table.fields;
    const result = use(table);
    this.host.settleDirect(this.session.number, table.status, table.seq);
    return { result };
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
