// Databases that earlier versions wrote (see tests/fixtures), opened by the package.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { value, withDatabase, withDirectory } from './support.mjs';

const fixtures = fileURLToPath(new URL('../../tests/fixtures', import.meta.url));

const kept = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(fixtures, name)).map((kind) => join(fixtures, name, kind)));

for (const path of kept) {
  test(`${path.slice(fixtures.length + 1)} is opened, sound, and written to`, () =>
    withDirectory(async (directory) => {
      const url = `file://${directory}/db`;
      cpSync(path, join(directory, 'db'), { recursive: true, filter: (name) => !name.endsWith('answers') });
      assert.ok(existsSync(join(directory, 'db', '00001')));
      await withDatabase(
        async (db) => {
          assert.deepEqual((await db.check()).problems, []);
          assert.equal(await value(db, 'SELECT g::text FROM kinds WHERE id = 2 AS OF @seq:3'), '123456789012345678901234567890.123456789');
          assert.equal((await db.history('kinds', 1)).length, 2);
          assert.deepEqual((await db.tags()).map(({ name }) => name), ['early']);
          await db.exec("INSERT INTO passing VALUES (6, '2026-03-05')");
        },
        {},
        url,
      );
      await withDatabase(async (db) => assert.equal(await value(db, 'SELECT count(*)::int FROM passing'), 2), {}, url);
    }));
}
