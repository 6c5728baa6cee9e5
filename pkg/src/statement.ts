import { isArray, rowsOf } from './check.js';
import { DatabaseError } from './error.js';
import { Host } from './host.js';
import { parametersBuffer, wrongCount } from './parameters.js';
import type { Reply, Request } from './protocol.js';
import type { Table } from './results.js';
import { asking, isPlain, onlyTable, type Prepared, type Session, serialize, type Settled } from './session.js';
import { ShortWay } from './short.js';
import type { Field, Parameters, QueryOptions, Results, Row, RowMode, RunResult, Statement, WriteOptions } from './types.js';

/** A prepared statement, wherever the engine is. */
export class PreparedStatement<T = Row> implements Statement<T> {
  fields: Field[];
  readonly paramTypes: number[];
  #closed = false;
  /** For calls without options of their own. */
  readonly #settled: Settled;
  readonly #way: ShortWay | undefined;

  constructor(
    readonly session: Session,
    readonly sql: string,
    readonly options: QueryOptions,
    readonly prepared: Prepared,
  ) {
    this.fields = prepared.fields;
    this.paramTypes = prepared.paramTypes;
    this.#settled = this.#settle();
    const { connection } = session;
    if (connection instanceof Host && isPlain({ ...this.#settled, parsers: this.#settled.rows.parsers })) this.#way = new ShortWay(connection, session, sql, this.#settled, prepared);
  }

  query(params?: Parameters | null, options?: QueryOptions): Promise<Results<T>> {
    return this.#one(params, options, (table, rowMode) => table.results<T>(rowMode));
  }

  get(params?: Parameters | null, options?: QueryOptions): Promise<T | undefined> {
    return this.#one(params, options, (table, rowMode) => (table.rows > 0 ? (table.row(0, rowMode) as T) : undefined));
  }

  run(params?: Parameters | null, options?: WriteOptions): Promise<RunResult> {
    return this.#one(params, options, summary);
  }

  async runMany(rows: Iterable<Parameters>, options?: WriteOptions): Promise<RunResult> {
    return summary(await this.#run(rowsOf(rows), true, this.#settle(options)));
  }

  async *iterate(params?: Parameters | null, options?: QueryOptions): AsyncIterableIterator<T> {
    const settled = this.#settle(options);
    const table = await this.#run([params ?? []], false, settled);
    for (let row = 0; row < table.rows; row += 1) yield table.row(row, settled.rows.rowMode) as T;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { connection, number } = this.session;
    await connection.call({ kind: 'forget', session: number, statement: this.prepared.id });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #one<R>(params: Parameters | null | undefined, options: QueryOptions | undefined, use: (table: Table, rowMode: RowMode) => R): Promise<R> {
    const way = options === undefined ? this.#way : undefined;
    if (way && !this.#closed && this.session.isQuick && way.host.mayRunShort()) {
      this.session.check();
      const short = way.run(params ?? [], (table) => use(table, this.#settled.rows.rowMode));
      if (short) {
        this.fields = way.fields ?? this.fields;
        await way.host.direct.settleSoon(this.session.number, short.status);
        return short.result;
      }
    }
    const settled = options === undefined ? this.#settled : this.#settle(options);
    return use(await this.#run([params ?? []], false, settled), settled.rows.rowMode);
  }

  #settle(options?: QueryOptions): Settled {
    const { parsers, serializers, ...own } = this.options;
    return this.session.with({
      parsers: { ...this.session.defaults.parsers, ...parsers },
      serializers: { ...this.session.defaults.serializers, ...serializers },
      rowMode: own.rowMode ?? this.session.defaults.rowMode,
    }).settle({ asOf: own.asOf, meta: own.meta, ...options });
  }

  async #run(rows: Parameters[], many: boolean, settled: Settled): Promise<Table> {
    const request = runRequest(this.session, this.prepared, this.#closed, rows, many, settled);
    const reply: Reply = await this.session.call(request, settled.call);
    const table = onlyTable(reply, settled.rows, this.sql);
    // The schema may have changed since it was prepared.
    this.fields = table.fields;
    return table;
  }
}

/** The request to run a prepared statement; its parameters are checked and serialized here. */
export function runRequest(session: Session, prepared: Prepared, closed: boolean, rows: Parameters[], many: boolean, settled: Settled): Request {
  if (closed) throw new DatabaseError('CLOSED', 'the prepared statement is closed');
  const columns = prepared.paramTypes.length;
  const { serializers } = settled;
  const given = rows.map((row) => {
    if (!isArray(row)) throw new DatabaseError('WRONG_PARAMETERS', 'parameters are given as an array');
    if (row.length !== columns) throw wrongCount(row.length, columns);
    return serializers ? serialize(row, serializers, prepared.paramTypes) : row;
  });
  return {
    ...asking(settled),
    kind: 'run',
    session: session.number,
    statement: prepared.id,
    params: parametersBuffer(given, columns),
    many,
  };
}

export function summary(table: Table): RunResult {
  return { affectedRows: table.affectedRows, seq: table.seq };
}
