// Turso's rewrite of SQLite. It needs a page that is isolated from other origins.

import { connect } from '/target/rivals/turso/index.js';
import { loadByParameters, numbered } from './shared.js';

export const dialect = 'sqlite';

export async function open({ path }) {
  return new Connection(await connect(path));
}

class Connection {
  constructor(db) {
    this.db = db;
  }

  async exec(sql) {
    await this.db.exec(sql);
  }

  async query(sql, params = []) {
    const statement = await this.db.prepare(numbered(sql));
    const rows = await statement.all(...params);
    statement.close();
    return rows;
  }

  async prepare(sql) {
    const statement = await this.db.prepare(numbered(sql));
    return {
      run: (params) => statement.run(...params),
      get: (params) => statement.get(...params),
      close: () => statement.close(),
    };
  }

  load(table, columns, count, row) {
    return loadByParameters(this, table, columns, count, row);
  }

  async stored() {
    const [{ page_count: pages }] = await this.query('PRAGMA page_count');
    const [{ page_size: size }] = await this.query('PRAGMA page_size');
    return pages * size;
  }

  close() {
    return this.db.close();
  }
}
