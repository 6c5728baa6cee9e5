// Every storage in Chromium: kept over reloads and over browsers, held by one tab at a time, and loud when lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUDGET, checkMemory, KEY, MADE, QUESTIONS } from '../larger.mjs';
import { openPage, reload, until, withChromium, withPage, withProfile, withServer } from './support.mjs';

const PERSISTENT = ['opfs', 'idb', 'auto'];

for (const scheme of PERSISTENT) {
  test(`${scheme}: data and past are there after a reload, and in another browser`, () =>
    withProfile((profileDir) =>
      withServer('pkg', async (url) => {
        const name = `${scheme}://shop ä/1`;
        await withChromium(
          async (browser) => {
            const { page, errors } = await openPage(browser, url);
            const info = await page.evaluate(async (name) => {
              const db = await open_(name);
              await db.exec("CREATE TABLE t (id INT PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'one')");
              await db.exec("UPDATE t SET s = 'zwei'");
              return db.info;
            }, name);
            assert.equal(info.storage, scheme === 'auto' ? 'opfs' : scheme);
            assert.deepEqual([info.persistent, info.created, info.worker], [true, true, true]);
            for (let again = 0; again < 2; again += 1) {
              await reload(page);
              const seen = await page.evaluate(async (name) => {
                const db = await open_(name);
                const now = (await db.query('SELECT s FROM t')).rows;
                const then = (await db.asOf({ seq: 1 }).query('SELECT s FROM t')).rows;
                const history = (await db.history('t', 1)).map(({ row }) => row.s);
                return { now, then, history, created: db.info.created };
              }, name);
              assert.deepEqual(seen, { now: [{ s: 'zwei' }], then: [{ s: 'one' }], history: ['one', 'zwei'], created: false });
            }
            assert.deepEqual(errors, []);
          },
          { profileDir },
        );
        await withChromium(
          async (browser) => {
            const { page, errors } = await openPage(browser, url);
            const seen = await page.evaluate(async (name) => {
              const db = await open_(name);
              await db.exec("INSERT INTO t VALUES (2, 'drei')");
              const rows = (await db.query('SELECT s FROM t ORDER BY id', [], { rowMode: 'array' })).rows;
              await db.close();
              await driftdb.Database.delete(name);
              const fresh = await driftdb.Database.open(name);
              return { rows, tables: await fresh.tables(), created: fresh.info.created };
            }, name);
            assert.deepEqual(seen, { rows: [['zwei'], ['drei']], tables: [], created: true });
            assert.deepEqual(errors, []);
          },
          { profileDir },
        );
      }),
    ));
}

/** What the files of the databases in a storage begin with. */
const beginnings = {
  opfs: async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb');
    const found = [];
    for await (const directory of root.values())
      for await (const file of directory.values())
        // A file that is written to meanwhile cannot be read.
        if (file.kind === 'file') found.push(await (await file.getFile()).slice(0, 8).text().catch(() => 'driftseg'));
    return found;
  },
  idb: async () => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const found = [];
    for (const { name } of await indexedDB.databases()) {
      const connection = await done(indexedDB.open(name));
      const pieces = connection.transaction('pieces').objectStore('pieces');
      const keys = await done(pieces.getAllKeys());
      for (const key of keys.filter(([, offset]) => offset === 0)) {
        const piece = await done(connection.transaction('pieces').objectStore('pieces').get(key));
        // One may have gone meanwhile.
        if (piece) found.push(new TextDecoder().decode(piece.bytes.subarray(0, 8)));
      }
      connection.close();
    }
    return found;
  },
};

/** Waits until the log lies in one segment behind a checkpoint. */
function untilRecycled(page, scheme) {
  const isPart = (magic) => magic === 'driftseg' || magic === 'driftchk';
  const kinds = async () => (await page.evaluate(beginnings[scheme])).filter(isPart).sort().join();
  return until(async () => (await kinds()) === 'driftchk,driftseg', { what: 'the log to be recycled', timeout: 30_000 });
}

