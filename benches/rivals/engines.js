// The engines that are measured, in the order of the tables. What a user of each would write to open it is in `adapters/`.
//
// `durability` says what a commit has waited for when its call is done: 'none' in memory, 'strict' a flush, 'relaxed' a write
// that a flush follows. Only engines that promise the same are compared where writes are.

const rivals = '/benches/rivals/node_modules';

export const ENGINES = [
  ...driftdb('driftdb', 'synchronous calls', { worker: false }),
  ...driftdb('driftdb-awaited', 'awaited calls', { worker: false, awaited: true }),
  ...driftdb('driftdb-worker', 'in its own worker', { worker: true, awaited: true }),

  { id: 'sqlite', name: 'sqlite-wasm', storage: 'memory', durability: 'none', ...sqlite('@sqlite.org/sqlite-wasm', 'dist/index.mjs', { vfs: 'memory' }) },
  { id: 'sqlite-sahpool', name: 'sqlite-wasm, SAHPool', storage: 'opfs', durability: 'strict', ...sqlite('@sqlite.org/sqlite-wasm', 'dist/index.mjs', { vfs: 'sahpool' }) },
  { id: 'sqlite-sahpool-wal', name: 'sqlite-wasm, SAHPool, WAL', storage: 'opfs', durability: 'relaxed', ...sqlite('@sqlite.org/sqlite-wasm', 'dist/index.mjs', { vfs: 'sahpool', wal: true }) },
  { id: 'sqljs', name: 'sql.js', storage: 'memory', durability: 'none', adapter: 'sqljs', package: 'sql.js', options: {} },
  { id: 'wa-sqlite-opfs', name: 'wa-sqlite, AccessHandlePoolVFS', storage: 'opfs', durability: 'strict', ...waSqlite('wa-sqlite.mjs', 'AccessHandlePoolVFS') },
  { id: 'wa-sqlite-idb', name: 'wa-sqlite, IDBBatchAtomicVFS', storage: 'idb', durability: 'strict', ...waSqlite('wa-sqlite-async.mjs', 'IDBBatchAtomicVFS') },
  { id: 'pglite', name: 'PGlite', storage: 'memory', durability: 'none', ...pglite('memory://') },
  { id: 'pglite-opfs', name: 'PGlite', storage: 'opfs', durability: 'strict', ...pglite('opfs-ahp://bench') },
  { id: 'pglite-idb', name: 'PGlite', storage: 'idb', durability: 'strict', ...pglite('idb://bench') },
  { id: 'duckdb', name: 'DuckDB-wasm', storage: 'memory', durability: 'none', adapter: 'duckdb', package: '@duckdb/duckdb-wasm', options: {} },
  { id: 'turso', name: 'Turso', storage: 'memory', durability: 'none', ...turso(':memory:') },
  { id: 'turso-opfs', name: 'Turso', storage: 'opfs', durability: 'strict', ...turso('bench.db') },
  { id: 'doltlite', name: 'DoltLite', storage: 'memory', durability: 'none', ...sqlite('@dolthub/doltlite-wasm', 'sqlite3.mjs', { vfs: 'memory' }) },
];

/** Every storage of ours, called in one way. */
function driftdb(id, calls, options) {
  const engine = (suffix, storage, durability, url, more = {}) => ({
    id: `${id}${suffix}`,
    name: `driftdb, ${calls}`,
    storage,
    durability,
    adapter: 'driftdb',
    ours: true,
    options: { url, ...options, ...more },
  });
  return [
    engine('', 'memory', 'none', 'memory://'),
    engine('-opfs', 'opfs', 'strict', 'opfs://bench'),
    engine('-opfs-relaxed', 'opfs', 'relaxed', 'opfs://bench', { durability: 'relaxed' }),
    // IndexedDB answers later, so there are no synchronous calls over it.
    ...(options.awaited ? [engine('-idb', 'idb', 'strict', 'idb://bench')] : []),
  ];
}

function sqlite(name, file, options) {
  return { adapter: 'sqlite', package: name, options: { module: `${rivals}/${name}/${file}`, ...options } };
}

function waSqlite(file, vfs) {
  const name = '@journeyapps/wa-sqlite';
  return { adapter: 'wa-sqlite', package: name, options: { module: `${rivals}/${name}/dist/${file}`, vfs, vfsModule: `${rivals}/${name}/src/examples/${vfs}.js` } };
}

function pglite(url) {
  return { adapter: 'pglite', package: '@electric-sql/pglite', options: { url } };
}

function turso(path) {
  return { adapter: 'turso', package: '@tursodatabase/database-wasm', options: { path } };
}
