// Measures driftdb beside the other databases for the browser: `make bench`. What is found goes to target/rivals/results.json, and with PUBLISH=1 to
// docs/BENCHMARKS.md and www/bench/results.json, which the page of the charts reads. It takes an hour or more on two cores; a part of it less:
//
//   ENGINES=driftdb,sqlite WORKLOADS=suite,points ROUNDS=1 SCALE=0.1 make bench
//   PUBLISH=1 WORKLOADS=points make bench           the tables of the others stay as they were

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { withServer } from '../../tests/browser/harness.mjs';
import { bundle } from './bundles.mjs';
import { downloads } from './downloads.mjs';
import { ENGINES } from './engines.js';
import { publish } from './report.mjs';
import { run } from './run.mjs';
import { summarise } from './summary.mjs';
import { compare } from './targets.mjs';
import { WORKLOADS } from './workloads.js';

/** What turns a page into one that may share memory between threads, which Turso needs. Timers are finer there, too. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
/** What takes longer than this is run once. */
const LONG_MS = 20_000;

const chosen = (list, names) => (names ? names.split(',').map((name) => list.find(({ id }) => id === name) ?? fail(`there is no ${name}`)) : list);
const engines = chosen(ENGINES, process.env.ENGINES);
const workloads = chosen(WORKLOADS, process.env.WORKLOADS);
const rounds = Number(process.env.ROUNDS ?? 3);
const scale = Number(process.env.SCALE ?? 1);

if (process.env.PUBLISH && (process.env.ENGINES || scale !== 1)) fail('what is published is of all engines and of the full size');

await bundle();
const asked = new Map();
const outcomes = await measure();
const results = summarise(outcomes, { engines, workloads, rounds, scale, ...(await circumstances()) });
results.downloads = await downloads(asked);
await writeFile('target/rivals/results.json', `${JSON.stringify(results, null, 1)}\n`);
show();
if (process.env.PUBLISH) await publish(results);
if (results.workloads.some(({ differences }) => differences.length > 0)) process.exitCode = 1;

/** Everything once, then everything again. */
async function measure() {
  const found = [];
  let paths = new Set();
  const server = { headers: ISOLATED, asked: (path) => paths.add(path) };
  await withServer(
    '.',
    async (url) => {
      for (let round = 0; round < rounds; round += 1) {
        for (const workload of workloads) {
          for (const engine of engines) {
            const before = found.filter((outcome) => outcome.engine === engine.id && outcome.workload === workload.id);
            if (workload.skip?.(engine) || round >= (workload.rounds ?? rounds) || before.some(({ took, error }) => took > LONG_MS || error)) continue;
            paths = new Set();
            const start = performance.now();
            const outcome = await run(url, { engine, workload, visits: workload.visits, scale });
            const took = performance.now() - start;
            found.push({ engine: engine.id, workload: workload.id, round, took, ...outcome });
            asked.set(engine.id, paths);
            console.log(`${round + 1}/${rounds} ${workload.id.padEnd(14)} ${engine.id.padEnd(28)} ${(took / 1000).toFixed(1).padStart(6)} s ${outcome.error?.split('\n')[0] ?? ''}`);
          }
        }
      }
    },
    server,
  );
  return found;
}

async function circumstances() {
  await mkdir('target/rivals', { recursive: true });
  const json = async (path) => JSON.parse(await readFile(path, 'utf8'));
  const { dependencies } = await json('benches/rivals/package.json');
  const { version } = await json('pkg/package.json');
  return { date: new Date().toISOString().slice(0, 10), cores: availableParallelism(), versions: { 'driftdb-wasm': version, ...dependencies } };
}

function show() {
  const number = (value) => Number(value.toPrecision(3));
  for (const { title, unit, engines: measured } of results.workloads) {
    console.log(`\n${title} (${unit})`);
    for (const name of new Set(measured.flatMap(({ figures }) => Object.keys(figures)))) {
      const values = measured.flatMap(({ id, figures }) => (figures[name] ? `${id} ${figures[name].failed ? 'fails' : number(figures[name].median)}` : []));
      console.log(`  ${name}: ${values.join(', ')}`);
    }
  }
  for (const { about, most, ratio, ratios } of compare(results)) {
    console.log(`${ratio <= most ? 'reached  ' : 'NOT THERE'} ${about}: ${number(ratio)} of at most ${most}`);
    for (const { figure, ratio: each, rival } of ratios.filter((each) => each.ratio > most)) console.log(`             ${figure}: ${number(each)} of ${rival}`);
  }
  for (const { id, minutes, differences } of results.workloads) {
    for (const difference of differences) console.error(`different answers: ${difference}`);
    console.log(`${id} took ${minutes.toFixed(1)} minutes`);
  }
}

function fail(message) {
  throw new Error(message);
}
