// The kernels' loops are vectorised: the built wasm, with the names that the compiler gave, holds SIMD arithmetic in them.
// Whether it does depends on the level of optimisation, and nothing else would tell.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const wasm = join(target, 'wasm32-unknown-unknown/wasm/driftdb_engine.wasm');

/** What a loop over each kernel's vectors must be made of. */
const KERNELS = {
  'kernel::aggregate::sum_i64': /\bi64x2\.add\b/,
  'kernel::positions::are_greater': /\bi32x4\.gt_s\b/,
  'kernel::compare::constant': /\b(i64x2|f64x2)\.(lt|gt|le|ge|eq|ne)(_s)?\b/,
  'kernel::arithmetic::each': /\b(i64x2|f64x2)\.(add|sub|mul)\b/,
};

/** The text of each function, by its mangled name. */
function functions() {
  const wat = execFileSync(join(root, 'scripts/node_modules/.bin/wasm-dis'), [wasm], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  return wat.split('\n (func ').slice(1).map((text) => [text.slice(0, text.indexOf(' ')), text]);
}

const all = functions();

for (const [name, arithmetic] of Object.entries(KERNELS)) {
  test(`${name} calculates by vectors`, () => {
    const mangled = name.split('::').map((part) => `${part.length}${part}`).join('');
    const found = all.filter(([function_]) => function_.includes(mangled));
    assert.notEqual(found.length, 0, 'the wasm has no such function');
    assert.ok(found.some(([, text]) => arithmetic.test(text)), `no ${arithmetic.source} in it`);
  });
}
