// Browsers killed while they write. What the page was told is counted here, outside the browser; the next browser with
// the same profile must find all of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, openPage, startChromium, withChromium, withProfile, withServer } from './support.mjs';

const OPFS_TRIES = 30;
const IDB_TRIES = 4;

/** Opens a database, made by this if it is new, and commits to it until the end. */
async function writeForEver(url) {
  const db = await driftdb.Database.open(url);
  await db.exec('CREATE TABLE IF NOT EXISTS t (a INT PRIMARY KEY, s TEXT)');
  let { n } = (await db.query('SELECT count(*)::int AS n FROM t')).rows[0];
  for (;;) {
    // Several at a time, so that they share flushes; each is acknowledged by itself.
    const calls = Array.from({ length: 1 + (n % 5) }, (_, i) => db.query('INSERT INTO t VALUES ($1, $2)', [n + i, 'x'.repeat((n * 37) % 500)]));
    n += calls.length;
    await Promise.all(calls.map((call) => call.then(({ seq }) => acknowledge(seq))));
  }
}

/** What a database holds: every commit but the first inserted one row, in order. */
async function look(url) {
  const opened = await outcome(driftdb.Database.open(url));
  if (!opened.value) return opened;
  const db = opened.value;
  const { appliedSeq } = await db.status();
  const { rows } = await db.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' });
  const whole = rows.length === appliedSeq && rows.every(([a], index) => a === index);
  const past = appliedSeq > 2 ? (await db.asOf({ seq: 2 }).query('SELECT count(*)::int AS n FROM t')).rows[0].n : 2;
  await db.query('INSERT INTO t VALUES ($1, $2)', [rows.length, 'after']);
  await db.close();
  return { value: { appliedSeq, whole, past } };
}

/** Starts a browser, lets the page write until `enough` commits were acknowledged or `after` milliseconds passed, and kills it. */
async function killWhileWriting(profileDir, url, name, enough, check) {
  const browser = await startChromium({ profileDir });
  let acknowledged = -1;
  try {
    const { page } = await openPage(browser, url);
    await check(page);
    const reached = new Promise((resolve) => {
      void page.exposeFunction('acknowledge', (seq) => {
        acknowledged = Math.max(acknowledged, seq);
        if (acknowledged >= enough) resolve();
      }).then(() => page.evaluate(writeForEver, name)).catch(() => {});
    });
    await Promise.race([reached, sleep(10_000)]);
  } finally {
    await kill(browser);
  }
  assert.ok(acknowledged >= enough, `${name}: only ${acknowledged} commits were acknowledged`);
  return acknowledged;
}

test(`opfs: no acknowledged commit is lost in ${OPFS_TRIES} kills, half of them right after the database was made`, () =>
  withProfile((profileDir) =>
    withServer('pkg', async (url) => {
      let last;
      const check = async (page) => {
        if (!last) return;
        const { value, ...error } = await page.evaluate(look, last.name);
        assert.ok(value, `${last.name}: ${JSON.stringify(error)}`);
        assert.ok(value.appliedSeq >= last.acknowledged, `${last.name}: ${value.appliedSeq} of ${last.acknowledged}`);
        assert.ok(value.whole, `${last.name}: whole commits in order`);
        assert.equal(value.past, 2);
      };
      for (let attempt = 0; attempt < OPFS_TRIES; attempt += 1) {
        const fresh = attempt % 2 === 0;
        const name = fresh ? `opfs://new-${attempt}` : 'opfs://kept';
        const enough = fresh ? 1 + (attempt % 4) : (last?.kept ?? 0) + 20 + attempt * 3;
        const acknowledged = await killWhileWriting(profileDir, url, name, enough, check);
        last = { name, acknowledged, kept: fresh ? (last?.kept ?? 0) : acknowledged };
      }
      await withChromium(async (browser) => check((await openPage(browser, url)).page), { profileDir });
    }),
  ));

test(`idb: in ${IDB_TRIES} kills every acknowledged commit is there, or its loss is an error`, () =>
  withProfile((profileDir) =>
    withServer('pkg', async (url) => {
      let last;
      const check = async (page) => {
        if (!last) return;
        const { value, ...error } = await page.evaluate(look, last.name);
        // A browser that keeps IndexedDB in LevelDB may lose it whole when it is killed: never silently.
        if (!value) return assert.equal(error.code, 'DATA_LOSS', JSON.stringify(error));
        assert.ok(value.appliedSeq >= last.acknowledged, `${value.appliedSeq} of ${last.acknowledged}`);
        assert.ok(value.whole);
      };
      for (let attempt = 0; attempt < IDB_TRIES; attempt += 1) {
        const name = `idb://new-${attempt}`;
        last = { name, acknowledged: await killWhileWriting(profileDir, url, name, 5 + attempt * 40, check) };
      }
      await withChromium(async (browser) => check((await openPage(browser, url)).page), { profileDir });
    }),
  ));
