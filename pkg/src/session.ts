/** The calls that databases, transactions and past moments share: one session of an engine. */

import { checkFunctions, isArray, optionsOf, Takes } from './check.js';
import { DatabaseError } from './error.js';
import { Host } from './host.js';
import { type WireMoment, wireMoment } from './moment.js';
import { parametersBuffer } from './parameters.js';
import type { Asking, Connection, Reply, Request } from './protocol.js';
import { type RowOptions, type Table, tables } from './results.js';
import { runText } from './short.js';
import { PreparedStatement } from './statement.js';
import { checkedTimeout } from './timer.js';
import type {
  CallOptions,
  ExecOptions,
  Moment,
  Parameters,
  Parsers,
  QueryOptions,
  Queryable,
  Results,
  Row,
  RowMode,
  Serializers,
  Statement,
} from './types.js';

/** What holds for the calls of a session unless they say otherwise. */
export interface Defaults {
  rowMode: RowMode;
  parsers: Parsers | undefined;
  serializers: Serializers | undefined;
  moment?: WireMoment | undefined;
  /** As JSON text. */
  meta?: string | undefined;
  /** Of a transaction: fires when all of it must stop. */
  signal?: AbortSignal | undefined;
}

/** The options of one call, completed. */
export interface Settled extends Asking {
  rows: RowOptions;
  serializers: Serializers | undefined;
  call: { signal?: AbortSignal | undefined; timeout?: number | undefined };
}

/** The order of a session's calls: one that has to look something up before it can be made keeps its place. */
interface Order {
  /** Until it is made. */
  coming?: Promise<void> | undefined;
}

export class Session implements Queryable {
  /** Types of parameters by SQL text, for serializers. */
  readonly #described = new Map<string, number[]>();
  readonly #plain: boolean;

  constructor(
    readonly connection: Connection,
    readonly number: number,
    readonly defaults: Defaults,
    /** Raises an error when no more calls may be made. */
    readonly check: () => void,
    /** @internal */
    readonly order: Order = {},
  ) {
    this.#plain = isPlain(defaults);
  }

  /** The same session with other defaults. */
  with(defaults: Partial<Defaults>): Session {
    return new Session(this.connection, this.number, { ...this.defaults, ...defaults }, this.check, this.order);
  }

  /** Whether a call without options of its own may go the short way. */
  get isQuick(): boolean {
    return this.#plain && this.order.coming === undefined && !this.defaults.signal?.aborted;
  }

  async query<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Promise<Results<T>> {
    const { connection, defaults } = this;
    if (options === undefined && this.isQuick && connection instanceof Host && connection.mayRunShort()) {
      checkText(sql);
      this.check();
      const short = runText(connection, this.number, sql, params ?? NONE, defaults.rowMode, true, (table) => table.results<T>(defaults.rowMode));
      if (short) {
        await connection.direct.settleSoon(this.number, short.status);
        return short.result;
      }
    }
    const settled = this.settle(options);
    return (await this.table(sql, params, settled)).results<T>(settled.rows.rowMode);
  }

  sql<T = Row>(strings: TemplateStringsArray, ...params: unknown[]): Promise<Results<T>> {
    return this.query<T>(templateText(strings), params);
  }

  async exec(sql: string, options: ExecOptions = {}): Promise<Results[]> {
    checkText(sql);
    const settled = this.settle(options, Takes.exec);
    const reply = await this.call(this.execRequest(sql, settled, { atomic: options?.atomic ?? false }), settled.call);
    return allResults(reply, settled.rows, sql);
  }

  async prepare<T = Row>(sql: string, options: QueryOptions = {}): Promise<Statement<T>> {
    checkText(sql);
    const { moment, call } = this.settle(options);
    const reply = await this.call({ kind: 'prepare', session: this.number, sql, moment }, call);
    return new PreparedStatement<T>(this, sql, options, prepared(reply, sql));
  }

  // -- for the calls built on these ---------------------------------------------------------------

