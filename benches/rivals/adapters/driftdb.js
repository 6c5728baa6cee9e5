// driftdb through the published package: on this thread with synchronous or awaited calls, or in the worker that it starts.

import { Database } from '/pkg/dist/index.js';
import { loadByText } from './shared.js';

export const dialect = 'postgres';

export async function open({ url, worker, awaited = false, durability = 'strict' }) {
  const db = await Database.open(url, { worker, durability });
  return awaited ? new Awaited(db) : new Direct(db);
}

/** What does not depend on how calls are made. */
class Connection {
  constructor(db) {
    this.db = db;
  }

  load(table, columns, count, row) {
    return loadByText(this, table, columns, count, row);
  }

  /** Bytes on storage when there is nothing left to put away; undefined for one in memory. */
  async stored() {
    if (this.db.info.storage === 'memory') return undefined;
    await this.db.compact();
    return (await this.db.stats()).storage.bytes;
  }

  close() {
    return this.db.close();
  }
}

class Direct extends Connection {
  exec(sql) {
    this.db.execSync(sql);
  }

  query(sql, params) {
    return this.db.querySync(sql, params).rows;
  }

  prepare(sql) {
    return this.db.prepareSync(sql);
  }
}

class Awaited extends Connection {
  async exec(sql) {
    await this.db.exec(sql);
  }

  async query(sql, params) {
    return (await this.db.query(sql, params)).rows;
  }

  prepare(sql) {
    return this.db.prepare(sql);
  }
}
