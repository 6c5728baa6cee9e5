/**
 * Functions of the application, and how the engine asks them: with a vector of rows at a time, as the columns of a result. What they
 * answer goes back as parameters do.
 */

import { checkBoolean, checkFunction, isArray, optionsOf, Takes } from './check.js';
import type { Engine } from './engine.js';
import { DatabaseError, describe } from './error.js';
import { parametersBuffer } from './parameters.js';
import { type RowOptions, Table, type Views } from './results.js';
import type { AggregateFunction, FunctionDefinition, ModuleFunction, ScalarFunction } from './types.js';

/** What answers, here where the engine is. */
export type Routine = Pick<ScalarFunction, 'call'> | Pick<AggregateFunction, 'init' | 'step' | 'finalize'>;

/** A function as it is declared, on its way to the engine. */
export interface Declared {
  args: string[] | undefined;
  returns: string;
  strict: boolean;
  deterministic: boolean;
  /** Where the routine is, if it is not here. */
  module?: string | undefined;
  export?: string | undefined;
  routine?: Routine | undefined;
}

/** Checks what the application says of a function. */
export function declaredOf(name: string, given: FunctionDefinition | ((...args: any[]) => unknown)): Declared {
  if (typeof name !== 'string') throw wrong('the name of a function is a string');
  const definition = optionsOf<Partial<ScalarFunction & AggregateFunction & ModuleFunction>>(
    typeof given === 'function' ? { call: given } : given,
    Takes.function,
  );
  const { call, init, step, finalize, args, returns = 'text', strict = false, deterministic = false, module } = definition;
  for (const [name, part] of Object.entries({ call, init, step, finalize })) checkFunction(part, name);
  checkBoolean(strict, 'strict');
  checkBoolean(deterministic, 'deterministic');
  if ([call, step, module].filter((kind) => kind !== undefined).length !== 1) {
    throw wrong('a function has one of call, step or module');
  }
  if (!step && (init || finalize)) throw wrong('init and finalize belong to step');
  const routine = call ? { call } : step && { init, step, finalize };
  if (module === undefined && definition.export !== undefined) throw wrong('export belongs to module');
  const types = args === undefined ? [] : isArray(args) ? args : [undefined];
  if (![returns, ...types].every((type) => typeof type === 'string')) {
    throw wrong('args are an array of types and returns is a type, as SQL has them');
  }
  return {
    args: args && [...args],
    returns,
    strict,
    deterministic,
    ...(module === undefined ? { routine } : { module: addressOf(module), export: definition.export ?? 'default' }),
  };
}

/** The engine may be elsewhere, so a relative address is settled here. */
function addressOf(module: ModuleFunction['module']): string {
  try {
    return new URL(module, typeof location === 'undefined' ? undefined : location.href).href;
  } catch {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `module is a URL, not ${describe(module)}`, {
      hint: "new URL('./functions.js', import.meta.url) is one beside the file that says so",
    });
  }
}

/** With the routine, loaded from its module. */
export async function loaded(declared: Declared): Promise<Declared> {
  const { module, export: name = 'default' } = declared;
  let found: unknown;
  try {
    // Not for a bundler: it is an address.
    found = ((await import(/* @vite-ignore */ /* webpackIgnore: true */ module as string)) as Record<string, unknown>)[name];
  } catch (error) {
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `the module ${module} cannot be loaded: ${describe(error)}`, {
      hint: "the engine's worker loads it: it must be served as JavaScript, and a CSP must allow it there",
      cause: error,
    });
  }
  if (typeof found === 'function') return { ...declared, module: undefined, routine: { call: found as ScalarFunction['call'] } };
  const routine = found as AggregateFunction | null | undefined;
  if (typeof routine?.step !== 'function') throw wrong(`'${name}' of ${module} is a function, or an object with step`);
  return { ...declared, module: undefined, routine };
}

function wrong(what: string): DatabaseError {
  return new DatabaseError('INVALID_PARAMETER_VALUE', what);
}

/** The flags of `src/wasm/function.rs`. */
const Flag = { AnyArguments: 1, Strict: 2, Deterministic: 4, Aggregate: 8, Nothing: 16 } as const;

/** The functions that are registered, which outlive an engine. */
export class Functions {
  readonly #declared = new Map<string, Declared>();

  define(engine: Engine, name: string, declared: Declared | null): void {
    defineIn(engine, name, declared);
    const key = name.toLowerCase();
    if (declared) this.#declared.set(key, declared);
    else this.#declared.delete(key);
  }

