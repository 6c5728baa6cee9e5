// Chromium killed while it writes; many more times by `make kills`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killAgainAndAgain } from './killing.mjs';

const KILLS = Number(process.env.KILLS ?? 100);

test(`no acknowledged commit is lost in ${KILLS} kills, half of them right after the database was made`, async (context) => {
  // IndexedDB at every fourth, or it would take most of the time.
  const counts = await killAgainAndAgain({ kills: KILLS, alsoIdb: (attempt) => attempt % 8 < 2 });
  context.diagnostic(JSON.stringify(counts));
  assert.equal(counts['opfs.kills'], KILLS);
  assert.ok(counts['idb.kills'] >= Math.floor(KILLS / 4) - 1 && counts['opfs.acknowledged'] > KILLS, JSON.stringify(counts));
});
