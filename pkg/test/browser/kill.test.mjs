// Chromium killed while it writes; many more times by `make kills`.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { killAgainAndAgain } from './killing.mjs';
import { kill, openPage, startChromium, withChromium, withProfile, withServer } from './support.mjs';

const KILLS = Number(process.env.KILLS ?? 100);

test(`no acknowledged commit is lost in ${KILLS} kills, half of them right after the database was made`, async (context) => {
  // IndexedDB at every fourth, or it would take most of the time.
  const counts = await killAgainAndAgain({ kills: KILLS, alsoIdb: (attempt) => attempt % 8 < 2 });
  context.diagnostic(JSON.stringify(counts));
  assert.equal(counts['opfs.kills'], KILLS);
  assert.ok(counts['idb.kills'] >= Math.floor(KILLS / 4) - 1 && counts['opfs.acknowledged'] > KILLS, JSON.stringify(counts));
});

// What appending behind a torn record leaves (google/leveldb#1287): one that cannot be read, with others behind it.
for (const [scheme, logs] of [
  ['idb', /IndexedDB.*leveldb.\d+\.log$/],
  ['opfs', /File System.*Paths.\d+\.log$/],
]) {
  test(`${scheme}: a database that is gone, since a LevelDB of a browser that was killed is damaged, is DATA_LOSS`, () =>
    withServer('pkg', (url) =>
      withProfile(async (profileDir) => {
        const browser = await startChromium({ profileDir });
        const { page } = await openPage(browser, url);
        await page.evaluate(async (name) => {
          const db = await open_(name);
          for (let n = 0; n < 20; n += 1) await db.exec(`CREATE TABLE t${n} (a INT)`);
        }, `${scheme}://torn`);
        await kill(browser);
        const damaged = (await readdir(profileDir, { recursive: true })).filter((name) => logs.test(name));
        assert.ok(damaged.length > 0);
        for (const name of damaged) await damage(join(profileDir, name));
        const seen = await withChromium(
          async (next) => {
            const { page } = await openPage(next, url);
            const see = async (name) => ({ noted: { ...localStorage }, code: (await outcome(driftdb.Database.open(name))).code });
            return page.evaluate(see, `${scheme}://torn`);
          },
          { profileDir },
        );
        assert.deepEqual(seen, { noted: {}, code: 'DATA_LOSS' });
      }),
    ));
}

async function damage(path) {
  const bytes = await readFile(path);
  bytes[10] ^= 1;
  await writeFile(path, bytes);
}
