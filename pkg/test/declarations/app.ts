// What an application may write, compiled against the declarations that are published.

import { Database, DatabaseError, types } from 'driftdb-wasm';
import type { HistoryEntry, OpenOptions, Recovery, Results } from 'driftdb-wasm';

interface Order {
  id: number;
  status: string;
}

const options: OpenOptions = { durability: 'strict', worker: false, wasm: new Uint8Array(8), salvage: true, timeout: 1000 };

export async function run(): Promise<string | undefined> {
  await using db = await Database.open('memory://', options);
  const results: Results<Order> = await db.query<Order>('SELECT * FROM orders WHERE id = $1', [7], { rowMode: 'object' });
  const history: HistoryEntry<Order>[] = await db.asOf({ seq: 1 }).history<Order>('orders', 7);
  const recovery: Recovery | null = db.info.recovery;
  try {
    await db.transaction(async (tx) => (await tx.exec('SELECT 1')).length);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'LOCK_TIMEOUT') return error.hint;
  }
  for await (const change of db.changes<Order>({ since: 3 })) if (change.seq > 9) break;
  return `${results.rows[0]?.status} ${history[0]?.row?.id} ${recovery?.damage?.message} ${types.INT4}`;
}

// @ts-expect-error There is no such option.
export const misspelt: OpenOptions = { timeoutt: 5 };