for (const scheme of ['opfs', 'idb']) {
  test(`${scheme}: a log of some length gives way to a checkpoint, and all of the past is there behind it`, () =>
    withPage(async (page) => {
      const name = `${scheme}://long`;
      const answers = async (name) => {
        const db = databases.get(name);
        const at = (seq) => db.asOf({ seq }).query('SELECT count(*)::int AS n, sum(v)::int AS sum, max(s) AS s FROM t');
        const past = await Promise.all([1, 4, 9, 14].map(async (seq) => (await at(seq)).rows[0]));
        return [...past, (await db.history('t', 777)).map(({ row }) => row.v)];
      };
      await page.evaluate(async (name) => {
        const db = await open_(name);
        await db.exec('CREATE TABLE t (id INT PRIMARY KEY, v INT, s TEXT)');
        await db.exec("INSERT INTO t SELECT id, id, 'customer number ' || id * 7919 FROM generate_series(1, 60000) AS g(id)");
        for (let round = 0; round < 13; round += 1) await db.query('UPDATE t SET v = v + id % 7 + $1 WHERE id % 3 = $2', [round, round % 3]);
      }, name);
      const before = await page.evaluate(answers, name);
      await untilRecycled(page, scheme);
      assert.deepEqual(await page.evaluate(answers, name), before);
      await reload(page);
      await page.evaluate((name) => open_(name), name);
      assert.deepEqual(await page.evaluate(answers, name), before);
      await page.evaluate((name) => databases.get(name).exec('UPDATE t SET v = 0'), name);
      const checked = await page.evaluate((name) => databases.get(name).check(), name);
      assert.deepEqual(checked.problems, []);
      assert.ok(checked.bytes > 500_000 && checked.versions > 300_000, JSON.stringify(checked));
      const compacted = await page.evaluate((name) => databases.get(name).compact(), name);
      const { storage, commits } = await page.evaluate((name) => databases.get(name).stats(), name);
      assert.deepEqual([storage.segments, storage.checkpointed, compacted.commits], [1, commits, commits]);
      assert.deepEqual((await page.evaluate(answers, name)).slice(0, 4), before.slice(0, 4));
    }));
}

for (const scheme of ['opfs', 'idb']) {
  test(`${scheme}: a database ten times its memory answers as one that has room`, () =>
    withPage(async (page) => {
      const name = `${scheme}://large`;
      const ask = (memory) =>
        page.evaluate(
          async (name, memory, questions, key) => {
            const db = await open_(name, { memory });
            const rows = [];
            const told = [];
            for (const [sql, asOf] of questions.map((question) => [question].flat())) {
              rows.push((await (asOf ? db.asOf(asOf) : db).query(sql, [], { rowMode: 'array' })).rows.map((row) => row.map(String)));
              told.push((await db.stats()).memory);
            }
            rows.push((await db.history('t', key)).map(({ row }) => row.v));
            const { problems } = await db.check();
            const { memory: after, storage } = await db.stats();
            await db.close();
            return { rows, problems, told: [...told, after], checkpoint: storage.checkpoint };
          },
          name,
          memory,
          QUESTIONS,
          KEY,
        );
      await page.evaluate(
        async (name, made) => {
          const db = await open_(name);
          for (const sql of made) await db.exec(sql);
          await db.compact();
          await db.close();
        },
        name,
        MADE,
      );
      const whole = await ask('1 GB');
      const small = await ask(`${BUDGET} B`);
      assert.deepEqual(small.rows, whole.rows);
      assert.deepEqual([small.problems, whole.problems], [[], []]);
      // Over IndexedDB what a checkpoint holds stays, packed.
      checkMemory({ whole: whole.told, small: small.told, packed: scheme === 'idb' ? small.checkpoint : 0 });
    }));
}

