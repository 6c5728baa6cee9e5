/// <reference lib="esnext.disposable" preserve="true" />

/** What the package exports, whichever way it is loaded. */

export { Database } from './database.js';
export { DatabaseError } from './error.js';
export { types } from './oid.js';
export type * from './types.js';
