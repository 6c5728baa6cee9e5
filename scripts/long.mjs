// The long runs, which go on where they were when they are started again, and tell what came of all of it in docs/RELIABILITY.md.
//
//   node scripts/long.mjs programs 100000    random programs about the past, compared with a model: so many in all
//   node scripts/long.mjs images 10000000    crash images of random programs that write to a log
//   node scripts/long.mjs fuzz 60            so many seconds more of each of the fuzzer's targets
//   node scripts/long.mjs kills 2000         Chromium killed while it writes: so many times in all
//   node scripts/long.mjs mutants            the engine broken on purpose, in ways that the tests have to notice

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryMutants } from './mutants.mjs';
import { addTo, publish, readProgress, root, today, writeProgress } from './record.mjs';

const kept = (name) => join(root, 'target', name);

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

/** A test of the engine that keeps its progress itself, with what it counts besides programs. */
async function programs(name, wanted, { names, failures }) {
  const path = kept(name);
  const tell = () => {
    const { next = [0], failed = [], ...counts } = readProgress(path);
    const sums = Object.fromEntries(names.map((each) => [each, counts[each]?.[0] ?? 0]));
    if (next[0] > 0) publish(`make ${name}`, [{ date: today(), 'programs (seeds)': `${next[0]} (0 to ${next[0] - 1})`, ...sums, [failures]: failed.length }]);
  };
  const timer = setInterval(tell, 60_000);
  const args = ['test', '--profile', 'fuzz', '--test', name, '--', '--nocapture'];
  const code = await command('cargo', args, { env: { [name.toUpperCase()]: wanted, RECORD: path } });
  clearInterval(timer);
  tell();
  return code;
}

const TARGETS = ['frames', 'segment', 'image', 'block', 'sql'];

/** Each target for so many seconds. What was worth keeping stays in fuzz/corpus, and what failed in fuzz/artifacts. */
async function fuzz(seconds) {
  const path = kept('fuzz');
  const progress = readProgress(path);
  let failed = 0;
  for (const target of TARGETS) {
    const corpus = join('fuzz/corpus', target);
    mkdirSync(join(root, corpus), { recursive: true });
    const counts = { [`${target}.seconds`]: 0, [`${target}.runs`]: 0, [`${target}.failures`]: 0 };
    const hear = (line) => {
      const runs = /stat::number_of_executed_units:\s*(\d+)/.exec(line) ?? /^Done (\d+) runs/.exec(line);
      if (runs) counts[`${target}.runs`] = Number(runs[1]);
    };
    const begun = performance.now();
    const args = ['fuzz', 'run', target, corpus, `fuzz/seeds/${target}`, '-s', 'none', '-O', '--', `-max_total_time=${seconds}`, '-print_final_stats=1'];
    const env = { CARGO_TARGET_DIR: join(root, 'target/fuzzer') };
    // Compiled apart, so that its time does not count.
    if ((await command('cargo', ['fuzz', 'build', target, '-s', 'none', '-O'], { env })) !== 0) return 1;
    const code = await command('cargo', args, { env, hear });
    counts[`${target}.seconds`] = Math.min(Math.round((performance.now() - begun) / 1000), Number(seconds));
    if (code !== 0) counts[`${target}.failures`] = 1;
    failed += code === 0 ? 0 : 1;
    addTo(progress, counts);
    writeProgress(path, progress);
    const known = TARGETS.filter((each) => progress[`${each}.runs`]);
    publish('make fuzz', known.map((each) => ({
      date: today(),
      target: each,
      seconds: progress[`${each}.seconds`][0],
      runs: progress[`${each}.runs`][0],
      'inputs kept': readdirSync(join(root, 'fuzz/corpus', each)).length,
      failures: progress[`${each}.failures`][0],
    })));
  }
  return failed;
}

/** Kills on one profile before the next is begun. */
const SERIES = 50;

async function kills(wanted) {
  const path = kept('kills');
  const progress = readProgress(path);
  const { killAgainAndAgain } = await import('../pkg/test/browser/killing.mjs');
  const done = (name) => progress[name]?.[0] ?? 0;
  while (done('opfs.kills') < wanted) {
    let lost = 0;
    const begun = performance.now();
    const counts = await killAgainAndAgain({ kills: Math.min(SERIES, wanted - done('opfs.kills')), first: done('opfs.kills') }).catch((error) => {
      console.error(error);
      lost = 1;
      return error.counts ?? {};
    });
    const { announced = 0, ...rest } = counts;
    addTo(progress, { ...rest, 'idb.announced': announced, series: 1, lost, seconds: Math.round((performance.now() - begun) / 1000) });
    writeProgress(path, progress);
    publish('make kills', ['opfs', 'idb'].map((storage) => ({
      date: today(),
      storage: storage === 'opfs' ? 'OPFS' : 'IndexedDB',
      kills: done(`${storage}.kills`),
      'commits acknowledged': done(`${storage}.acknowledged`),
      'databases deleted by the browser, announced': done(`${storage}.announced`),
      'series in which something was lost': done('lost'),
    })));
    console.log(`${done('opfs.kills')} kills, ${done('opfs.acknowledged') + done('idb.acknowledged')} commits acknowledged, ${done('lost')} series that failed`);
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
  programs: () => programs('programs', wanted, { names: ['commits', 'questions', 'saved', 'skipped'], failures: 'differences' }),
  images: () => programs('images', wanted, { names: ['images', 'seconds'], failures: 'violations' }),
  fuzz: () => fuzz(wanted),
  kills: () => kills(Number(wanted)),
  mutants,
};
if (!Object.hasOwn(runs, name) || !existsSync(join(root, 'Cargo.toml'))) throw new Error(`there is no long run '${name}'`);
process.exitCode = (await runs[name]()) === 0 ? 0 : 1;
