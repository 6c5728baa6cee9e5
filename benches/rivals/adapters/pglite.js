// PGlite: PostgreSQL in WebAssembly. It has no prepared statements; what its users write instead is a query with parameters.

import { PGlite } from '/benches/rivals/node_modules/@electric-sql/pglite/dist/index.js';
import { literal } from './shared.js';

export const dialect = 'postgres';

export async function open({ url }) {
  return new Connection(await PGlite.create(url));
}

class Connection {
  constructor(db) {
    this.db = db;
  }

  async exec(sql) {
    await this.db.exec(sql);
  }

  async query(sql, params) {
    return (await this.db.query(sql, params)).rows;
  }

  prepare(sql) {
    const { db } = this;
    return {
      run: (params) => db.query(sql, params),
      get: async (params) => (await db.query(sql, params)).rows[0],
      close: () => {},
    };
  }

  /** By COPY, its fastest way. */
  async load(table, columns, count, row) {
    const lines = [];
    for (let place = 0; place < count; place += 1) lines.push(row(place).map(field).join(','));
    await this.db.query(`COPY ${table} FROM '/dev/blob' WITH (FORMAT csv)`, [], { blob: new Blob([lines.join('\n')]) });
  }

  async stored() {
    await this.exec('VACUUM FULL');
    return (await this.query('SELECT pg_database_size(current_database()) AS bytes'))[0].bytes;
  }

  close() {
    return this.db.close();
  }
}

/** A value in a line of CSV. */
function field(value) {
  return value === null ? '' : typeof value === 'number' ? literal(value) : `"${value.replaceAll('"', '""')}"`;
}