  /** What a statement answers, before it is rows. */
  async table(sql: string, params: Parameters | null | undefined, settled: Settled): Promise<Table> {
    checkText(sql);
    return onlyTable(await this.#reply(sql, params ?? [], settled), settled.rows, sql);
  }

  /** The call is made before this returns, unless the types of its parameters have to be looked up. */
  async #reply(sql: string, row: Parameters, settled: Settled): Promise<Reply> {
    const make = (given: Parameters) => this.call(this.execRequest(sql, settled, { single: true, row: given }), settled.call);
    const { serializers } = settled;
    if (!serializers || !isArray(row) || row.length === 0) return make(checkedRow(row));
    const known = this.#described.get(sql);
    if (known) return make(serialize(row, serializers, known));
    while (this.order.coming) await this.order.coming;
    let made = () => {};
    this.order.coming = new Promise<void>((resolve) => (made = resolve));
    let types: number[];
    try {
      types = await this.#types(sql);
    } finally {
      this.order.coming = undefined;
      made();
    }
    return make(serialize(row, serializers, types));
  }

  execRequest(sql: string, settled: Settled, more: { single?: boolean; atomic?: boolean; row?: Parameters }): Request {
    const { single = false, atomic = false, row } = more;
    const params = row && row.length > 0 ? parametersBuffer([row], row.length) : undefined;
    return { ...asking(settled), kind: 'exec', session: this.number, sql, single, atomic, params };
  }

  /** Makes a call. A signal that has fired already stops it before it is made. */
  async call(request: Request, given?: CallOptions | null, takes: readonly string[] = Takes.call): Promise<Reply> {
    this.check();
    const options = optionsOf(given, takes);
    const signal = bothSignals(options.signal, this.defaults.signal);
    while (this.order.coming) await this.order.coming;
    if (signal?.aborted) throw new DatabaseError('CANCELLED', 'the call was cancelled before it was made', { cause: signal.reason });
    return this.connection.call(request, { signal, timeout: checkedTimeout(options.timeout) });
  }

  settle(given: QueryOptions | null | undefined, takes: readonly string[] = Takes.query): Settled {
    const { defaults } = this;
    const options = optionsOf(given, takes);
    checkFunctions(options.parsers, 'parsers');
    checkFunctions(options.serializers, 'serializers');
    const parsers = merged(defaults.parsers, options.parsers);
    return {
      rows: { rowMode: rowModeOf(options.rowMode ?? defaults.rowMode), parsers },
      serializers: merged(defaults.serializers, options.serializers),
      call: { signal: options.signal, timeout: options.timeout },
      moment: options.asOf !== undefined ? this.#momentOf(options.asOf) : defaults.moment,
      meta: options.meta !== undefined && defaults.meta === undefined ? metaText(options.meta) : defaults.meta,
      texts: parsers && Object.keys(parsers).map(Number),
    };
  }

  #momentOf(moment: Moment): WireMoment {
    if (this.defaults.moment) throw new DatabaseError('INVALID_PARAMETER_VALUE', 'this database is at a moment already');
    return wireMoment(moment);
  }

  /** The parameters of a statement, those with a serializer turned into text by it. */
  async parametersOf(sql: string, row: Parameters, settled: Settled): Promise<Parameters> {
    const { serializers } = settled;
    if (!serializers || checkedRow(row).length === 0) return checkedRow(row);
    return serialize(row, serializers, await this.#types(sql));
  }

  /** Lets the engine forget the session, which rolls back what it left open. */
  async end(): Promise<void> {
    while (this.order.coming) await this.order.coming;
    await this.connection.call({ kind: 'end', session: this.number }).catch(() => {}); // gone, and the session with it
  }

  async #types(sql: string): Promise<number[]> {
    const known = this.#described.get(sql);
    if (known) return known;
    const { connection, number } = this;
    const { id, paramTypes } = prepared(await connection.call({ kind: 'prepare', session: number, sql, moment: this.defaults.moment }), sql);
    await connection.call({ kind: 'forget', session: number, statement: id });
    if (this.#described.size >= 200) this.#described.clear();
    this.#described.set(sql, paramTypes);
    return paramTypes;
  }
}

function checkedRow(row: unknown): Parameters {
  if (isArray(row)) return row;
  throw new DatabaseError('WRONG_PARAMETERS', 'parameters are given as an array');
}

/** Whether nothing about its calls needs the long way. */
export function isPlain({ parsers, serializers, moment, meta }: Pick<Defaults, 'parsers' | 'serializers' | 'moment' | 'meta'>): boolean {
  return !parsers && !serializers && !moment && meta === undefined;
}

