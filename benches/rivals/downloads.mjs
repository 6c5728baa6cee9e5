// What a first visit downloads, file by file: its JavaScript minified, as a bundler does it, and all as a server sends it with gzip and brotli at
// their best. What was compressed before is remembered, since DuckDB's 34 MB take more than a minute.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { transform } from 'esbuild';

const REMEMBERED = 'target/rivals/sizes.json';
/** The rest is of the benchmark itself. */
const OF_ENGINES = /^(pkg\/dist|target\/rivals|benches\/rivals\/node_modules)\//;

/** `{ engine: { raw, gzip, brotli, files } }` for the paths that the visits of each engine asked for. */
export async function downloads(asked) {
  const remembered = JSON.parse(await readFile(REMEMBERED, 'utf8').catch(() => '{}'));
  const found = {};
  for (const [engine, paths] of asked) {
    const files = [];
    for (const path of [...paths].filter((path) => OF_ENGINES.test(path)).toSorted()) {
      const { mtimeMs, size } = await stat(path);
      const key = `${path} ${size} ${mtimeMs}`;
      remembered[key] ??= await sizes(path);
      files.push({ file: basename(path), ...remembered[key] });
    }
    const sum = (of) => files.reduce((total, file) => total + file[of], 0);
    found[engine] = { raw: sum('raw'), gzip: sum('gzip'), brotli: sum('brotli'), files };
  }
  await writeFile(REMEMBERED, JSON.stringify(remembered));
  return found;
}

async function sizes(path) {
  const content = /\.m?js$/.test(path) ? await minified(path) : await readFile(path);
  const small = await promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
  return { raw: content.length, gzip: (await promisify(gzip)(content, { level: 9 })).length, brotli: small.length };
}

async function minified(path) {
  const { code } = await transform(await readFile(path, 'utf8'), { minify: true, legalComments: 'none', logLevel: 'silent' });
  return Buffer.from(code);
}
