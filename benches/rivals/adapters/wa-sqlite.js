// wa-sqlite with one of the file systems that come with it. Every call is asynchronous, also where the file system is not.

import * as SQLite from '/benches/rivals/node_modules/@journeyapps/wa-sqlite/src/sqlite-api.js';
import { loadByParameters, numbered } from './shared.js';

export const dialect = 'sqlite';

export async function open({ module, vfs, vfsModule }) {
  const { default: create } = await import(module);
  const { [vfs]: VFS } = await import(vfsModule);
  const instance = await create();
  const sqlite3 = SQLite.Factory(instance);
  sqlite3.vfs_register(await VFS.create('bench', instance), true);
  return new Connection(sqlite3, await sqlite3.open_v2('bench.db'));
}

class Connection {
  constructor(sqlite3, db) {
    this.sqlite3 = sqlite3;
    this.db = db;
  }

  exec(sql) {
    return this.sqlite3.exec(this.db, sql);
  }

  async query(sql, params = []) {
    const { sqlite3, db } = this;
    const rows = [];
    for await (const handle of sqlite3.statements(db, numbered(sql))) {
      sqlite3.bind_collection(handle, params);
      const names = sqlite3.column_names(handle);
      while ((await sqlite3.step(handle)) === SQLite.SQLITE_ROW) rows.push(object(names, sqlite3.row(handle)));
    }
    return rows;
  }

  async prepare(sql) {
    const statements = this.sqlite3.statements(this.db, numbered(sql));
    return new Statement(this.sqlite3, statements, (await statements.next()).value);
  }

  load(table, columns, count, row) {
    return loadByParameters(this, table, columns, count, row);
  }

  async stored() {
    await this.exec('VACUUM');
    const [{ bytes }] = await this.query('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size');
    return bytes;
  }

  close() {
    return this.sqlite3.close(this.db);
  }
}

class Statement {
  constructor(sqlite3, statements, handle) {
    this.sqlite3 = sqlite3;
    this.statements = statements;
    this.handle = handle;
    this.names = sqlite3.column_names(handle);
  }

  async run(params) {
    const { sqlite3, handle } = this;
    sqlite3.bind_collection(handle, params);
    await sqlite3.step(handle);
    await sqlite3.reset(handle);
  }

  async get(params) {
    const { sqlite3, handle, names } = this;
    sqlite3.bind_collection(handle, params);
    const row = (await sqlite3.step(handle)) === SQLite.SQLITE_ROW ? object(names, sqlite3.row(handle)) : undefined;
    await sqlite3.reset(handle);
    return row;
  }

  async close() {
    await this.statements.return();
  }
}

function object(names, values) {
  const row = {};
  for (let index = 0; index < names.length; index += 1) row[names[index]] = values[index];
  return row;
}