test('idb: a checkpoint without room is given up, commits go on, and with room again there is one', () =>
  withPage(async (page) => {
    const name = 'idb://short';
    const open = () => page.evaluate(async (name) => void (await open_(name, { worker: faultyWorker() })), name);
    const room = (state) => page.evaluate((state) => (state === 'full' ? setFaults('idb-full') : setFaults()), state);
    const write = (rows, bytes) =>
      page.evaluate(
        async (name, rows, bytes) => {
          const db = databases.get(name);
          const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => String.fromCharCode(33 + (byte % 94))).join('');
          const { n } = (await db.query('SELECT count(*)::int AS n FROM t')).rows[0];
          for (let a = n; a < n + rows; a += 1) await db.query('INSERT INTO t VALUES ($1, $2)', [a, noise()]);
          return { rows: n + rows, restarts: (await db.status()).restarts };
        },
        name,
        rows,
        bytes,
      );
    const count = async (magic) => (await page.evaluate(beginnings.idb)).filter((found) => found === magic).length;
    await open();
    await page.evaluate((name) => databases.get(name).exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)'), name);
    // Commits fit, and what a checkpoint writes at a time does not.
    await room('full');
    assert.deepEqual(await write(120, 10_000), { rows: 120, restarts: 0 });
    // First of all it begins a segment.
    await until(async () => (await count('driftseg')) > 1, { what: 'the beginning of a checkpoint', timeout: 30_000 });
    const isGone = async () => {
      for (let look = 0; look < 20; look += 1) {
        if ((await count('driftchk')) > 0) return false;
        await sleep(50);
      }
      return true;
    };
    await until(isGone, { what: 'that it is given up', timeout: 30_000 });
    assert.deepEqual(await write(20, 100), { rows: 140, restarts: 0 });
    assert.ok((await count('driftseg')) > 1);
    await room('empty');
    await reload(page);
    await open();
    assert.deepEqual(await write(20, 30_000), { rows: 160, restarts: 0 });
    await untilRecycled(page, 'idb');
    // Refused in the middle of a commit: that is an error, and all else is there.
    await room('full');
    const refused = await page.evaluate((name) => outcome(databases.get(name).query("INSERT INTO t SELECT -1, string_agg(md5(g::text), '') FROM generate_series(1, 2000) AS g")), name);
    assert.equal(refused.code, 'QUOTA');
    await room('empty');
    await reload(page);
    await open();
    const kept = await page.evaluate(async (name) => (await databases.get(name).query('SELECT count(*)::int AS n, sum(length(s))::int AS bytes FROM t')).rows[0], name);
    assert.deepEqual(kept, { n: 160, bytes: 120 * 10_000 + 20 * 100 + 20 * 30_000 });
  }));

for (const durability of ['strict', 'relaxed']) {
  test(`idb: with durability '${durability}', too, a commit without room is refused, by a call and by a close`, () =>
    withPage(async (page) => {
      const seen = await page.evaluate(async (durability) => {
        const url = 'idb://refused';
        const open = () => driftdb.Database.open(url, { durability, worker: faultyWorker() });
        const large = "INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1000, 3000) AS g";
        let db = await open();
        await db.exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)');
        await setFaults('idb-full');
        const alone = await outcome(db.query(large));
        await db.query("INSERT INTO t VALUES (1, 'small')");
        const [last, closed] = await Promise.all([outcome(db.query(large)), outcome(db.close())]);
        db = await open(); // with room, as every new worker
        const { n } = (await db.query('SELECT count(*)::int AS n FROM t')).rows[0];
        await db.close();
        return { alone: alone.code, last: last.code, closed, n };
      }, durability);
      assert.deepEqual([seen.alone, seen.n], ['QUOTA', 1]);
      assert.ok(seen.last, `what is not there was acknowledged: ${JSON.stringify(seen)}`);
    }));
}

test('idb: a database without room for anything is read and checked, and goes on when there is some', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const url = 'idb://none-left';
      let db = await driftdb.Database.open(url);
      await db.exec("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)");
      await db.close();
      db = await driftdb.Database.open(url, { worker: faultyWorker('idb-none') });
      const { rows } = await db.query('SELECT * FROM t');
      const { problems } = await db.check();
      const refused = await outcome(db.query('INSERT INTO t VALUES (2)'));
      await setFaults();
      const until = performance.now() + 10_000;
      let written = {};
      while (!written.value && performance.now() < until) written = await outcome(db.query('INSERT INTO t VALUES (3)'));
      const after = await db.check();
      await db.close();
      return { rows, problems, refused: refused.code, isWritten: written.code === undefined, after: after.problems };
    });
    assert.deepEqual(seen, { rows: [{ a: 1 }], problems: [], refused: 'QUOTA', isWritten: true, after: [] });
  }));

test('opfs: a database that was made without room is no loss, and goes on when there is some', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const open = (...faults) => driftdb.Database.open('opfs://made-full', { worker: faultyWorker(...faults) });
      let db = await open('opfs-throws');
      const refused = await outcome(db.exec('CREATE TABLE t (a INT)'));
      await db.close();
      db = await open('opfs-throws');
      const { created } = db.info;
      await setFaults();
      const until = performance.now() + 10_000;
      let written = {};
      while (!written.value && performance.now() < until) written = await outcome(db.exec('CREATE TABLE t (a INT)'));
      await db.close();
      return { refused: refused.code, created, written: written.code ?? 'done' };
    });
    assert.deepEqual(seen, { refused: 'QUOTA', created: true, written: 'done' });
  }));

