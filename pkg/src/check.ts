/** The shapes of arguments, which TypeScript checks for those who write it, and JavaScript for nobody. */

import { DatabaseError } from './error.js';

function wrong(what: string, value: unknown): DatabaseError {
  return new DatabaseError('INVALID_PARAMETER_VALUE', `${what}, not ${typeof value === 'object' ? 'an object of another kind' : String(value)}`);
}

/** The options of a call, with a signal that is one; `null` and `undefined` stand for none. */
export function optionsOf<T extends object>(options: T | null | undefined): T {
  if (options === undefined || options === null) return {} as T;
  if (typeof options !== 'object') throw wrong('options are an object', options);
  const { signal } = options as { signal?: unknown };
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') {
    throw wrong('signal is an AbortSignal', signal);
  }
  return options;
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
