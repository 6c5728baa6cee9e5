// The long runs, which go on where the tables in docs/RELIABILITY.md say that they were, and tell there what came of them.
//
//   node scripts/long.mjs programs 100000    random programs about the past, compared with a model: so many in all
//   node scripts/long.mjs images 10000000    crash images of random programs that write to a log
//   node scripts/long.mjs fuzz 60            so many seconds more of each of the fuzzer's targets, or of TARGETS=sql,…
//   node scripts/long.mjs kills 2000         Chromium killed while it writes: so many times in all
//   node scripts/long.mjs mutants            the engine broken on purpose, in ways that the tests have to notice

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryMutants } from './mutants.mjs';
import { added, publish, published, readProgress, root, sum, today, writeProgress } from './record.mjs';

/** Runs a command; resolves to its exit code. Its output is shown, and given to `hear` line by line. */
function command(program, args, { env = {}, cwd = root, hear } = {}) {
  return new Promise((ended) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', hear ? 'pipe' : 'inherit'] });
    let rest = '';
    child.stderr?.on('data', (data) => {
      process.stderr.write(data);
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      lines.forEach(hear);
    });
    child.on('close', (code) => ended(code ?? 1));
  });
}

const SEEDS = 'seeds';

/** A test of the engine that runs one program after another and keeps what it `counts`; `end` says how far it goes, after `earlier` runs. */
async function programs(name, { counts, failures, end }) {
  const run = `make ${name}`;
  const path = join(root, 'target', name);
  const earlier = published(run);
  const first = Math.max(0, ...earlier.map((row) => Number(row[SEEDS].split(' to ')[1]) + 1));
  writeProgress(path, { next: [first] });
  // A run of today that was stopped and this one are one.
  const [begun] = earlier.length > 0 && earlier.at(-1).date === today() ? earlier.at(-1)[SEEDS].split(' to ') : [first];
  const tell = () => {
    const { next, failed = [], ...counted } = readProgress(path);
    if (next[0] === first) return;
    const counters = Object.fromEntries(counts.map((each) => [each, counted[each]?.[0] ?? 0]));
    const row = { date: today(), [SEEDS]: `${begun} to ${next[0] - 1}`, programs: next[0] - first, ...counters, [failures]: failed.length };
    publish(run, added(earlier, row, ['date']));
  };
  const timer = setInterval(tell, 60_000);
  const args = ['test', '--profile', 'fuzz', '--test', name, '--', '--nocapture'];
  const code = await command('cargo', args, { env: { [name.toUpperCase()]: end(earlier), RECORD: path } });
  clearInterval(timer);
  tell();
  return code;
}

const TARGETS = ['frames', 'segment', 'image', 'block', 'sql'];

/** A fuzzer runs for so long at a time at the most, after which what it has done is published. */
const PIECE_SECONDS = 300;

/**
 * Each target for so many seconds of a processor's time, so that other work beside it does not count. What was worth keeping stays in
 * fuzz/corpus, and what failed in fuzz/artifacts.
 */
async function fuzz(seconds) {
  const chosen = TARGETS.filter((target) => (process.env.TARGETS ?? target).split(',').includes(target));
  const env = { CARGO_TARGET_DIR: join(root, 'target/fuzzer') };
  let failed = 0;
  for (const target of chosen) {
    const corpus = join('fuzz/corpus', target);
    mkdirSync(join(root, corpus), { recursive: true });
    // Compiled apart, so that its time does not count.
    if ((await command('cargo', ['fuzz', 'build', target, '-s', 'none', '-O'], { env })) !== 0) return 1;
    for (let left = seconds, code = 0; left > 0 && code === 0; ) {
      let runs = 0;
      let used = 0;
      const hear = (line) => {
        runs = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(line)?.[1] ?? /^Done (\d+) runs/.exec(line)?.[1] ?? runs);
        used = Number(/^used (\d+)/.exec(line)?.[1] ?? used);
      };
      const run = `cargo fuzz run ${target} ${corpus} fuzz/seeds/${target} -s none -O -- -max_total_time=${Math.min(left, PIECE_SECONDS)} -print_final_stats=1`;
      code = await command('bash', ['-c', `TIMEFORMAT='used %0U'; time ${run}`], { env, hear });
      failed += code === 0 ? 0 : 1;
      left -= Math.max(used, 1);
      const row = { date: today(), target, 'seconds of a processor': used, runs, 'inputs kept': readdirSync(join(root, corpus)).length, failures: code === 0 ? 0 : 1 };
      publish('make fuzz', added(published('make fuzz'), row, ['date', 'target'], ['inputs kept']));
    }
  }
  return failed;
}

/** Kills on one profile before the next is begun. */
const SERIES = 50;

async function kills(wanted) {
  const { killAgainAndAgain } = await import('../pkg/test/browser/killing.mjs');
  const storages = { opfs: 'OPFS', idb: 'IndexedDB' };
  const rows = () => published('make kills');
  const done = () => sum(rows().filter(({ storage }) => storage === storages.opfs), 'kills');
  while (done() < wanted) {
    let lost = 0;
    const counts = await killAgainAndAgain({ kills: Math.min(SERIES, wanted - done()), first: done() }).catch((error) => {
      console.error(error);
      lost = 1;
      return error.counts ?? {};
    });
    const { announced = 0, ...rest } = counts;
    const counted = { ...rest, 'idb.announced': announced };
    for (const [name, storage] of Object.entries(storages)) {
      const row = {
        date: today(),
        storage,
        kills: counted[`${name}.kills`] ?? 0,
        'commits acknowledged': counted[`${name}.acknowledged`] ?? 0,
        'databases deleted by the browser, announced': counted[`${name}.announced`] ?? 0,
        'series in which something was lost': lost,
      };
      publish('make kills', added(rows(), row, ['date', 'storage']));
    }
    console.log(`${done()} kills, ${sum(rows(), 'commits acknowledged')} commits acknowledged, ${lost} lost`);
    if (lost) return 1;
  }
  return 0;
}

async function mutants() {
  const tried = await tryMutants();
  publish('make mutants', tried.map(({ name, tests, caught }) => ({ date: today(), 'what was broken': name, tests: `\`${tests}\``, caught: caught ? 'yes' : '**no**' })));
  return tried.filter(({ caught }) => !caught).length;
}

const [name, wanted] = process.argv.slice(2);
const runs = {
  programs: () => programs('programs', { counts: ['commits', 'questions', 'saved', 'skipped'], failures: 'differences', end: () => wanted }),
  images: () => programs('images', { counts: ['images', 'seconds'], failures: 'violations', end: (earlier) => Math.max(0, wanted - sum(earlier, 'images')) }),
  fuzz: () => fuzz(Number(wanted)),
  kills: () => kills(Number(wanted)),
  mutants,
};
if (!Object.hasOwn(runs, name) || !existsSync(join(root, 'Cargo.toml'))) throw new Error(`there is no long run '${name}'`);
process.exitCode = (await runs[name]()) === 0 ? 0 : 1;
