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
  // Nothing that compresses, so that a database that is kept comes to checkpoints, and browsers are killed while they are written.
  const noise = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => String.fromCharCode(33 + (byte % 94))).join('');
  for (;;) {
    // Several at a time, so that they share flushes; each is acknowledged by itself.
    const calls = Array.from({ length: 1 + (n % 5) }, (_, i) => db.query('INSERT INTO t VALUES ($1, $2)', [n + i, noise((n * 997) % 15_000)]));
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

/** Lets a page write until as many commits were acknowledged as the try wants, or until it fails. */
async function writeUntil(page, one) {
  const reached = new Promise((resolve, reject) => {
    void page.exposeFunction('acknowledge', (seq) => {
      one.acknowledged = Math.max(one.acknowledged, seq);
      if (seq >= one.enough) resolve();
    }).then(() => page.evaluate(writeForEver, one.name)).catch(reject);
  });
  await Promise.race([reached, sleep(60_000, undefined, { ref: false })]);
  assert.ok(one.acknowledged >= one.enough, `${one.name}: only ${one.acknowledged} commits were acknowledged`);
}

/**
 * Starts a browser that checks what the one before it left, writes to the databases of `tries` at once, and is killed.
 * Answers how many databases the browser has deleted; if there are any, it writes nothing.
 */
async function killWhileWriting(profileDir, url, tries, check) {
  const browser = await startChromium({ profileDir });
  try {
    const { page } = await openPage(browser, url);
    const deleted = await check(page);
    if (deleted > 0) return deleted;
    await Promise.all(tries.map(async (one) => writeUntil((await openPage(browser, url)).page, one)));
    return 0;
  } finally {
    await kill(browser);
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
      const check = async (page) => {
        let deleted = 0;
        for (const one of last) if (await checkKept(page, one)) deleted += 1;
        return deleted;
      };
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const fresh = attempt % 2 === 0;
        const tries = STORAGES.map((storage, at) => ({
          name: fresh ? `${storage}://new-${attempt}` : `${storage}://kept`,
          enough: fresh ? 1 + (attempt % 4) : kept[at] + 20 + attempt * 3,
          acknowledged: -1,
        }));
        const deleted = await killWhileWriting(profileDir, url, tries, check);
        if (deleted > 0) return deleted;
        if (!fresh) kept = tries.map(({ acknowledged }) => acknowledged);
        last = tries;
      }
      return withChromium(async (browser) => check((await openPage(browser, url)).page), { profileDir });
    }),
  );
}

// Chromium's LevelDB, in which it keeps IndexedDB, goes on writing behind a torn end, cannot read that later, and then deletes
// all of IndexedDB: about once in 500 kills, whatever was flushed (google/leveldb#1287). That must be an error, DATA_LOSS, and
// says nothing of what this test is about, so it is begun anew, once.
test(`no acknowledged commit is lost in ${TRIES} kills, in OPFS or IndexedDB, half of them right after the database was made`, async () => {
  if ((await killAgainAndAgain()) > 0) assert.equal(await killAgainAndAgain(), 0, 'databases deleted by the browser in two series');
});
