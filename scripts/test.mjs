// Runs every check and every test, as `make test` and CI do, prints what each took, and ends with the plain count
// `N passed, N failed` over all runners. Later steps run even when an earlier one fails; any failure fails the whole.
//
// Two lanes run beside each other, each in its order: what the compilers do with the engine's source, and what is tested of
// the package and the page once they are built. What is left over is for the lane that ends first. What the tests need and the
// compilers do not (browsers, servers) is installed meanwhile. A step's output is printed when it has ended.
//
//   node scripts/test.mjs            everything
//   node scripts/test.mjs clippy …   the steps whose names contain one of the words

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const minutes = 60_000;

// ---- the steps ------------------------------------------------------------------------------------------------------

const wasm = '--target wasm32-unknown-unknown';

/** A `script` of the package in `directory`, as a step. */
function npm(name, directory, script) {
  return { name, run: `npm --prefix ${directory} run --silent ${script}`, counted: true, installed: true };
}

/** Before steps that are `installed`. */
const setUp = { name: 'set-up', run: 'scripts/setup.sh' };

const engine = [
  { name: 'format', run: 'cargo fmt --all --check' },
  { name: 'clippy', run: 'cargo clippy --quiet --workspace --all-targets -- -D warnings' },
  {
    // The engine and its package as what these two depend on: in one call, so that each is checked once.
    name: 'clippy for wasm',
    run: `cargo clippy --quiet ${wasm} --package driftdb-engine --package driftdb-wasm-tests --all-targets -- -D warnings`,
  },
  { name: 'doc', run: 'cargo doc --quiet --no-deps --package driftdb-wasm --package driftdb-values', env: { RUSTDOCFLAGS: '-D warnings' } },
  { name: 'native tests', run: 'cargo test --quiet --package driftdb-wasm --package driftdb-values', counted: true, installed: true },
];

const built = [
  { name: 'build', run: 'scripts/build.sh' },
  { name: 'kernels', run: 'node --test scripts/kernels.test.mjs', counted: true },
  npm('browser harness', 'tests/browser', 'test'),
  npm('package in Node', 'pkg', 'test'),
  npm('package in Chromium', 'pkg', 'test:browser'),
  npm('package in Firefox', 'pkg', 'test:firefox'),
  npm('page in Chromium', 'www', 'test'),
  npm('page in Firefox', 'www', 'test:firefox'),
];

const leftOver = [
  {
    name: 'wasm tests in Chromium',
    run: 'wasm-pack test --headless --chrome --chromedriver "$(command -v chromedriver)" --mode no-install tests/wasm',
    env: { WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriver() },
    counted: true,
    installed: true,
  },
];

/** The capabilities of tests/wasm/webdriver.json, for the Chromium that CHROMIUM names. */
function webdriver() {
  const given = join(root, 'tests/wasm/webdriver.json');
  if (!process.env.CHROMIUM) return given;
  const capabilities = JSON.parse(readFileSync(given, 'utf8'));
  capabilities['goog:chromeOptions'].binary = process.env.CHROMIUM;
  mkdirSync(join(root, 'target'), { recursive: true });
  const own = join(root, 'target/webdriver.json');
  writeFileSync(own, JSON.stringify(capabilities));
  return own;
}

// ---- counting -------------------------------------------------------------------------------------------------------

/** Adds up the summaries of cargo's, wasm-bindgen's and Node's test runners in what a step printed. */
function count(output) {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, '');
  const total = (pattern) => [...plain.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
  return {
    passed: total(/^test result: .*?(\d+) passed/gm) + total(/^(?:#|ℹ) pass (\d+)$/gm),
    failed: total(/^test result: .*?(\d+) failed/gm) + total(/^(?:#|ℹ) (?:fail|cancelled) (\d+)$/gm),
  };
}

// ---- running --------------------------------------------------------------------------------------------------------

/** Runs one command line; resolves to whether it succeeded and all it printed. */
function run({ run: command, env = {}, limit = 20 * minutes }) {
  return new Promise((ended) => {
    const child = spawn('bash', ['-c', command], {
      cwd: root,
      env: { CARGO_TERM_COLOR: 'never', ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own, so that a step which hangs ends with all it started
    });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => printed.push(data));
    const timer = setTimeout(() => {
      printed.push(Buffer.from(`stopped after ${limit / minutes} minutes\n`));
      process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.on('close', (code) => {
      clearTimeout(timer);
      ended({ succeeded: code === 0, output: Buffer.concat(printed).toString() });
    });
  });
}

/** Runs a step; resolves to what the summary says of it. */
async function take(step) {
  console.log(`... ${step.name}`);
  const start = performance.now();
  const { succeeded, output } = await run(step);
  console.log(`\n==> ${step.name}\n${output}`);
  const { passed, failed } = step.counted ? count(output) : { passed: 0, failed: 0 };
  const good = succeeded && failed === 0 && (!step.counted || passed > 0);
  return { name: step.name, counted: step.counted, good, passed, failed, seconds: (performance.now() - start) / 1000 };
}

async function main(words) {
  const chosen = (step) => words.length === 0 || words.some((word) => step.name.includes(word));
  const rest = leftOver.filter(chosen);
  const isSetUp = take(setUp);
  const report = [];
  const runLane = async (lane) => {
    for (let step; (step = lane.shift() ?? rest.shift()); ) {
      if (!step.installed || (await isSetUp).good) report.push(await take(step));
    }
  };
  await Promise.all([engine, built].map((lane) => runLane(lane.filter(chosen))));
  report.unshift(await isSetUp);

  console.log('\n==> summary');
  for (const { name, counted, good, passed, failed, seconds } of report) {
    const tests = counted ? `${passed} passed, ${failed} failed` : '';
    const none = counted && passed + failed === 0 ? ' (no test ran)' : '';
    console.log(`${good ? 'ok  ' : 'FAIL'} ${seconds.toFixed(1).padStart(6)} s  ${name.padEnd(28)} ${tests}${none}`);
  }
  const broken = report.filter((step) => !step.good);
  if (broken.length > 0) console.log(`failed: ${broken.map((step) => step.name).join(', ')}`);
  const sum = (field) => report.reduce((total, step) => total + step[field], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = broken.length === 0 && report.length > 1 ? 0 : 1;
}

await main(process.argv.slice(2));