test('idb: a database is closed without room for more than it has', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const db = await driftdb.Database.open('idb://closed-full', { worker: faultyWorker() });
      await db.exec('CREATE TABLE t (a INT)');
      await setFaults('idb-none');
      const refused = await outcome(db.exec('INSERT INTO t VALUES (1)'));
      const closed = await Promise.race([outcome(db.close()), new Promise((resolve) => setTimeout(resolve, 20_000, { code: 'never' }))]);
      return { refused: refused.code, closed: closed.code ?? 'done' };
    });
    assert.deepEqual(seen, { refused: 'QUOTA', closed: 'done' });
  }));

test('memory forgets, and one worker serves a page', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const one = await open_('memory://x');
      const two = await driftdb.Database.open('memory://x');
      await one.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
      const shared = (await two.query('SELECT * FROM t')).rows;
      const sync = await outcome((async () => one.execSync('SELECT 1'))());
      return { shared, sync: sync.code, info: one.info.storage };
    });
    assert.deepEqual(seen, { shared: [{ a: 1 }], sync: 'UNSUPPORTED', info: 'memory' });
    await reload(page);
    assert.equal(await page.evaluate(async () => (await outcome((await open_('memory://x')).query('SELECT * FROM t'))).code), 'UNDEFINED_TABLE');
  }));

