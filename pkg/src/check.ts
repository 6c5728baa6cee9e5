/** The shapes of arguments, which TypeScript checks for those who write it, and JavaScript for nobody. */

import { DatabaseError, describe } from './error.js';
import type { WebWorker } from './types.js';

function wrong(what: string, value: unknown): DatabaseError {
  return new DatabaseError('INVALID_PARAMETER_VALUE', `${what}, not ${typeof value === 'object' ? 'an object of another kind' : String(value)}`);
}

const CALL = ['signal', 'timeout'];
const WRITE = [...CALL, 'meta'];
const ROWS = ['rowMode', 'parsers', 'serializers'];
const QUERY = [...WRITE, ...ROWS, 'asOf'];

/** The names of options, by what takes them. */
export const Takes = {
  call: CALL,
  write: WRITE,
  query: QUERY,
  exec: [...QUERY, 'atomic'],
  commits: [...CALL, 'from', 'to', 'limit'],
  transaction: [...WRITE, 'rowMode'],
  diff: [...QUERY, 'table'],
  diffQuery: [...CALL, ...ROWS, 'params', 'key'],
  restore: [...WRITE, 'table', 'key', 'where', 'params', 'dryRun'],
  undo: [...WRITE, 'policy'],
  changes: ['signal', 'rowMode', 'parsers', 'since', 'tables'],
  check: ['signal', 'onProgress'],
  salvage: ['signal', 'onProgress', 'worker', 'wasm', 'workerUrl', 'memory'],
  function: ['module', 'export', 'call', 'init', 'step', 'finalize', 'args', 'returns', 'strict', 'deterministic'],
  live: ['signal', ...ROWS, 'asOf', 'onError'],
  open: [
    ...[...CALL, ...ROWS, 'worker', 'wasm', 'workerUrl', 'durability', 'allowFallback', 'create', 'acceptDataLoss'],
    ...['salvage', 'lockTimeout', 'memory'],
  ],
} as const satisfies Record<string, readonly string[]>;

/** The options of a call that takes those, with a signal that is one; `null` and `undefined` stand for none. */
export function optionsOf<T extends object>(options: T | null | undefined, takes: readonly string[]): T {
  if (options === undefined || options === null) return {} as T;
  if (typeof options !== 'object') throw wrong('options are an object', options);
  for (const name of namesOf(options)) {
    if (takes.includes(name)) continue;
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `there is no option '${name}' here`, { hint: `the options are ${takes.join(', ')}` });
  }
  const { signal } = options as { signal?: unknown };
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') {
    throw wrong('signal is an AbortSignal', signal);
  }
  return options;
}

/** Of the properties that are set. */
function namesOf(options: object): string[] {
  try {
    return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  } catch (error) {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `the options cannot be read: ${describe(error)}`, { cause: error });
  }
}

export function checkBoolean(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(`${name} is a boolean`, value);
}

/** Where the engine is to run: whether in a worker of the package's, or in a given one. */
export function checkWorker(worker: unknown): void {
  if (typeof worker === 'object' && typeof (worker as WebWorker | null)?.postMessage === 'function') return;
  if (worker !== undefined && typeof worker !== 'boolean') throw wrong('worker is a boolean or a Worker', worker);
}

/** Parsers or serializers: functions by the number of a type. */
export function checkFunctions(functions: unknown, name: string): void {
  if (functions === undefined) return;
  if (typeof functions !== 'object' || functions === null) throw wrong(`${name} is an object with a function for each type`, functions);
  for (const [type, given] of Object.entries(functions)) {
    if (!/^\d+$/.test(type)) throw wrong(`the keys of ${name} are numbers of types`, type);
    if (typeof given !== 'function') throw wrong(`${name}[${type}] is a function`, given);
  }
}

/** What is not even to be looked at, such as a revoked Proxy, is none. */
export function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export function checkFunction(given: unknown, name: string): void {
  if (given !== undefined && typeof given !== 'function') throw wrong(`${name} is a function`, given);
}

export function checkCallback(callback: unknown): void {
  if (typeof callback !== 'function') throw wrong('the callback is a function', callback);
}

/** One of the values that an option can have, or nothing. */
export function checkOneOf(value: unknown, name: string, values: readonly string[]): void {
  if (value !== undefined && !values.includes(value as string)) {
    throw wrong(`${name} is ${values.map((one) => `'${one}'`).join(' or ')}`, value);
  }
}

/** Rows of parameters. */
export function rowsOf<T>(rows: Iterable<T>): T[] {
  if (typeof (rows as Iterable<T> | undefined)?.[Symbol.iterator] !== 'function') throw wrong('rows are an array or another iterable', rows);
  return [...rows];
}
