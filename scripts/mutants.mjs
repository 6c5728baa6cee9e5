// The engine and the package broken on purpose, one way after another, in a copy of the tree: what keeps a promise is of no use
// without a test that fails when it is gone. Whoever changes one of these places changes it here; where a text is gone, this fails.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './record.mjs';

const cargo = (test) => ({ build: `cargo test --quiet --no-run --test ${test}`, run: `cargo test --quiet --test ${test}`, failed: /^test result: FAILED/m, said: `cargo test --test ${test}` });
const node = (test, pattern) => ({
  build: 'npm --prefix pkg run --silent build',
  run: `cd pkg && node --test --test-name-pattern=${JSON.stringify(pattern)} test/${test}.test.mjs`,
  passed: /^(?:#|ℹ) pass [1-9]/m,
  failed: /^(?:#|ℹ) fail [1-9]/m,
  said: `pkg/test/${test}.test.mjs`,
});

const crash = cargo('crash');
const damage = cargo('damage');
const refusedIdb = node('browser/storages', 'too, a commit without room is refused');
const storageFails = node('faults', 'storage');

/** What is broken, which texts of which file become which, and the tests that have to notice. */
const MUTANTS = [
  { name: 'the log flushes nothing', file: 'src/log/writer.rs', texts: [['match self.storage.flush() {', 'match Ok::<Ticket, Error>(Ticket(0)) {']], tests: crash },
  {
    name: 'a commit is acknowledged before its flush has ended',
    file: 'src/log/writer.rs',
    texts: [['match self.storage.flushed(flight.ticket) {', 'match Ok::<bool, Error>(true) {']],
    tests: crash,
  },
  { name: 'the count that a write answers is not looked at', file: 'src/log/zeros.rs', texts: [['match count != bytes.len() {', 'match false && count != bytes.len() {']], tests: crash },
  {
    name: 'eight zeros are a frame',
    file: 'src/log/frame.rs',
    texts: [
      ['    (BODY_BYTES_MIN..=FRAME_BYTES_MAX).contains(&(length as usize))', '    length == 0 || (BODY_BYTES_MIN..=FRAME_BYTES_MAX).contains(&(length as usize))'],
      ['    is_length(length)\n', '    bytes == [0; 8] || is_length(length)\n'],
    ],
    tests: crash,
  },
  { name: 'the log goes on behind a torn tail', file: 'src/log/recovery.rs', texts: [['                Ok(self.begin_anew(&scan))\n', '                Ok(self.go_on(&scan))\n']], tests: crash },
  { name: 'the salt is not part of a checksum', file: 'src/log/frame.rs', texts: [['        Checksum(crc32(0, salt))', '        Checksum(crc32(0, &salt[..0]))']], tests: damage },
  {
    name: 'the superblock names a checkpoint before that is flushed',
    file: 'src/log/checkpoint/writer.rs',
    texts: [['                    work.stage = Stage::Point;\n', '                    work.stage = Stage::Recycle;\n                    self.point_to(work.header.number)?;\n']],
    tests: crash,
  },
  {
    name: 'IndexedDB has stored what a request said to have succeeded',
    file: 'pkg/src/storage/idb.ts',
    texts: [
      ['    const read = meta.get(\'head\') as IDBRequest<Head | undefined>;\n    read.onsuccess = () => {\n      const head = read.result;\n      if (head?.owner', '    let succeed = (): void => {};\n    const success = new Promise<void>((resolve) => (succeed = resolve));\n    const read = meta.get(\'head\') as IDBRequest<Head | undefined>;\n    read.onsuccess = () => {\n      const head = read.result;\n      if (head?.owner'],
      ["format: FORMAT } satisfies Head, 'head');\n      transaction.commit?.();", "format: FORMAT } satisfies Head, 'head').onsuccess = succeed;\n      transaction.commit?.();"],
      ['      await completed(transaction);\n    } catch (error) {\n      this.#tails.clear();', '      await Promise.race([success, completed(transaction)]);\n    } catch (error) {\n      this.#tails.clear();'],
    ],
    tests: refusedIdb,
  },
  { name: 'a short read counts as a whole one', file: 'src/log/window.rs', texts: [['Read::Ready(count) if count == buffer.len() => Ok(true),', 'Read::Ready(count) if count <= buffer.len() => Ok(true),']], tests: crash },
  // Beyond the nine: the same promises where the package keeps them.
  { name: 'the package flushes nothing', file: 'pkg/src/storage/files.ts', texts: [['    for (const file of this.#dirty) file.flush();\n', '']], tests: storageFails },
  {
    name: 'the package answers before a commit is durable',
    file: 'pkg/src/held.ts',
    texts: [['this.#held.filter((held) => held.seq <= durable);', 'this.#held.filter((held) => held.seq <= durable || true);']],
    tests: refusedIdb,
  },
  {
    name: 'the package takes any count of a write for a whole one',
    file: 'pkg/src/storage/files.ts',
    texts: [['          return target.write(bytes(pointer, length), { at: offset });', '          target.write(bytes(pointer, length), { at: offset });\n          return length;']],
    tests: storageFails,
  },
];

const kept = join(root, 'target/mutants');
const tree = join(kept, 'tree');

/** Runs a command line in the copy. */
function run(command) {
  const env = { ...process.env, CARGO_TERM_COLOR: 'never', CARGO_TARGET_DIR: join(kept, 'target') };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: tree, env, encoding: 'utf8', maxBuffer: 1 << 30 });
  return { good: status === 0, output: stdout + stderr };
}

