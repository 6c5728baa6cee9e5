/** The short way of statements whose engine is on this thread: one call of the engine, and the result read where it lies in its memory. */

import { isArray } from './check.js';
import { Answer } from './engine.js';
import { DatabaseError } from './error.js';
import type { Host } from './host.js';
import { parametersBuffer, writeParameters } from './parameters.js';
import type { Table } from './results.js';
import type { Prepared, Session, Settled } from './session.js';
import type { Field, Parameters, RowMode } from './types.js';

/** What came of it; the host has to be told of `status` and `seq`. */
export interface Short<R> {
  result: R;
  status: number;
  seq: number | null;
}

export class ShortWay {
  /** The fields and the command, once a result has told them; the engine then leaves them out. */
  #known: { fields: Field[]; command: string } | undefined;

  constructor(
    readonly host: Host,
    readonly session: Session,
    readonly sql: string,
    readonly settled: Settled,
    readonly prepared: Prepared,
  ) {}

  /** Runs the statement, if it touches one row and nothing waits in its session; undefined if not. */
  run<R>(params: Parameters, use: (table: Table) => R): Short<R> | undefined {
    const { host, session, prepared } = this;
    if (!isArray(params)) return undefined;
    const row = [...params]; // a getter's code runs here, and nowhere below
    if (!row.every(isQuiet) || !host.direct.isAtRest(session.number)) return undefined;
    const { engine, session: inEngine } = host.direct.begin(session.number);
    const statement = host.direct.statement(session.number, prepared.id);
    const length = writeParameters(engine.room(), [row], prepared.paramTypes.length);
    if (!isDone(host, session.number, this.sql, () => engine.wasm.execute(inEngine, statement, length))) return undefined;
    const table = engine.outputTable(this.settled.rows, this.#known);
    if (!table.terse) this.#known = { fields: table.fields, command: table.command };
    return { result: use(table), status: table.status, seq: table.seq };
  }

  /** Of the last result. */
  get fields(): Field[] | undefined {
    return this.#known?.fields;
  }
}

/**
 * Runs the one statement of a text; undefined where there is none. With `onlyShort` it is run if it touches one row, its plan is known and nothing
 * waits in the session, and is undefined else.
 */
export function runText<R>(
  host: Host,
  session: number,
  sql: string,
  params: Parameters,
  rowMode: RowMode,
  onlyShort: boolean,
  use: (table: Table) => R,
): Short<R> | undefined {
  if (!isArray(params)) throw new DatabaseError('WRONG_PARAMETERS', 'parameters are given as an array');
  const cells = params.length > 0 ? parametersBuffer([params], params.length) : undefined;
  if (onlyShort && !host.direct.isAtRest(session)) return undefined;
  const { engine, session: inEngine } = host.direct.begin(session);
  const length = engine.writeRequest({ kind: 'exec', sql, single: true, params: cells });
  if (!isDone(host, session, sql, () => engine.wasm.run(inEngine, length, onlyShort)) || engine.wasm.output_length() === 0) return undefined;
  const table = engine.runTable({ rowMode, parsers: undefined });
  return { result: use(table), status: table.status, seq: table.seq };
}

/** Calls the engine; an error of its own or of the statement is thrown. */
function isDone(host: Host, session: number, sql: string, use: () => number): boolean {
  const { engine, session: inEngine } = host.direct.begin(session);
  let answer: number;
  try {
    answer = use();
  } catch (error) {
    throw host.direct.crashed(error);
  }
  if (answer === Answer.Failed) {
    const error = engine.takeError();
    host.direct.settleFailure(session, engine, inEngine, error.code);
    throw DatabaseError.fromWire({ ...error, statementIndex: undefined }, { query: sql });
  }
  return answer === Answer.Done;
}

/** Whether reading it runs no code of the application's, which might call the engine in the middle of this. */
function isQuiet(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array;
}
