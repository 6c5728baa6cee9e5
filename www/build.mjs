// Builds the page into dist/: the scripts and styles bundled, the package copied as it is published, fonts and data beside
// them. The result is plain files with relative addresses; any web server will do, in any directory.

import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'dist');
const modules = join(here, 'node_modules');

/** The package stays what a user of it gets: its own files, found relative to each other, beside the page's. */
const besidePage = {
  name: 'package beside the page',
  setup: (bundler) =>
    bundler.onResolve({ filter: /^driftdb-wasm$/ }, () => ({ path: './driftdb/index.js', external: true })),
};

const FONTS = [
  ['inter', 'inter-latin-wght-normal.woff2'],
  ['jetbrains-mono', 'jetbrains-mono-latin-wght-normal.woff2'],
  ['newsreader', 'newsreader-latin-wght-normal.woff2'],
];

await rm(out, { recursive: true, force: true });
await mkdir(join(out, 'fonts'), { recursive: true });

const shared = { absWorkingDir: here, bundle: true, minify: true, logLevel: 'warning', legalComments: 'none' };
await Promise.all([
  build({
    ...shared,
    entryPoints: { main: 'src/main.ts' },
    outdir: out,
    format: 'esm',
    target: 'es2022',
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [besidePage],
  }),
  build({
    ...shared,
    entryPoints: { main: 'src/style/main.css', bench: 'bench/bench.css' },
    outdir: out,
    external: ['fonts/*'],
    target: ['chrome111', 'firefox113', 'safari16.4'],
  }),
  cp(join(here, '../pkg/dist'), join(out, 'driftdb'), {
    recursive: true,
    filter: (file) => !/(^|\/)types(\/|$)|\.d\.ts$|node\.js$/.test(file.slice(join(here, '../pkg/dist').length)),
  }),
  cp(join(here, 'data'), join(out, 'data'), { recursive: true }),
  cp(join(here, 'icon.svg'), join(out, 'icon.svg')),
  // The page of the charts, with the figures once they are published.
  cp(join(here, 'bench'), join(out, 'bench'), { recursive: true, filter: (file) => !/\.(mjs|css)$/.test(file) }),
  ...FONTS.map(([family, file]) =>
    cp(join(modules, `@fontsource-variable/${family}/files`, file), join(out, 'fonts', `${family}.woff2`)),
  ),
  ...FONTS.map(([family]) =>
    cp(join(modules, `@fontsource-variable/${family}/LICENSE`), join(out, 'fonts', `${family}.LICENSE.txt`)),
  ),
]);

// The first script is part of the page, which lets it run before anything else has come; its hash makes it the only one in
// the page that the page's policy allows.
const { outputFiles } = await build({ ...shared, entryPoints: ['src/early.ts'], write: false, format: 'iife', target: 'es2022' });
const early = outputFiles[0].text.trim();
const hash = `'sha256-${createHash('sha256').update(early).digest('base64')}'`;
const shell = await readFile(join(here, 'index.html'), 'utf8');
const page = shell
  .replace("script-src 'self'", (directive) => `${directive} ${hash}`)
  .replace('<script src="early.js"></script>', () => `<script>${early}</script>`);
await writeFile(join(out, 'index.html'), page);
