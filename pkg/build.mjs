// Builds the package into dist/ from src/ and the engine in wasm/, checks the size of what a page downloads, and writes
// the declarations.

import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const BROTLI_BYTES_MAX = 950_000;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(await readFile(here('package.json'), 'utf8'));

/**
 * wasm-bindgen's code keeps its instance in the variables of its module. Each database has an instance of its own, which
 * can be thrown away, so the module becomes the body of a function.
 */
const glue = {
  name: 'glue',
  setup(build) {
    build.onResolve({ filter: /^#glue$/ }, () => ({ path: 'glue', namespace: 'glue' }));
    build.onLoad({ filter: /.*/, namespace: 'glue' }, async () => {
      const { code } = await esbuild.transform(await readFile(here('wasm/driftdb.js'), 'utf8'), {
        format: 'cjs',
        define: { 'import.meta.url': '""' },
        logOverride: { 'empty-import-meta': 'silent' },
      });
      return { contents: `export function createGlue() { const module = { exports: {} }; ${code}\nreturn module.exports; }` };
    });
  },
};

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'));
await copyFile(here('wasm/driftdb_bg.wasm'), here('dist/driftdb.wasm'));

const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: false,
  legalComments: 'none',
  define: { PACKAGE_VERSION: JSON.stringify(version) },
  plugins: [glue],
  outdir: here('dist'),
  logLevel: 'warning',
};
// Beside each file lies its map, which a browser loads for a stack trace when its tools are open.
const download = { minify: true, sourcemap: 'linked' };
// What both sides have is a file of its own, so that it is downloaded once.
await esbuild.build({
  ...common,
  ...download,
  entryPoints: [here('src/index.ts'), here('src/worker.ts')],
  splitting: true,
  chunkNames: 'shared',
  platform: 'browser',
});
await esbuild.build({ ...common, entryPoints: [here('src/node.ts')], platform: 'node' });
execFileSync(process.execPath, [here('node_modules/typescript/bin/tsc')], { cwd: here('.'), stdio: 'inherit' });

const sizes = ['driftdb.wasm', 'index.js', 'worker.js', 'shared.js'].map((file) => {
  const content = readFileSync(here(`dist/${file}`));
  return { file, bytes: content.length, brotli: brotliCompressSync(content).length };
});
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
for (const { file, bytes, brotli } of sizes) console.log(`pkg/dist/${file}: ${kilobytes(bytes)}, ${kilobytes(brotli)} brotli`);
const total = sizes.reduce((sum, { brotli }) => sum + brotli, 0);
console.log(`pkg/dist in all: ${kilobytes(total)} brotli of ${kilobytes(BROTLI_BYTES_MAX)} allowed`);
if (total > BROTLI_BYTES_MAX) {
  console.error('the package is larger than it may be');
  process.exitCode = 1;
}
