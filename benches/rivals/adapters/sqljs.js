// sql.js: SQLite in memory, with calls of its own.

import initSqlJs from '/target/rivals/sqljs.js';
import { loadByParameters, numbered } from './shared.js';

export const dialect = 'sqlite';

export async function open() {
  const SQL = await initSqlJs({ locateFile: (file) => `/benches/rivals/node_modules/sql.js/dist/${file}` });
  return new Connection(new SQL.Database());
}

class Connection {
  constructor(db) {
    this.db = db;
  }

  exec(sql) {
    this.db.run(sql);
  }

  query(sql, params) {
    const statement = this.db.prepare(numbered(sql));
    if (params?.length) statement.bind(params);
    const rows = [];
    while (statement.step()) rows.push(statement.getAsObject());
    statement.free();
    return rows;
  }

  prepare(sql) {
    return new Statement(this.db.prepare(numbered(sql)));
  }

  load(table, columns, count, row) {
    return loadByParameters(this, table, columns, count, row);
  }

  stored() {
    this.exec('VACUUM');
    return this.db.export().length;
  }

  close() {
    this.db.close();
  }
}

class Statement {
  constructor(statement) {
    this.statement = statement;
  }

  run(params) {
    this.statement.run(params);
  }

  get(params) {
    const { statement } = this;
    statement.bind(params);
    const row = statement.step() ? statement.getAsObject() : undefined;
    statement.reset();
    return row;
  }

  close() {
    this.statement.free();
  }
}