  /** Registers all of them with another engine. */
  restore(engine: Engine): void {
    for (const [name, declared] of this.#declared) defineIn(engine, name, declared);
  }
}

function defineIn(engine: Engine, name: string, declared: Declared | null): void {
  const { routine, args, returns = 'text', strict, deterministic } = declared ?? {};
  const flags =
    (args ? 0 : Flag.AnyArguments) |
    (strict ? Flag.Strict : 0) |
    (deterministic ? Flag.Deterministic : 0) |
    (routine && 'step' in routine ? Flag.Aggregate : 0) |
    (declared ? 0 : Flag.Nothing);
  const number = routine ? engine.routines.add(name, routine) : 0;
  engine.define(number, flags, JSON.stringify([name, returns, ...(args ?? [])]));
}

interface States {
  name: string;
  routine: Pick<AggregateFunction, 'init' | 'step' | 'finalize'>;
  /** By group; a group of which no row came has none. */
  states: unknown[];
}

const ROWS: RowOptions = { rowMode: 'array', parsers: undefined };

/** The functions and the aggregates' states that one engine knows, by the numbers that it has for them. */
export class Routines {
  readonly #known = new Map<number, { name: string; routine: Routine } | States>();
  #last = 0;
  /** Whether one is being asked: the engine waits for it, and can be asked for nothing. */
  busy = false;

  add(name: string, routine: Routine): number {
    this.#known.set((this.#last += 1), { name, routine });
    return this.#last;
  }

  begin(id: number): number {
    const { name, routine } = this.#known.get(id) as States;
    this.#known.set((this.#last += 1), { name, routine, states: [] } as States);
    return this.#last;
  }

  release(id: number): void {
    this.#known.delete(id);
  }

  /** What a function answers to the rows of a table; or nothing, where the rows are for an aggregate's states. */
  ask(id: number, table: () => Table): Uint8Array {
    const known = this.#known.get(id) as { name: string; routine: Routine; states?: unknown[] };
    const { routine, states } = known;
    return this.#answer(known.name, () => {
      const rows = table().allRows('array') as unknown[][];
      if (!states) {
        const { call } = routine as Pick<ScalarFunction, 'call'>;
        return rows.map((row) => call(...row));
      }
      const aggregate = routine as States['routine'];
      for (const [group, ...args] of rows as [number, ...unknown[]][]) {
        if (!(group in states)) states[group] = aggregate.init?.();
        const next = aggregate.step(states[group], ...args);
        if (next !== undefined) states[group] = next;
      }
      return [];
    });
  }

  finish(id: number, start: number, end: number): Uint8Array {
    const { name, routine, states } = this.#known.get(id) as States;
    return this.#answer(name, () => {
      const values: unknown[] = [];
      for (let group = start; group < end; group += 1) {
        const state = group in states ? states[group] : routine.init?.();
        values.push(routine.finalize ? routine.finalize(state) : state);
      }
      return values;
    });
  }

  static rows(views: Views, pointer: number): Table {
    return new Table(views, pointer, ROWS);
  }

  /** The values as cells. Whatever is thrown becomes an error of the statement. */
  #answer(name: string, values: () => unknown[]): Uint8Array {
    this.busy = true;
    try {
      const answers = values();
      try {
        return parametersBuffer(answers.map((value) => [answered(value)]), 1);
      } catch (error) {
        return failure(true, `function ${name}: ${describe(error).replace('parameter $1', 'what it answers').replace(/^DatabaseError: /, '')}`);
      }
    } catch (error) {
      return failure(false, `function ${name}: ${told(error)}`, stackOf(error));
    } finally {
      this.busy = false;
    }
  }
}

/** What SQL has no value for. */
function answered(value: unknown): unknown {
  if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== 'function') return value ?? null;
  (value as PromiseLike<unknown>).then(undefined, () => {}); // nobody else waits for it
  throw new DatabaseError('INVALID_PARAMETER_VALUE', 'it answers a promise, and nobody can wait for that');
}

/** What is thrown may be anything, even what cannot be looked at. */
function told(error: unknown): string {
  try {
    return describe(error);
  } catch {
    return 'it threw what cannot be shown';
  }
}

function stackOf(error: unknown): string | null {
  try {
    return error instanceof Error && typeof error.stack === 'string' ? error.stack : null;
  } catch {
    return null;
  }
}

function failure(isAnswer: boolean, message: string, stack: string | null = null): Uint8Array {
  try {
    return parametersBuffer([[isAnswer, message, stack]], 3);
  } catch {
    return parametersBuffer([[isAnswer, 'a function failed with a message that is no text', null]], 3);
  }
}