for (const scheme of ['opfs', 'idb']) {
  test(`${scheme}: a second tab is told that the database is busy, and gets it when the first lets go`, () =>
    withPage(async (page, { browser, url }) => {
      const name = `${scheme}://busy`;
      await page.evaluate(async (name) => {
        const db = await open_(name);
        await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
      }, name);
      const second = (await openPage(browser, url)).page;
      const refused = await second.evaluate((name) => outcome(driftdb.Database.open(name)), name);
      assert.equal(refused.code, 'BUSY');
      assert.match(refused.message, /another tab/);
      const deleted = await second.evaluate((name) => outcome(driftdb.Database.delete(name)), name);
      assert.equal(deleted.code, 'BUSY');
      await page.evaluate((name) => databases.get(name).query('INSERT INTO t VALUES (2)'), name);
      const waiting = second.evaluate(async (name) => (await (await open_(name)).query('SELECT count(*)::int AS n FROM t')).rows[0].n, name);
      await page.evaluate((name) => databases.get(name).close(), name);
      assert.equal(await waiting, 2);
    }));

  test(`${scheme}: a database that the browser has lost is an error, not an empty database`, () =>
    withPage(async (page) => {
      const name = `${scheme}://lost`;
      const seen = await page.evaluate(
        async (name, scheme) => {
          const db = await open_(name);
          await db.exec('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
          await db.close();
          await lose(scheme, 'lost');
          const first = await outcome(driftdb.Database.open(name));
          const again = await outcome(driftdb.Database.open(name));
          const accepted = await driftdb.Database.open(name, { acceptDataLoss: true });
          const tables = await accepted.tables();
          await accepted.exec('CREATE TABLE u (a INT)');
          await accepted.close();
          const after = await driftdb.Database.open(name);
          const later = (await after.tables()).map((table) => table.name);
          await after.close();
          return { first: first.code, again: again.code, message: first.message, tables, later };
        },
        name,
        scheme,
      );
      assert.deepEqual([seen.first, seen.again, seen.tables], ['DATA_LOSS', 'DATA_LOSS', []]);
      assert.match(seen.message, /2 commits/);
      assert.deepEqual(seen.later, ['u']);
    }));

  test(`${scheme}: a database that the browser has lost with all that the page noted is an error, one that the application deleted is new`, () =>
    withPage(async (page) => {
      const seen = await page.evaluate(async (scheme) => {
        const url = `${scheme}://witnessed`;
        const made = async (options) => {
          const opened = await outcome(driftdb.Database.open(url, options));
          if (!opened.value) return opened.code;
          const { created } = opened.value.info;
          await opened.value.exec('CREATE TABLE t (a INT)');
          await opened.value.close();
          return created;
        };
        const loseAll = async () => {
          await lose(scheme, 'witnessed');
          localStorage.clear();
        };
        const first = await made();
        await loseAll();
        const lost = [await made(), await made()];
        const accepted = await made({ acceptDataLoss: true });
        await driftdb.Database.delete(url);
        const anew = await made();
        // A database that is open is not deleted, and one that the other storage has forgotten is noted there by its next opening.
        const db = await driftdb.Database.open(url);
        const busy = (await outcome(driftdb.Database.delete(url))).code;
        await db.close();
        await loseNotes(scheme);
        await (await driftdb.Database.open(url)).close();
        await loseAll();
        return { first, lost, accepted, anew, busy, again: await made() };
      }, scheme);
      assert.deepEqual(seen, { first: true, lost: ['DATA_LOSS', 'DATA_LOSS'], accepted: true, anew: true, busy: 'BUSY', again: 'DATA_LOSS' });
    }));

  test(`${scheme}: a database of which nothing is left but what is not empty is an error as well`, () =>
    withPage(async (page) => {
      const seen = await page.evaluate(async (scheme) => {
        const url = `${scheme}://most`;
        const open = async (options) => {
          const { value, code } = await outcome(driftdb.Database.open(url, options));
          if (!value) return code;
          await value.exec('CREATE TABLE t (a INT)');
          await value.close();
          return 'made';
        };
        const first = await open();
        await loseMost(scheme, 'most');
        // By what the page noted, and by what the other storage says.
        const noted = await open();
        localStorage.clear();
        return [first, noted, await open(), await open(), await open({ acceptDataLoss: true })];
      }, scheme);
      assert.deepEqual(seen, ['made', 'DATA_LOSS', 'DATA_LOSS', 'DATA_LOSS', 'made']);
    }));

  test(`${scheme}: without room a commit fails, what was there stays, and with room again it works`, () =>
    withPage(async (page, { url }) => {
      const name = `${scheme}://full`;
      const cdp = await page.createCDPSession();
      // Before the database is opened: the browser goes by what it was told for a while.
      await cdp.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: 3_000_000 });
      await page.evaluate(async (name) => {
        const db = await open_(name);
        await db.exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)');
        await db.query('INSERT INTO t VALUES (0, $1)', ['x'.repeat(1000)]);
      }, name);
      const full = await page.evaluate(async (name) => {
        const db = databases.get(name);
        // Not a text that compresses to nothing.
        const noise = () => Array.from(crypto.getRandomValues(new Uint8Array(50_000)), (byte) => byte.toString(16)).join('');
        for (let a = 1; a < 200; a += 1) {
          const result = await outcome(db.query('INSERT INTO t VALUES ($1, $2)', [a, noise()]));
          if (result.code) return { a, code: result.code, message: result.message, rows: (await db.query('SELECT count(*)::int AS n FROM t')).rows[0].n };
        }
        return {};
      }, name);
      assert.equal(full.code, 'QUOTA', full.message);
      assert.equal(full.rows, full.a, 'what was acknowledged is there, what failed is not');
      await cdp.send('Storage.overrideQuotaForOrigin', { origin: url });
      const after = await page.evaluate(async (name, a) => {
        const db = databases.get(name);
        await db.query("INSERT INTO t VALUES ($1, 'fits')", [a]);
        const { n } = (await db.query('SELECT count(*)::int AS n FROM t')).rows[0];
        await db.close();
        const again = await driftdb.Database.open(name);
        const kept = (await again.query('SELECT count(*)::int AS n FROM t')).rows[0].n;
        await again.close();
        return [n, kept];
      }, name, full.a);
      assert.deepEqual(after, [full.rows + 1, full.rows + 1]);
    }));
}

test('auto falls back to IndexedDB where OPFS is missing, and says so', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const worker = () => new Worker('/test/browser/no-opfs-worker.js', { type: 'module' });
      const opfs = await outcome(driftdb.Database.open('opfs://x', { worker: worker() }));
      const db = await driftdb.Database.open('auto://x', { worker: worker() });
      await db.exec('CREATE TABLE t (a INT)');
      await db.close();
      const inOpfs = await driftdb.Database.open('auto://y');
      await inOpfs.exec('CREATE TABLE t (a INT)');
      await inOpfs.close();
      const hidden = await outcome(driftdb.Database.open('auto://y', { worker: worker() }));
      return { opfs: opfs.code, storage: db.info.storage, reason: db.info.reason, hidden: hidden.code };
    });
    assert.equal(seen.opfs, 'STORAGE_UNAVAILABLE');
    assert.equal(seen.storage, 'idb');
    assert.match(seen.reason, /IndexedDB, since .*no origin private file system/);
    assert.equal(seen.hidden, 'STORAGE_UNAVAILABLE', 'a database kept in OPFS is not replaced by an empty one elsewhere');
  }));

