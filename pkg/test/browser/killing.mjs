// Browsers killed while they write. What the page was told is counted here, outside the browser; the next browser with
// the same profile must find all of it.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, openPage, startChromium, withChromium, withProfile, withServer } from './support.mjs';

/** Opens a database, made by this if it is new, and commits to it until the end. */
async function writeForEver(url) {
  const opened = await outcome(driftdb.Database.open(url));
  if (opened.code) throw new Error(opened.code);
  const db = opened.value;
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
  const { rows } = await db.query('SELECT a FROM t ORDER BY a', [], { rowMode: 'array' }).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify({ appliedSeq, info: db.info })}`);
  });
  const whole = rows.length === appliedSeq && rows.every(([a], index) => a === index);
  const past = appliedSeq > 2 ? (await db.asOf({ seq: 2 }).query('SELECT count(*)::int AS n FROM t')).rows[0].n : 2;
  await db.query('INSERT INTO t VALUES ($1, $2)', [rows.length, 'after']);
  await db.close();
  return { value: { appliedSeq, whole, past } };
}

/** Lets a page write until as many commits were acknowledged as the try wants. Answers whether the browser has deleted the database, and it says so. */
async function writeUntil(page, one) {
  const reached = new Promise((resolve, reject) => {
    void page.exposeFunction('acknowledge', (seq) => {
      one.acknowledged = Math.max(one.acknowledged, seq);
      if (seq >= one.enough) resolve(false);
    }).then(() => page.evaluate(writeForEver, one.name)).catch((error) => (isDeletion(one, error.message) ? resolve(true) : reject(error)));
  });
  const deleted = await Promise.race([reached, sleep(60_000, false, { ref: false })]);
  assert.ok(deleted || one.acknowledged >= one.enough, `${one.name}: only ${one.acknowledged} commits were acknowledged`);
  return deleted;
}

const isDeletion = ({ name }, what) => name.startsWith('idb:') && what.includes('DATA_LOSS');

/**
 * Starts a browser that checks what the one before it left, writes to the databases of `tries` at once, and is killed.
 * Answers how many databases the browser has deleted; where there are any when it starts, it writes nothing.
 */
async function killWhileWriting(profileDir, url, tries, check) {
  const browser = await startChromium({ profileDir });
  try {
    const { page } = await openPage(browser, url);
    const deleted = await check(page);
    if (deleted > 0) return deleted;
    const found = await Promise.all(tries.map(async (one) => writeUntil((await openPage(browser, url)).page, one)));
    return found.filter(Boolean).length;
  } finally {
    await kill(browser);
  }
}

/** Fails unless the database of a try holds all that was acknowledged; answers whether the browser has deleted it, and it says so. */
async function checkKept(page, one) {
  const { name, acknowledged } = one;
  const { value, ...error } = await page.evaluate(look, name).catch((error) => {
    throw new Error(`${name}, of which ${acknowledged} was acknowledged: ${error.message}`, { cause: error });
  });
  if (!value && isDeletion(one, error.code)) return true;
  assert.ok(value, `${name}: ${JSON.stringify(error)}`);
  assert.ok(value.appliedSeq >= acknowledged, `${name}: ${value.appliedSeq} of ${acknowledged}`);
  assert.ok(value.whole, `${name}: whole commits in order`);
  assert.equal(value.past, 2);
  return false;
}

/**
 * Kills so many browsers, the first of which has a number that goes on from an earlier series, while they write to OPFS, and at those of which
 * `alsoIdb` says so to IndexedDB. Half of them are killed right after a database was made. Answers how many kills there were, how many commits
 * had been acknowledged, and how many databases the browser deleted, which they said when they were opened; anything else that is missing is an
 * error, which has the same `counts`.
 *
 * Chromium's LevelDB, in which it keeps IndexedDB, goes on writing behind a torn end, cannot read that later, and then deletes all of IndexedDB:
 * about once in 500 kills, whatever was flushed (google/leveldb#1287). Such a profile is left, and the series goes on with another.
 */
export async function killAgainAndAgain({ kills, first = 0, alsoIdb = () => true }) {
  const counts = { 'opfs.kills': 0, 'opfs.acknowledged': 0, 'idb.kills': 0, 'idb.acknowledged': 0, announced: 0 };
  const profile = { next: first, end: first + kills };
  try {
    await withServer('pkg', async (url) => {
      while (profile.next < profile.end) await withProfile((profileDir) => killOnProfile(profileDir, url, profile, alsoIdb, counts));
    });
  } catch (error) {
    throw Object.assign(error, { counts });
  }
  return counts;
}

/** Goes on until there were enough kills, or the browser has deleted a database. */
async function killOnProfile(profileDir, url, profile, alsoIdb, counts) {
  let last = [];
  const kept = { opfs: 0, idb: 0 };
  const check = async (page) => {
    let deleted = 0;
    for (const one of last) if (await checkKept(page, one)) deleted += 1;
    last = [];
    return deleted;
  };
  for (; profile.next < profile.end; profile.next += 1) {
    const attempt = profile.next;
    const fresh = attempt % 2 === 0;
    const tries = ['opfs', 'idb'].slice(0, alsoIdb(attempt) ? 2 : 1).map((storage) => ({
      storage,
      name: fresh ? `${storage}://new-${attempt}` : `${storage}://kept`,
      enough: fresh ? 1 + (attempt % 4) : kept[storage] + 20 + (attempt % 30),
      acknowledged: -1,
    }));
    const deleted = await killWhileWriting(profileDir, url, tries, check);
    counts.announced += deleted;
    if (deleted > 0) return;
    for (const { storage, acknowledged } of tries) {
      counts[`${storage}.kills`] += 1;
      counts[`${storage}.acknowledged`] += acknowledged + 1 - (fresh ? 0 : kept[storage]);
      if (!fresh) kept[storage] = acknowledged;
    }
    last = tries;
  }
  counts.announced += await withChromium(async (browser) => check((await openPage(browser, url)).page), { profileDir });
}
