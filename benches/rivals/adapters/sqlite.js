// SQLite's own build for the browser, and DoltLite, which is one of its descendants: the same calls. Scripts go through
// `sqlite3_exec`, since `DB.exec` cuts each statement out of the text anew.

import { loadByParameters, numbered } from './shared.js';

export const dialect = 'sqlite';

export async function open({ module, vfs, wal = false }) {
  const { default: init } = await import(module);
  const sqlite3 = await init({ print: () => {}, printErr: () => {} });
  if (vfs === 'memory') return new Connection(sqlite3, new sqlite3.oo1.DB(':memory:'));
  const pool = await sqlite3.installOpfsSAHPoolVfs({ name: 'bench' });
  const connection = new Connection(sqlite3, new pool.OpfsSAHPoolDb('/bench.db'));
  if (wal) connection.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
  return connection;
}

class Connection {
  constructor({ capi }, db) {
    this.capi = capi;
    this.db = db;
  }

  exec(sql) {
    const { capi, db } = this;
    if (capi.sqlite3_exec(db.pointer, sql, 0, 0, 0) !== 0) throw new Error(capi.sqlite3_errmsg(db.pointer));
  }

  query(sql, params) {
    return this.db.exec({ sql: numbered(sql), bind: params?.length ? params : undefined, rowMode: 'object', returnValue: 'resultRows' });
  }

  prepare(sql) {
    return new Statement(this.db.prepare(numbered(sql)));
  }

  load(table, columns, count, row) {
    return loadByParameters(this, table, columns, count, row);
  }

  stored() {
    this.exec('VACUUM');
    return this.db.selectValue('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
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
    this.statement.bind(params).stepReset();
  }

  get(params) {
    const { statement } = this;
    statement.bind(params);
    const row = statement.step() ? statement.get({}) : undefined;
    statement.reset();
    return row;
  }

  close() {
    this.statement.finalize();
  }
}