const NONE: Parameters = [];

export function serialize(row: Parameters, serializers: Serializers, types: number[]): Parameters {
  return row.map((value, index) => {
    const serializer = value === null || value === undefined ? undefined : serializers[types[index] as number];
    return serializer ? serializer(value) : value;
  });
}

export function asking({ moment, meta, texts }: Asking): Asking {
  return { moment, meta, texts };
}

/** What `prepare` answered. */
export interface Prepared {
  id: number;
  fields: { name: string; dataTypeID: number }[];
  paramTypes: number[];
}

export function prepared(reply: Reply, sql: string): Prepared {
  if (reply.error) throw DatabaseError.fromWire({ ...reply.error, statementIndex: undefined }, { query: sql });
  const [description, parameters] = [...tables(reply.results, PLAIN)] as [Table, Table];
  return {
    id: reply.statement as number,
    fields: description.fields,
    paramTypes: Array.from(parameters.values(0) as ArrayLike<number>),
  };
}

export const PLAIN: RowOptions = { rowMode: 'object', parsers: undefined };

/** The one result of a reply, or its error. */
export function onlyTable(reply: Reply, rows: RowOptions, sql?: string): Table {
  if (reply.error) throw DatabaseError.fromWire({ ...reply.error, statementIndex: undefined }, { query: sql });
  for (const table of tables(reply.results, rows)) return table;
  throw new DatabaseError('SYNTAX_ERROR', 'there is no statement in the text', { sqlstate: '42601', query: sql });
}

export function onlyResult<T>(reply: Reply, rows: RowOptions, sql: string): Results<T> {
  return onlyTable(reply, rows, sql).results<T>(rows.rowMode);
}

/** The results of statements, each read without the parsers and with them. */
export function checkResults(reply: Reply, settled: Settled, sql: string): [Table, Table][] {
  if (reply.error) throw DatabaseError.fromWire({ ...reply.error, statementIndex: undefined }, { query: sql });
  const plain = [...tables(reply.results, { rowMode: 'array', parsers: undefined })];
  const parsed = settled.rows.parsers ? [...tables(reply.results, settled.rows)] : plain;
  return plain.map((table, at) => [table, parsed[at] as Table]);
}

export function allResults(reply: Reply, rows: RowOptions, sql: string): Results[] {
  const results: Results[] = [];
  for (const table of tables(reply.results, rows)) results.push(table.results(rows.rowMode));
  if (reply.error) throw DatabaseError.fromWire(reply.error, { query: sql, results });
  return results;
}

/** `a = ${x} and b = ${y}` as `a = $1 and b = $2`. */
export function templateText(strings: TemplateStringsArray): string {
  if (!Array.isArray(strings)) {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', 'sql is a tag of a template', { hint: 'write db.sql`SELECT ${value}`, or use query' });
  }
  return strings.reduce((text, part, index) => `${text}$${index}${part}`);
}

export function metaText(meta: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(meta);
  } catch (error) {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `meta has no JSON text: ${(error as Error).message}`, { cause: error });
  }
  if (text === undefined) throw new DatabaseError('INVALID_PARAMETER_VALUE', `meta has no JSON text: it is a ${typeof meta}`);
  return text;
}

export function checkText(sql: unknown): void {
  if (typeof sql !== 'string') throw new DatabaseError('INVALID_PARAMETER_VALUE', `the SQL text is a ${sql === null ? 'null' : typeof sql}, not a string`);
}

function rowModeOf(mode: unknown): RowMode {
  if (mode === 'object' || mode === 'array') return mode;
  throw new DatabaseError('INVALID_PARAMETER_VALUE', `rowMode is 'object' or 'array', not '${String(mode)}'`);
}

function merged<T>(base: Readonly<Record<number, T>> | undefined, more: Readonly<Record<number, T>> | undefined): Readonly<Record<number, T>> | undefined {
  const all = { ...base, ...more };
  return Object.keys(all).length > 0 ? all : undefined;
}

function bothSignals(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  if (!one || !other) return one ?? other;
  if (AbortSignal.any) return AbortSignal.any([one, other]);
  const both = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) both.abort(signal.reason);
    else signal.addEventListener('abort', () => both.abort(signal.reason), { once: true });
  }
  return both.signal;
}
