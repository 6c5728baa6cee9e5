// What several engines share: ways to fill a table, and how parameters are written. `row(i)` makes the values of the i-th of `count` rows.

const TUPLES = 1000;
const BOUND_ROWS = 50;

/** One INSERT with many tuples in its text after another, in one transaction. */
export async function loadByText(db, table, columns, count, row) {
  await db.exec('BEGIN');
  for (let start = 0; start < count; start += TUPLES) {
    const tuples = [];
    for (let place = start; place < Math.min(start + TUPLES, count); place += 1) tuples.push(`(${row(place).map(literal).join(',')})`);
    await db.exec(`INSERT INTO ${table} VALUES ${tuples.join(',')}`);
  }
  await db.exec('COMMIT');
}

/** A prepared INSERT of 50 rows after another, in one transaction: the fastest way into the SQLites. */
export async function loadByParameters(db, table, columns, count, row) {
  const width = Object.keys(columns).length;
  const insert = (rows) =>
    db.prepare(`INSERT INTO ${table} VALUES ${Array.from({ length: rows }, (_, place) => `(${Array.from({ length: width }, (_, column) => `$${place * width + column + 1}`).join(',')})`).join(',')}`);
  await db.exec('BEGIN');
  const many = await insert(BOUND_ROWS);
  const whole = count - (count % BOUND_ROWS);
  for (let start = 0; start < whole; start += BOUND_ROWS) {
    const values = [];
    for (let place = start; place < start + BOUND_ROWS; place += 1) values.push(...row(place));
    const done = many.run(values);
    if (done instanceof Promise) await done;
  }
  await many.close();
  if (whole < count) {
    const one = await insert(1);
    for (let place = whole; place < count; place += 1) await one.run(row(place));
    await one.close();
  }
  await db.exec('COMMIT');
}

/** SQLite's numbered parameters: `$1` is a name to it, and the first one that it meets gets the first value. */
export function numbered(sql) {
  return sql.replace(/\$(\d+)/g, '?$1');
}

export function literal(value) {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
