// 10,000 rows and 200,000 updates in commits of 100, with all of the past kept: by driftdb as always, by the others with a history table
// that triggers fill, each row with the time from which and to which it held. The time is a counter that each commit sets.

import { generator } from '../random.js';

const ROWS = 10_000;
const UPDATES = 200_000;
const TOGETHER = 100;
const ASKED = 21;
const LIMIT_MS = 3000;

/** What the kinds of engine need to keep a history. */
const EMULATION = {
  sqlite: `
    CREATE TABLE now (at INTEGER);
    INSERT INTO now VALUES (1);
    CREATE TABLE t_history (id INTEGER, v INTEGER, valid_from INTEGER, valid_to INTEGER);
    CREATE INDEX t_history_id ON t_history (id, valid_from);
    CREATE TRIGGER t_insert AFTER INSERT ON t BEGIN
      INSERT INTO t_history VALUES (NEW.id, NEW.v, (SELECT at FROM now), NULL);
    END;
    CREATE TRIGGER t_update AFTER UPDATE ON t BEGIN
      UPDATE t_history SET valid_to = (SELECT at FROM now) WHERE id = OLD.id AND valid_to IS NULL;
      INSERT INTO t_history VALUES (NEW.id, NEW.v, (SELECT at FROM now), NULL);
    END;`,
  postgres: `
    CREATE TABLE now (at INTEGER);
    INSERT INTO now VALUES (1);
    CREATE TABLE t_history (id INTEGER, v INTEGER, valid_from INTEGER, valid_to INTEGER);
    CREATE INDEX t_history_id ON t_history (id, valid_from);
    CREATE FUNCTION t_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP = 'UPDATE' THEN
        UPDATE t_history SET valid_to = (SELECT at FROM now) WHERE id = OLD.id AND valid_to IS NULL;
      END IF;
      INSERT INTO t_history VALUES (NEW.id, NEW.v, (SELECT at FROM now), NULL);
      RETURN NEW;
    END $$;
    CREATE TRIGGER t_keeps AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_keep();`,
};

/** The questions for those that keep it so, and for driftdb; `at` counts commits of updates. */
const emulated = {
  begin: (at) => `BEGIN; UPDATE now SET at = ${at + 1}`,
  commit: 'COMMIT',
  sum: (at) => `SELECT sum(v) AS v FROM t_history WHERE valid_from <= ${at + 1} AND (valid_to > ${at + 1} OR valid_to IS NULL)`,
  point: (at, id) => `SELECT v FROM t_history WHERE id = ${id} AND valid_from <= ${at + 1} AND (valid_to > ${at + 1} OR valid_to IS NULL)`,
  row: (id) => `SELECT v FROM t_history WHERE id = ${id} AND (valid_to > valid_from OR valid_to IS NULL) ORDER BY valid_from`,
};
const ours = (base) => ({
  begin: () => 'BEGIN',
  commit: 'COMMIT',
  sum: (at) => `SELECT sum(v) AS v FROM t AS OF @seq:${base + at}`,
  point: (at, id) => `SELECT v FROM t WHERE id = ${id} AS OF @seq:${base + at}`,
  row: (id) => `SELECT v FROM t FOR SYSTEM_TIME ALL WHERE id = ${id} ORDER BY system_seq_start`,
});

async function history(bench) {
  const db = await bench.open();
  const { ours: isOurs } = bench.engine;
  const rows = bench.scaled(ROWS, 100);
  const commits = bench.scaled(UPDATES / TOGETHER, 20);
  await db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)');
  if (!isOurs) await db.exec(EMULATION[bench.dialect]);
  await db.load('t', { id: 'INTEGER', v: 'INTEGER' }, rows, (place) => [place, (place * 7) % 1000]);
  const ask = isOurs ? ours(await lastCommit(db)) : emulated;

  const random = generator(4711);
  const update = await db.prepare('UPDATE t SET v = $1 WHERE id = $2');
  await bench.time('200,000 updates, history kept', async () => {
    for (let commit = 1; commit <= commits; commit += 1) {
      await db.exec(ask.begin(commit));
      // A row changes once at most within a commit, or an engine that keeps commits would have fewer versions.
      const first = random(rows);
      for (let place = 0; place < TOGETHER; place += 1) {
        const done = update.run([random(1000), (first + place * 37) % rows]);
        if (done instanceof Promise) await done;
      }
      await db.exec(ask.commit);
    }
  });
  await update.close();

  const moments = { '10 %': 0.1, '50 %': 0.5, '90 %': 0.9 };
  bench.check('count', await middle(bench, 'present count', () => db.query('SELECT count(*) AS n FROM t')));
  await db.exec('CREATE TABLE u (id INTEGER PRIMARY KEY, v INTEGER)');
  await db.load('u', { id: 'INTEGER', v: 'INTEGER' }, rows, (place) => [place, (place * 7) % 1000]);
  await middle(bench, 'sum of a table never updated', () => db.query('SELECT sum(v) AS v FROM u'));
  bench.check('sum', await middle(bench, 'present sum', () => db.query('SELECT sum(v) AS v FROM t')));
  for (const [name, share] of Object.entries(moments))
    bench.check(name, await middle(bench, `AS OF sum at ${name}`, () => db.query(ask.sum(Math.round(commits * share)))));
  bench.check('point', await middle(bench, 'AS OF one row', (time) => db.query(ask.point(Math.round((commits * (time + 1)) / (ASKED + 2)), (time * 71) % rows))));
  bench.check('row', await middle(bench, "one row's history", (time) => db.query(ask.row((time * 53) % rows))));
  const stored = await db.stored();
  if (stored !== undefined) bench.figure('KB stored', stored / 1000);
  await db.close();
}

async function lastCommit(db) {
  return (await db.query('SELECT max(seq) AS seq FROM commits()'))[0].seq;
}

/** Asks up to 21 times: the middle time, and all answers. */
async function middle(bench, name, ask) {
  const times = [];
  const answers = [];
  const start = performance.now();
  for (let time = 0; time < ASKED; time += 1) {
    if (time > 0 && performance.now() - start > LIMIT_MS) break;
    answers.push(await bench.time(name, () => ask(time)));
    if (typeof bench.figures[name] !== 'number') return answers;
    times.push(bench.figures[name]);
  }
  bench.figure(name, times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]);
  return answers[0];
}

export const visits = [history];
