// What the tests in Node share. They run against the built package, by its own name.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from 'driftdb-wasm';

/** Calls `use(db)` with a database in memory, or the one that `url` names, that is closed afterwards. */
export async function withDatabase(use, options, url = 'memory://') {
  const db = await Database.open(url, options);
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}

/** Calls `use(directory)` with an empty directory that is deleted afterwards. */
export async function withDirectory(use) {
  const directory = await mkdtemp(join(tmpdir(), 'driftdb-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The error that a call ends with; it must be one of the package's. */
export async function errorOf(call) {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    assert.equal(error?.name, 'DatabaseError', `not an error of the package: ${error?.stack}`);
    return error;
  }
  return assert.fail('the call should have failed');
}

/** Asserts that a call fails with a code (or one that matches), and gives back the error. */
export async function fails(call, code) {
  const error = await errorOf(call);
  if (code instanceof RegExp) assert.match(error.code, code, error.message);
  else assert.equal(error.code, code, error.message);
  assert.match(error.sqlstate, /^[0-9A-Z]{5}$/);
  return error;
}

/** The only value of a query's only row. */
export async function value(db, sql, params, options) {
  const { rows } = await db.query(sql, params, { ...options, rowMode: 'array' });
  assert.equal(rows.length, 1, sql);
  return rows[0][0];
}
