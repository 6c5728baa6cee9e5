// What an application waits for a single statement with parameters: a row of 20 bytes, 1 KB and 10 KB inserted, read, changed and deleted by
// its key, each awaited before the next. Figures are the middle one and the one that 5 in 100 exceed.

const SIZES = { '20 B': 20, '1 KB': 1024, '10 KB': 10_240 };
const TRIPS = 300;
/** Where calls are slow, as many as fit, but at least this many. */
const LIMIT_MS = 1500;
const TRIPS_MIN = 21;

async function trips(bench) {
  const db = await bench.open();
  await db.exec('CREATE TABLE r (id INTEGER PRIMARY KEY, body TEXT)');
  const insert = (id, body) => db.query('INSERT INTO r VALUES ($1, $2)', [id, body]);
  let first = 1;
  for (const [size, bytes] of Object.entries(SIZES)) {
    const body = (letter, id) => letter.repeat(bytes - 8) + String(id).padStart(8, '0');
    const count = await percentiles(bench, `insert ${size}`, (place) => insert(first + place, body('a', place)));
    const base = first;
    const read = [];
    await percentiles(bench, `select ${size}`, async (place) => {
      const rows = await db.query('SELECT id, body FROM r WHERE id = $1', [base + (place % count)]);
      if (place < TRIPS_MIN) read.push(rows[0].id - base, rows[0].body.length, rows[0].body.slice(-8));
    });
    bench.check(`read ${size}`, read.slice(0, 3 * TRIPS_MIN));
    await percentiles(bench, `update ${size}`, (place) => db.query('UPDATE r SET body = $2 WHERE id = $1', [base + (place % count), body('b', place)]));
    const changed = await db.query('SELECT body FROM r WHERE id >= $1 AND id < $2 ORDER BY id', [base, base + TRIPS_MIN]);
    bench.check(
      `changed ${size}`,
      changed.map(({ body }) => body.slice(-9)),
    );
    // As many as there are; the last ones stay to be compared.
    const gone = await percentiles(bench, `delete ${size}`, (place) => db.query('DELETE FROM r WHERE id = $1', [base + place]), count);
    bench.check(`left of ${size}`, Number((await db.query(`SELECT count(*) AS n FROM r WHERE id >= ${base}`))[0].n) === count - gone);
    first += count;
  }
  await db.close();
}

async function percentiles(bench, name, call, trips = TRIPS) {
  const times = [];
  const start = performance.now();
  try {
    while (times.length < trips && (times.length < TRIPS_MIN || performance.now() - start < LIMIT_MS)) {
      const before = performance.now();
      await call(times.length);
      times.push(performance.now() - before);
    }
  } catch (error) {
    bench.figure(name, { failed: String(error?.message ?? error) });
    return times.length;
  }
  const sorted = times.toSorted((a, b) => a - b);
  bench.figure(`${name} p50`, sorted[Math.floor(sorted.length * 0.5)]);
  bench.figure(`${name} p95`, sorted[Math.floor(sorted.length * 0.95)]);
  return times.length;
}

export const visits = [trips];
