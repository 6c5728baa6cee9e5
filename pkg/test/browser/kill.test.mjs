// Browsers killed while they write. What the page was told is counted here, outside the browser; the next browser with
// the same profile must find all of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, openPage, startChromium, withChromium, withProfile, withServer } from './support.mjs';

const TRIES = 30;
const STORAGES = ['opfs', 'idb'];

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

/** Lets a page write until `enough` commits were acknowledged, for some seconds at most; tells of each by `hear`. */
async function writeUntil(page, { name, enough }, hear) {
  const reached = new Promise((resolve) => {
    void page.exposeFunction('acknowledge', (seq) => {
      hear(seq);
      if (seq >= enough) resolve();
    }).then(() => page.evaluate(writeForEver, name)).catch(() => {});
  });
  await Promise.race([reached, sleep(10_000)]);
}

/** Starts a browser that checks what the one before it left, writes to the databases of `tries` at once, and is killed. */
async function killWhileWriting(profileDir, url, tries, check) {
  const browser = await startChromium({ profileDir });
  try {
    const { page } = await openPage(browser, url);
    await check(page);
    await Promise.all(
      tries.map(async (one) => {
        const { page } = await openPage(browser, url);
        await writeUntil(page, one, (seq) => (one.acknowledged = Math.max(one.acknowledged, seq)));
      }),
    );
  } finally {
    await kill(browser);
  }
  for (const { name, enough, acknowledged } of tries) {
    assert.ok(acknowledged >= enough, `${name}: only ${acknowledged} commits were acknowledged`);
  }
}

/** Fails unless the database of a try holds all that was acknowledged; answers whether the browser has deleted it, and it says so. */
async function checkKept(page, { name, acknowledged }) {
  const { value, ...error } = await page.evaluate(look, name);
  if (!value && name.startsWith('idb:') && error.code === 'DATA_LOSS') return true;
  assert.ok(value, `${name}: ${JSON.stringify(error)}`);
  assert.ok(value.appliedSeq >= acknowledged, `${name}: ${value.appliedSeq} of ${acknowledged}`);
  assert.ok(value.whole, `${name}: whole commits in order`);
  assert.equal(value.past, 2);
  return false;
}

/** Answers how many databases the browser has deleted. */
function killAgainAndAgain() {
  return withProfile((profileDir) =>
    withServer('pkg', async (url) => {
      let last = [];
      let kept = STORAGES.map(() => 0);
      let deleted = 0;
      const check = async (page) => {
        for (const one of last) if (await checkKept(page, one)) deleted += 1;
      };
      for (let attempt = 0; attempt < TRIES && deleted === 0; attempt += 1) {
        const fresh = attempt % 2 === 0;
        const tries = STORAGES.map((storage, at) => ({
          name: fresh ? `${storage}://new-${attempt}` : `${storage}://kept`,
          enough: fresh ? 1 + (attempt % 4) : kept[at] + 20 + attempt * 3,
          acknowledged: -1,
        }));
        await killWhileWriting(profileDir, url, tries, check);
        if (!fresh) kept = tries.map(({ acknowledged }) => acknowledged);
        last = tries;
      }
      await withChromium(async (browser) => check((await openPage(browser, url)).page), { profileDir });
      return deleted;
    }),
  );
}

// Chromium's LevelDB, in which it keeps IndexedDB, goes on writing behind a torn end, cannot read that later, and then deletes
// all of IndexedDB: about once in 500 kills, whatever was flushed (google/leveldb#1287). That must be an error, DATA_LOSS, and
// says nothing of what this test is about, so it is begun anew, once.
test(`no acknowledged commit is lost in ${TRIES} kills, in OPFS or IndexedDB, half of them right after the database was made`, async () => {
  if ((await killAgainAndAgain()) > 0) assert.equal(await killAgainAndAgain(), 0, 'databases deleted by the browser in two series');
});
