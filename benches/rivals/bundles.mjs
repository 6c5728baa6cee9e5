// Three rivals are published for bundlers: they are bundled, minified, as an application's build would do it.

import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const out = join(root, 'target/rivals');
const turso = join(here, 'node_modules/@tursodatabase/database-wasm/dist');

const shared = { absWorkingDir: here, bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'error', legalComments: 'none' };

/** Writes them to target/rivals. */
export async function bundle() {
  await mkdir(join(out, 'turso'), { recursive: true });
  await build({ ...shared, stdin: source("export { default } from 'sql.js'"), outfile: join(out, 'sqljs.js'), external: ['fs', 'path', 'crypto'] });
  await build({
    ...shared,
    stdin: source("export { AsyncDuckDB, VoidLogger } from '@duckdb/duckdb-wasm'; export { Float64, Int32, Table, Type, Utf8, vectorFromArray } from 'apache-arrow'"),
    outfile: join(out, 'duckdb.js'),
  });
  await build({ ...shared, entryPoints: { index: join(turso, 'promise-default.js'), worker: join(turso, 'worker.js') }, outdir: join(out, 'turso') });
  await copyFile(join(turso, 'turso.wasm32-wasi.wasm'), join(out, 'turso/turso.wasm32-wasi.wasm'));
}

function source(contents) {
  return { contents, resolveDir: here };
}
