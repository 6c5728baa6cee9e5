// DuckDB-wasm in the worker that it comes with, one thread.

import * as duckdb from '/target/rivals/duckdb.js';

export const dialect = 'duckdb';

const files = new URL('/benches/rivals/node_modules/@duckdb/duckdb-wasm/dist/', import.meta.url).href;

export async function open() {
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker(`${files}duckdb-browser-eh.worker.js`));
  await db.instantiate(`${files}duckdb-eh.wasm`);
  await db.open({ path: ':memory:', query: { castBigIntToDouble: true, castDecimalToDouble: true } });
  return new Connection(db, await db.connect());
}

class Connection {
  constructor(db, connection) {
    this.db = db;
    this.connection = connection;
  }

  async exec(sql) {
    await this.connection.query(sql);
  }

  async query(sql, params) {
    if (!params?.length) return objects(await this.connection.query(sql));
    const statement = await this.prepare(sql);
    const rows = await statement.all(params);
    await statement.close();
    return rows;
  }

  async prepare(sql) {
    return new Statement(await this.connection.prepare(sql));
  }

  /** From Arrow, its fastest way. */
  async load(table, columns, count, row) {
    const names = Object.keys(columns);
    const values = names.map(() => new Array(count));
    for (let place = 0; place < count; place += 1) row(place).forEach((value, column) => (values[column][place] = value));
    const vectors = Object.fromEntries(names.map((name, column) => [name, duckdb.vectorFromArray(values[column], arrowType(columns[name]))]));
    await this.connection.insertArrowTable(new duckdb.Table(vectors), { name: 'of_arrow', create: true });
    await this.exec(`INSERT INTO ${table} SELECT * FROM of_arrow; DROP TABLE of_arrow`);
  }

  /** It is in memory. */
  stored() {}

  async close() {
    await this.connection.close();
    await this.db.terminate();
  }
}

class Statement {
  constructor(statement) {
    this.statement = statement;
  }

  async run(params) {
    await this.statement.query(...params);
  }

  async all(params) {
    return objects(await this.statement.query(...params));
  }

  async get(params) {
    return (await this.all(params))[0];
  }

  close() {
    return this.statement.close();
  }
}

/** Rows as objects, made column by column. */
function objects(table) {
  const columns = table.schema.fields.map(({ name }, index) => ({ name, vector: table.getChildAt(index) }));
  const values = columns.map(({ vector }) => valuesOf(vector));
  const rows = new Array(table.numRows);
  for (let place = 0; place < rows.length; place += 1) {
    const row = {};
    for (let index = 0; index < columns.length; index += 1) row[columns[index].name] = values[index][place];
    rows[place] = row;
  }
  return rows;
}

/** Numbers lie in an array as they are; Arrow gives a date as its milliseconds. */
function valuesOf(vector) {
  const { typeId } = vector.type;
  if (typeId === duckdb.Type.Date) return Array.from(vector, (value) => value && new Date(Number(value)));
  return vector.nullCount === 0 && typeId !== duckdb.Type.Utf8 ? vector.toArray() : vector.toJSON();
}

function arrowType(type) {
  if (/^(INTEGER|INT)/.test(type)) return new duckdb.Int32();
  if (/^(DOUBLE|DECIMAL)/.test(type)) return new duckdb.Float64();
  return new duckdb.Utf8();
}
