// The budget of memory, over files: what a database answers does not depend on how much of it is in memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from 'driftdb-wasm';
import { BUDGET, checkMemory, KEY, MADE, QUESTIONS } from './larger.mjs';
import { fails, withDatabase, withDirectory } from './support.mjs';

const ask = (url, memory) =>
  withDatabase(
    async (db) => {
      const rows = [];
      const told = [];
      for (const [sql, asOf] of QUESTIONS.map((question) => [question].flat())) {
        rows.push((await (asOf ? db.asOf(asOf) : db).query(sql, [], { rowMode: 'array' })).rows);
        told.push((await db.stats()).memory);
      }
      rows.push((await db.history('t', KEY)).map(({ row }) => row.v));
      const { problems } = await db.check();
      told.push((await db.stats()).memory);
      return { rows, problems, told };
    },
    { memory },
    url,
  );

test('a database ten times its memory is made, changed and asked as one that has room', () =>
  withDirectory(async (directory) => {
    const [small, whole] = await Promise.all(
      [BUDGET, '1 GB'].map(async (memory, at) => {
        const url = `file://${directory}/${at}`;
        await withDatabase(
          async (db) => {
            for (const sql of MADE) {
              await db.exec(sql);
              await db.compact();
            }
            await db.exec('UPDATE t SET g = 7 WHERE id % 5000 = 1; DELETE FROM t WHERE g = 11; UNDO COMMIT 22');
            // What no checkpoint holds cannot be dropped.
            await db.compact();
          },
          { memory },
          url,
        );
        return ask(url, memory);
      }),
    );
    assert.deepEqual(small.rows, whole.rows);
    assert.deepEqual([small.problems, whole.problems], [[], []]);
    checkMemory({ whole: whole.told, small: small.told });
  }));

test('a budget is no more than 1 GB, and one is said for all who open the database', () =>
  withDirectory(async (directory) => {
    const url = `file://${directory}/db`;
    for (const memory of ['1.001 GB', '2 GB', 3 * 2 ** 30, '1 GiB']) {
      const { message } = await fails(Database.open(url, { memory }), 'INVALID_PARAMETER_VALUE');
      assert.match(message, /'1 GB' at most/);
    }
    await withDatabase(
      async (db) => {
        assert.equal((await db.stats()).memory.budget, 1_000_000_000);
        await fails(Database.open(url, { memory: '20 MB' }), 'INVALID_PARAMETER_VALUE');
      },
      { memory: '1000 MB' },
      url,
    );
  }));