test('a worker of the page’s own takes one database after another', () =>
  withPage(async (page) => {
    const seen = await page.evaluate(async () => {
      const worker = new Worker('/dist/worker.js', { type: 'module' });
      const seen = [];
      for (const url of ['opfs://one', 'idb://two', 'memory://', 'opfs://none', 'opfs://one', 'idb://two']) {
        const again = seen.length > 3;
        const opening = driftdb.Database.open(url, { worker, create: url !== 'opfs://none' });
        const refused = await outcome(opening.then(() => {}));
        if (refused?.code) {
          seen.push(refused.code);
          continue;
        }
        const db = await opening;
        if (!again) await db.exec(`CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('${url}')`);
        seen.push((await db.query('SELECT a FROM t')).rows[0].a);
        await db.close();
      }
      worker.terminate();
      return seen;
    });
    assert.deepEqual(seen, ['opfs://one', 'idb://two', 'memory://', 'STORAGE_UNAVAILABLE', 'opfs://one', 'idb://two']);
  }));

test('`create: false` opens only what is there', () =>
  withPage(async (page) => {
    const codes = await page.evaluate(async () => {
      const codes = [];
      for (const url of ['opfs://none', 'idb://none', 'idb://none']) codes.push((await outcome(driftdb.Database.open(url, { create: false }))).code);
      return codes;
    });
    assert.deepEqual(codes, Array(3).fill('STORAGE_UNAVAILABLE'));
  }));

for (const [from, to] of [['opfs', 'idb'], ['idb', 'opfs'], ['opfs', 'opfs'], ['idb', 'idb']]) {
  test(`what is left of a damaged database in ${from} is salvaged to ${to}`, () =>
    withPage(async (page) => {
      const seen = await page.evaluate(
        async (from, to) => {
          const [old, fresh] = [`${from}://damaged`, `${to}://salvaged`];
          const db = await driftdb.Database.open(old);
          await db.exec('CREATE TABLE t (a INT PRIMARY KEY, s TEXT)');
          for (let a = 0; a < 20; a += 1) await db.query('INSERT INTO t VALUES ($1, $2)', [a, `row ${a} ${'x'.repeat(3000)}`]);
          await db.close();
          const damage = (bytes) => {
            const text = new TextDecoder('latin1').decode(bytes);
            const at = text.indexOf('row 12');
            if (at >= 0) bytes[at] ^= 1;
            return at >= 0;
          };
          if (from === 'opfs') {
            const directory = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('driftdb')).getDirectoryHandle('db-damaged');
            const file = await directory.getFileHandle('00001');
            const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
            damage(bytes);
            const writable = await file.createWritable();
            await writable.write(bytes);
            await writable.close();
          } else {
            const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
            const connection = await done(indexedDB.open('driftdb:damaged'));
            const store = () => connection.transaction('pieces', 'readwrite').objectStore('pieces');
            for (const key of await done(store().getAllKeys())) {
              const piece = await done(store().get(key));
              if (damage(piece.bytes)) await done(store().put(piece, key));
            }
            connection.close();
          }
          const refused = (await outcome(driftdb.Database.open(old))).code;
          const progress = [];
          const report = await driftdb.Database.salvage(old, fresh, { onProgress: (told) => progress.push(told) });
          const again = await driftdb.Database.open(fresh);
          const { rows } = await again.query('SELECT count(*)::int AS n FROM t');
          const past = (await again.asOf({ seq: 5 }).query('SELECT count(*)::int AS n FROM t')).rows;
          const { problems } = await again.check();
          await again.query("INSERT INTO t VALUES (100, 'new')");
          await again.close();
          return { refused, commits: report.commits, lost: report.lost, rows, past, problems, told: progress.length > 1 };
        },
        from,
        to,
      );
      assert.deepEqual(seen, { refused: 'CORRUPT', commits: 13, lost: 8, rows: [{ n: 12 }], past: [{ n: 5 }], problems: [], told: true });
    }));
}
