/** Asking the engine for rows. */

import type { Queryable, Results } from 'driftdb-wasm';
import { asRows } from './values';

/** A result, and how long it took from asking to having it. */
export interface Reply {
  result: Results<unknown[]>;
  elapsed: number;
}

/** A question of the present that has been asked. */
export interface Asked {
  text: string;
  reply: Promise<Reply>;
}

export async function ask(reader: Pick<Queryable, 'query'>, text: string): Promise<Reply> {
  const start = performance.now();
  const result = await reader.query<unknown[]>(text, null, asRows);
  return { result, elapsed: performance.now() - start };
}
