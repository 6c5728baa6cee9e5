// A state as a script of SQL: run in an empty database it answers the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from 'driftdb-wasm';
import { value, withDatabase } from './support.mjs';

const DEFINITIONS = `
  CREATE SCHEMA "Sales 2";
  CREATE TYPE mood AS ENUM ('sad', 'it''s fine');
  CREATE DOMAIN percent AS numeric(5, 2) DEFAULT 1.5 NOT NULL CONSTRAINT low CHECK (VALUE >= 0) CHECK (VALUE <= 100);
  CREATE SEQUENCE tickets AS smallint START 5 INCREMENT BY -2 MINVALUE -10 MAXVALUE 5 CYCLE;
  CREATE TABLE kinds (
    id serial PRIMARY KEY, name text NOT NULL DEFAULT 'it''s', feeling mood, share percent, twice int GENERATED ALWAYS AS (id * 2) STORED,
    at timestamptz, raw bytea, doc jsonb, span interval, ratio real, tags text[], amount numeric, flag boolean, day date, unique_id uuid,
    CONSTRAINT named CHECK (length(name) > 0));
  CREATE TABLE "Sales 2"."Order Lines" (
    "a b" int GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 10), kind int REFERENCES kinds ON DELETE CASCADE,
    other int, PRIMARY KEY ("a b", kind), UNIQUE NULLS NOT DISTINCT (other));
  CREATE TABLE parents (id int PRIMARY KEY, child int);
  CREATE TABLE children (id integer PRIMARY KEY, parent int CONSTRAINT up REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
  ALTER TABLE parents ADD CONSTRAINT down FOREIGN KEY (child) REFERENCES children ON UPDATE SET NULL DEFERRABLE;
  CREATE TABLE empty ();
  CREATE TABLE "order" ("select" int PRIMARY KEY, "user" int REFERENCES "order"); CREATE INDEX ON "order" ("user");
  CREATE TABLE b (x int CHECK (x < 5)); CREATE TABLE c (x int CHECK (x < 5));
  CREATE TABLE "Sales 2".numbered (id serial PRIMARY KEY);
  CREATE INDEX by_name ON kinds (lower(name) DESC) WHERE id > 0;
  CREATE INDEX computed ON kinds ((id + 1), lower(name), (name || id::text) DESC);
  CREATE UNIQUE INDEX ON kinds (day) INCLUDE (flag);
  CREATE VIEW young AS SELECT 1 AS one;
  CREATE VIEW good AS SELECT * FROM kinds WHERE feeling IS NOT NULL;
  SET search_path TO "Sales 2";
  CREATE VIEW lines (line, kind) AS SELECT "a b", kind FROM "Order Lines";
  RESET search_path;
  CREATE MATERIALIZED VIEW summary AS SELECT count(*) AS n FROM good;
  CREATE INDEX by_n ON summary (n);
  CREATE OR REPLACE VIEW young AS SELECT n::int AS one FROM summary;
  CREATE MATERIALIZED VIEW later AS SELECT one FROM young WITH NO DATA;
  COMMENT ON TABLE kinds IS 'all; kinds''s'; COMMENT ON COLUMN kinds.name IS 'its name'; COMMENT ON VIEW good IS 'the good ones';
  CREATE TEMP TABLE passing (a int);
`;

const ROWS = `
  INSERT INTO kinds (name, feeling, share, at, raw, doc, span, ratio, tags, amount, flag, day, unique_id) VALUES
    ('a''b; -- c', 'it''s fine', 12.5, '2026-01-15 10:00:00.123456+02', '\\x00ff27', '{"a": [1, null, "x''y"]}', '1 mon -2 days 03:04:05.6', 0.1,
      '{x,NULL,"y\\"z"}', 1e40, true, 'infinity', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    ('Ünïcode ✓', NULL, 0, '-infinity', '', 'null', '-00:00:01', 'NaN', '{}', 'NaN', false, '4713-01-01 BC', NULL),
    (E'line\\nfeed\\\\', 'sad', 100, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  INSERT INTO "Sales 2"."Order Lines" (kind, other) VALUES (1, 7), (2, NULL);
  INSERT INTO parents VALUES (1, NULL); INSERT INTO children VALUES (5, 1); UPDATE parents SET child = 5;
  INSERT INTO empty DEFAULT VALUES; INSERT INTO empty DEFAULT VALUES;
  SELECT nextval('tickets'); SELECT nextval('tickets');
  REFRESH MATERIALIZED VIEW summary;
`;

