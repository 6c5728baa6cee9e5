/**
 * The whole public contract of `driftdb-wasm`. Everything an application can see is declared and
 * documented in `types/`, a file for each concept; the other files only keep the promises made here.
 *
 * The one-minute tour:
 *
 * ```ts
 * import { Database } from 'driftdb-wasm';
 *
 * const db = await Database.open('opfs://shop');
 * await db.exec(`CREATE TABLE orders (id INT PRIMARY KEY, status TEXT)`);
 * await db.query('INSERT INTO orders VALUES ($1, $2)', [7, 'pending']);
 * await db.query('UPDATE orders SET status = $1 WHERE id = $2', ['paid', 7]);
 *
 * const before = db.asOf({ seq: 1 });
 * (await before.query('SELECT status FROM orders')).rows; // [{ status: 'pending' }]
 * (await db.history('orders', 7)).map((entry) => entry.row?.status); // ['pending', 'paid']
 * ```
 *
 * **Values.** What a column's type becomes in JavaScript, and what it accepts as a parameter:
 *
 * | SQL | from the database | as a parameter |
 * | --- | --- | --- |
 * | BOOLEAN | `boolean` | `boolean`, text |
 * | SMALLINT, INTEGER | `number` | `number` (whole), `bigint`, text |
 * | BIGINT | `number` while it is a safe integer, else `bigint` | the same |
 * | REAL, DOUBLE PRECISION | `number` | `number`, `bigint`, text |
 * | NUMERIC | `string`, exact | `string`, `number`, `bigint` |
 * | TEXT, VARCHAR, CHAR | `string` | `string`, and the text of a number, boolean, Date or object |
 * | DATE, TIMESTAMP, TIMESTAMPTZ | `Date`, to the millisecond; `'infinity'` is `Infinity` | `Date`, text, `±Infinity` |
 * | BYTEA | `Uint8Array` | `Uint8Array`, `ArrayBuffer`, other views |
 * | JSON, JSONB | the parsed value | any JSON value: objects, arrays; text is taken as JSON text |
 * | UUID | `string` | text |
 * | ENUM types | `string` | text |
 * | TIME, INTERVAL | `string`, as PostgreSQL writes it | text |
 * | arrays | an array of what their elements are | an array, and PostgreSQL's text of one: `'{1,2}'` |
 *
 * NULL is `null` in both directions. `undefined` as a parameter is an error (`WRONG_PARAMETERS`):
 * it is a misspelt property far more often than a NULL. A DATE or TIMESTAMP is read as if in UTC.
 */

export type * from './types/calls.js';
export type * from './types/environment.js';
export type * from './types/errors.js';
export type * from './types/functions.js';
export type * from './types/live.js';
export type * from './types/moments.js';
export type * from './types/options.js';
export type * from './types/past.js';
export type * from './types/results.js';
export type * from './types/status.js';
