// The package against its own promises: error codes, exports, what is packed, what it weighs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import * as driftdb from 'driftdb-wasm';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the types know every code that the engine can raise', () => {
  const engine = [...read('../../values/src/error.rs').matchAll(/^\s+[A-Z]\w* "([A-Z_]+)" "[0-9A-Z]{5}",$/gm)].map(([, code]) => code);
  const contract = new Set([...read('../src/types/errors.ts').matchAll(/^  \| '([A-Z_]+)'/gm)].map(([, code]) => code));
  assert.ok(engine.length > 50);
  assert.deepEqual(engine.filter((code) => !contract.has(code)), []);
});

test('the exports are these and no others', () => {
  assert.deepEqual(Object.keys(driftdb).sort(), ['Database', 'DatabaseError', 'types']);
});

test('the package has no dependencies, no scripts at install, and packs only what it needs', () => {
  const manifest = JSON.parse(read('../package.json'));
  assert.equal(manifest.dependencies, undefined);
  for (const script of ['install', 'preinstall', 'postinstall', 'prepare']) assert.equal(manifest.scripts[script], undefined);
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  const [{ files }] = Array.isArray(packed) ? packed : Object.values(packed);
  const names = files.map(({ path }) => path).filter((path) => !path.startsWith('dist/types/'));
  const scripts = ['index', 'shared', 'worker'].flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]);
  assert.deepEqual(names.sort(), ['LICENSE', 'README.md', 'dist/driftdb.wasm', 'dist/node.js', ...scripts, 'package.json'].sort());
});

test('no code is made from text at run time', () => {
  for (const file of ['index.js', 'worker.js', 'shared.js', 'node.js']) {
    assert.doesNotMatch(read(`../dist/${file}`), /\beval\(|new Function\(|[^.\w]Function\(/, file);
  }
});

test('a page downloads at most 950 kB', () => {
  const total = ['driftdb.wasm', 'index.js', 'worker.js', 'shared.js']
    .map((file) => brotliCompressSync(readFileSync(new URL(`../dist/${file}`, import.meta.url))).length)
    .reduce((sum, bytes) => sum + bytes);
  assert.ok(total <= 950_000, `${total} bytes`);
});