/** Everything that the repository has, or is about to have, and beside it what was built. */
function copyTree() {
  rmSync(tree, { recursive: true, force: true });
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 30 });
  for (const name of listed.stdout.split('\0').filter((name) => name && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    cpSync(join(root, name), join(tree, name), { preserveTimestamps: true });
  }
  for (const name of ['pkg/node_modules', 'pkg/wasm', 'tests/browser/node_modules', 'scripts/node_modules']) symlinkSync(join(root, name), join(tree, name));
}

/** The texts of a mutant in place of those that are there; answers with what undoes it. */
function breakIt({ name, file, texts }) {
  const path = join(tree, file);
  const sound = readFileSync(path, 'utf8');
  let broken = sound;
  for (const [from, to] of texts) {
    if (broken.split(from).length !== 2) throw new Error(`'${name}': ${file} does not have once the text\n${from}`);
    broken = broken.replace(from, () => to);
  }
  writeFileSync(path, broken);
  return () => writeFileSync(path, sound);
}

function mustBuild({ build }, what) {
  const built = run(build);
  if (!built.good) throw new Error(`${what}: it does not build\n${built.output}`);
}

/** Tries those whose names have one of the words, or all; what became of each. */
export async function tryMutants(words = (process.env.MUTANTS ?? '').split(',').filter(Boolean)) {
  const chosen = MUTANTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  copyTree();
  // A text that is gone is told before an hour has passed.
  for (const mutant of chosen) breakIt(mutant)();
  for (const tests of new Set(chosen.map(({ tests }) => tests))) {
    mustBuild(tests, tests.said);
    const { good, output } = run(tests.run);
    if (!good || !(tests.passed ?? /^test result: ok/m).test(output)) throw new Error(`${tests.said} fails without any mutant\n${output}`);
  }
  const tried = [];
  for (const mutant of chosen) {
    const mend = breakIt(mutant);
    mustBuild(mutant.tests, mutant.name);
    const { output } = run(mutant.tests.run);
    const caught = mutant.tests.failed.test(output);
    mend();
    console.log(`${caught ? 'caught' : 'NOT CAUGHT'}: ${mutant.name} (${mutant.tests.said})`);
    tried.push({ name: mutant.name, tests: mutant.tests.said, caught });
  }
  return tried;
}