const QUESTIONS = [
  'SELECT * FROM kinds ORDER BY id',
  'SELECT * FROM "Sales 2"."Order Lines" ORDER BY 1',
  'SELECT * FROM "Sales 2".lines ORDER BY 1',
  'SELECT * FROM good ORDER BY id',
  'SELECT * FROM summary',
  'SELECT * FROM young',
  'SELECT id, child, parent FROM parents JOIN children USING (id) UNION ALL SELECT id, child, NULL FROM parents',
  'SELECT count(*) FROM empty',
  'SELECT last_value, is_called FROM tickets',
  'SELECT last_value, is_called FROM kinds_id_seq',
  "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY conname",
  'SELECT indexdef FROM pg_indexes ORDER BY indexname',
  `SELECT table_name, column_name, column_default, is_nullable, data_type, udt_name, identity_generation, identity_start, generation_expression
   FROM information_schema.columns WHERE table_name <> 'passing' ORDER BY 1, ordinal_position`,
  'SELECT relname, relkind, relispopulated FROM pg_class WHERE relpersistence <> \'t\' ORDER BY relname',
  'SELECT description FROM pg_description ORDER BY 1',
];

async function answers(db) {
  const all = [];
  for (const sql of QUESTIONS) all.push([sql, (await db.query(sql, [], { rowMode: 'array' })).rows]);
  return all;
}

async function copyOf(script) {
  const copy = await Database.open('memory://');
  await copy.exec(script, { atomic: true });
  return copy;
}

test('a state is made anew by its script, and goes on as the first', () =>
  withDatabase(async (db) => {
    await db.exec(DEFINITIONS);
    await db.exec(ROWS);
    const copy = await copyOf(await db.export());
    assert.deepEqual(await answers(copy), await answers(db));
    for (const each of [db, copy]) {
      await each.exec(`INSERT INTO kinds (name, day) VALUES ('next', '2026-01-01'); INSERT INTO "Sales 2"."Order Lines" (kind, other) VALUES (3, 8); INSERT INTO children (parent) VALUES (1)`);
      assert.equal(await value(each, "SELECT nextval('tickets')"), 1);
      assert.equal(await value(each, 'SELECT max(id) FROM kinds'), 4);
      assert.equal(await value(each, 'SELECT max("a b") FROM "Sales 2"."Order Lines"'), 120);
      assert.equal(await value(each, 'SELECT max(id) FROM children'), 6);
    }
    assert.equal(await copy.export().then((script) => script.split('\n').slice(1).join('\n')), await db.export().then((script) => script.split('\n').slice(1).join('\n')));
    await copy.close();
  }));

test('a moment is exported as it was, whatever was renamed, added and dropped since', () =>
  withDatabase(async (db) => {
    await db.exec(DEFINITIONS);
    await db.exec(ROWS);
    const then = await answers(db);
    await db.tag('then');
    await db.exec(`DROP TABLE children CASCADE; DELETE FROM kinds; DROP SCHEMA "Sales 2" CASCADE; ALTER TABLE kinds RENAME TO sorts; ALTER TABLE sorts ADD COLUMN more int; DROP SEQUENCE tickets`);
    const copy = await copyOf(await db.asOf({ tag: 'then' }).export());
    assert.deepEqual(await answers(copy), then);
    await copy.close();
  }));

test('a view over what was renamed since is exported as what it means', () =>
  withDatabase(async (db) => {
    await db.exec(`
      CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2);
      CREATE VIEW v AS SELECT * FROM t; CREATE VIEW w AS WITH x AS (SELECT a + b AS c FROM t AS y) SELECT c, (SELECT count(*) FROM t) AS n FROM x;
      ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN a TO first; ALTER TABLE u ADD COLUMN d int; CREATE TABLE t (z int)`);
    const copy = await copyOf(await db.export());
    for (const each of [db, copy]) {
      assert.deepEqual((await each.query('SELECT * FROM v')).rows, [{ a: 1, b: 2 }]);
      assert.deepEqual((await each.query('SELECT * FROM w')).rows, [{ c: 3, n: 1 }]);
    }
    await copy.close();
  }));

test('what is not committed is not exported, and nothing is nothing', () =>
  withDatabase(async (db) => {
    assert.equal(await db.export(), '');
    await db.exec('CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1); CREATE TABLE other (b int)');
    const script = await db.export();
    assert.equal(script.includes('CREATE TABLE public.t ('), true);
    assert.equal(/INSERT|other/.test(script), false);
    await db.exec('ROLLBACK');
    await assert.rejects(db.export({ signal: AbortSignal.abort() }), { code: 'CANCELLED' });
  }));
