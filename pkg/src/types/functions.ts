/** Functions of the application. */

import type { Address } from './environment.js';

/** What holds for any function. */
export interface FunctionOptions {
  /**
   * The types of its arguments, as SQL has them: `['int', 'text']`. Arguments of other types are cast to them where SQL does that
   * by itself, else there is no such function (`UNDEFINED_FUNCTION`). Without it, it takes any number of arguments of any types.
   */
  args?: string[] | undefined;
  /** The type of what it answers, `'text'` unless said otherwise. A value that is none of it is an error. */
  returns?: string | undefined;
  /**
   * It is NULL where an argument is NULL, without being asked; an aggregate passes over such rows. Otherwise NULL comes as `null`, but
   * for the first argument of an aggregate: where that is NULL a row is passed over, as by SQL's own.
   */
  strict?: boolean | undefined;
  /**
   * It always answers the same to the same arguments. Then it may be asked once for many rows, be asked earlier, or not at all where the
   * answer is known, and may stand in a generated column. Without it, it is asked for each row, where it stands.
   */
  deterministic?: boolean | undefined;
}

/** A function of the values of a row. */
export interface ScalarFunction extends FunctionOptions {
  /** Gets arguments as a query's rows have values, and answers what could be a parameter; `undefined` is NULL. */
  call: (...args: any[]) => unknown;
}

/** A function of the values of many rows. */
export interface AggregateFunction<State = any> extends FunctionOptions {
  /** The state before the first row; without it `undefined`. */
  init?: (() => State) | undefined;
  /** The state after a row, or `undefined` if it is the same, perhaps changed within. */
  step: (state: State, ...args: any[]) => State | void;
  /** What a state comes to; without it, that is the state. Of no rows it is asked, too. */
  finalize?: ((state: State) => unknown) | undefined;
}

/** A function that the engine's worker loads from a module. */
export interface ModuleFunction extends FunctionOptions {
  /** A URL. One that is relative counts from the page's; `new URL('./functions.js', import.meta.url)` from the file's that says so. */
  module: string | Address;
  /** What the module calls it, `'default'` unless said otherwise: a function, or an object with `step` and perhaps `init` and `finalize`. */
  export?: string | undefined;
}

export type FunctionDefinition = ScalarFunction | AggregateFunction | ModuleFunction;
