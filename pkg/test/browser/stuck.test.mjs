// A call whose single step takes for ever: it is stopped by another worker in place of its own, and nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPage } from './support.mjs';

/** Seconds for a row, and all rows are one step. */
const stuck = (rows) => `SELECT count(*) FROM generate_series(1, ${rows}) g WHERE regexp_replace(repeat('ab', 20000 + g), '(a|b|ab)*c', 'x') = ''`;

for (const scheme of ['opfs', 'idb']) {
  test(`${scheme}: a call that does not listen ends by its timeout, and the database goes on`, () =>
    withPage(async (page) => {
      const seen = await page.evaluate(async ([url, stuck]) => {
        const db = await open_(url);
        await db.exec('CREATE TABLE t (a INT PRIMARY KEY)');
        const insert = await db.prepare('INSERT INTO t VALUES ($1) RETURNING a');
        for (let a = 0; a < 100; a += 1) await insert.query([a]);
        const counts = [];
        const live = await db.live('SELECT count(*)::int AS n FROM t', [], ({ rows: [{ n }] }) => counts.push(n));
        const other = await driftdb.Database.open(url);
        await other.exec('BEGIN; INSERT INTO t VALUES (1000)');
        const calls = [outcome(db.query(stuck, [], { timeout: 300 })), outcome(db.query('SELECT 1')), outcome(other.query('INSERT INTO t VALUES (1001)'))];
        const [late, beside, inTransaction] = await Promise.all(calls);
        const lost = await outcome(other.query('SELECT 1'));
        await other.exec('ROLLBACK');
        await insert.query([100]);
        while (counts.at(-1) !== 101) await new Promise((done) => setTimeout(done, 10));
        const past = (await db.asOf({ seq: 50 }).query('SELECT count(*)::int AS n FROM t')).rows[0].n;
        const { restarts } = await db.status();
        const check = await db.check();
        await live.unsubscribe();
        const after = (await other.query('SELECT count(*)::int AS n FROM t')).rows[0].n;
        await db.close();
        await other.close();
        return { late: late.code, beside: beside.code ?? 'answered', inTransaction: inTransaction.code, lost: lost.code, past, restarts, problems: check.problems, after };
      }, [`${scheme}://stuck`, stuck(500)]);
      const { beside, inTransaction, ...rest } = seen;
      assert.ok(['answered', 'ENGINE_CRASHED'].includes(beside), beside);
      assert.ok(['IN_FAILED_TRANSACTION', 'ENGINE_CRASHED'].includes(inTransaction), inTransaction);
      assert.deepEqual(rest, { late: 'TIMEOUT', lost: 'IN_FAILED_TRANSACTION', past: 50, restarts: 1, problems: [], after: 101 });
    }));
}

test('opfs: a signal ends such a call too, and a second one', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async (stuck) => {
      const db = await open_('opfs://twice');
      await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (7)');
      const codes = [];
      for (let i = 0; i < 2; i += 1) {
        const call = outcome(db.query(stuck, [], { signal: AbortSignal.timeout(100) }));
        codes.push((await call).code);
      }
      return { codes, rows: (await db.query('SELECT a FROM t')).rows, restarts: (await db.status()).restarts };
    }, stuck(500));
    assert.deepEqual(seen, { codes: ['CANCELLED', 'CANCELLED'], rows: [{ a: 7 }], restarts: 2 });
  }));

test('opfs: a call beside it that may have been committed says so, and close() does not wait for one', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async (stuck) => {
      const db = await open_('opfs://unknown');
      await db.exec('CREATE TABLE t (a INT)');
      // Long enough between them that what is committed is stored.
      const script = outcome(db.exec(`INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT sum(g) FROM generate_series(1, 2000000) g; ${stuck}`));
      let code;
      void script.then((ended) => (code = ended.code));
      while (code === undefined) await outcome(db.query('SELECT 1', [], { timeout: 200 }));
      const { rows } = await db.query('SELECT count(*)::int AS n FROM t');
      void db.query(stuck).catch(() => {});
      await new Promise((done) => setTimeout(done, 200));
      await db.close();
      const again = await driftdb.Database.open('opfs://unknown');
      const after = (await again.query('SELECT count(*)::int AS n FROM t')).rows;
      await again.close();
      return { code, rows, after };
    }, stuck(500));
    assert.deepEqual(seen.rows, [{ n: 2 }]);
    assert.deepEqual(seen.after, seen.rows);
    assert.equal(seen.code, 'COMMIT_UNKNOWN');
  }));

test('memory: nothing would be left, so such a call is stopped when its step has ended', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async (stuck) => {
      const db = await open_('memory://');
      await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (7)');
      const { code } = await outcome(db.exec(`${stuck}; SELECT 1`, { timeout: 50 }));
      return { code, rows: (await db.query('SELECT a FROM t')).rows, restarts: (await db.status()).restarts };
    }, stuck(15));
    assert.deepEqual(seen, { code: 'TIMEOUT', rows: [{ a: 7 }], restarts: 0 });
  }));
