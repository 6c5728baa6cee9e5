// The tables of docs/BENCHMARKS.md, between two marks in its text, and the figures that the page of the charts reads.

import { readFile, writeFile } from 'node:fs/promises';
import { ENGINES } from './engines.js';
import { merge } from './summary.mjs';
import { compare } from './targets.mjs';
import { WORKLOADS } from './workloads.js';

const DOCUMENT = 'docs/BENCHMARKS.md';
const RESULTS = 'www/bench/results.json';
const [FROM, TO] = ['<!-- figures -->', '<!-- end of figures -->'];

export async function publish(found) {
  const before = await readFile(RESULTS, 'utf8').then(JSON.parse, () => undefined);
  const results = merge(before, found, WORKLOADS);
  const text = await readFile(DOCUMENT, 'utf8');
  const [start, rest] = text.split(FROM);
  const end = rest.split(TO)[1];
  await writeFile(DOCUMENT, `${start}${FROM}\n\n${report(results)}\n\n${TO}${end}`);
  await writeFile(RESULTS, `${JSON.stringify(results)}\n`);
}

function report(results) {
  const all = results.workloads.flatMap(({ versions }) => Object.entries(versions).map(([name, version]) => `${name} ${version}`));
  return [`Versions: ${[...new Set(all)].toSorted().join(', ')}.`, targets(compare(results)), ...results.workloads.map((workload) => section(workload)), sizes(results)].filter(Boolean).join('\n\n');
}

function targets(all) {
  const line = ({ about, most, ratio, ratios }) => {
    const [worst] = ratios;
    return [about, most, number(ratio), ratio <= most ? 'yes' : 'no', `${worst.figure}: ${number(worst.ratio)} of ${worst.rival}`];
  };
  return all.length > 0 ? `### What is to be reached\n\n${table(['what', 'at most', 'is', 'reached', 'the worst of it'], all.map(line))}` : '';
}

function measured({ date, cores, rounds, minutes, differences }) {
  const when = `Measured on ${date}, ${cores} cores, ${rounds} rounds, in ${minutes.toFixed(0)} minutes.`;
  return differences.length === 0 ? `${when} All engines gave the same answers.` : `${when} Other answers than most:\n\n\`\`\`text\n${differences.join('\n')}\n\`\`\``;
}

function section(workload) {
  const { title, unit, engines, left } = workload;
  const names = [...new Set(engines.flatMap(({ figures }) => Object.keys(figures)))];
  // The 95th percentile stands beside the median.
  const columns = names.filter((name) => !name.endsWith(' p95'));
  const memory = engines.some((engine) => engine.memory) ? ['peak memory, MB'] : [];
  const cell = (figures, name) => {
    const [figure, high] = [figures[name], figures[name.replace(/ p50$/, ' p95')]];
    if (!figure) return '';
    if (figure.failed) return 'fails';
    return high && high !== figure ? `${number(figure.median)} (${number(high.median)})` : number(figure.median);
  };
  const lines = engines.map(({ id, figures, memory: bytes, error }) => [
    described(id),
    ...columns.map((name) => (error ? 'fails' : cell(figures, name))),
    ...(memory.length > 0 ? [bytes ? number(bytes / 1e6) : ''] : []),
  ]);
  const heads = columns.map((name) => name.replace(/ p50$/, ', p50 (p95)'));
  const failures = engines.flatMap(({ id, figures, error }) =>
    error ? `${described(id)}: ${error}` : Object.entries(figures).flatMap(([name, { failed }]) => (failed ? `${described(id)}, ${name}: ${oneLine(failed)}` : [])),
  );
  const reasons = [...new Set(left.map(({ why }) => why))];
  const why = reasons.map((reason) => `${left.flatMap((one) => (one.why === reason ? described(one.id) : [])).join('; ')}, since ${reason}`);
  return [
    `### ${title}`,
    measured(workload),
    table([unit, ...heads, ...memory], lines),
    why.length > 0 ? `Left out:\n\n${why.map((one) => `- ${one}`).join('\n')}` : '',
    failures.length > 0 ? `Fails:\n\n${failures.map((failure) => `- ${failure}`).join('\n')}` : '',
  ]
    .filter(Boolean)
    .join('\n\n');
}

function sizes({ downloads }) {
  const kilobytes = (bytes) => (bytes / 1000).toFixed(0);
  const line = (name, { raw, gzip, brotli }) => [name, kilobytes(raw), kilobytes(gzip), kilobytes(brotli)];
  // The storages of one engine download much the same.
  const first = new Map(Object.keys(downloads).map((id) => [ENGINES.find((engine) => engine.id === id).package ?? 'driftdb-wasm', id]).toReversed());
  const lines = [...first].toReversed().flatMap(([name, id]) => [line(name, downloads[id]), ...(name === 'driftdb-wasm' ? downloads[id].files.map((file) => line(`of it ${file.file}`, file)) : [])]);
  return `### What is downloaded\n\n${table(['kB', 'raw', 'gzip', 'brotli'], lines)}`;
}

function described(id) {
  const { name, storage, durability } = ENGINES.find((engine) => engine.id === id);
  return `${name}: ${storage}${durability === 'none' ? '' : `, ${durability}`}`;
}

function table(heads, lines) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(heads), row(heads.map(() => '---')), ...lines.map(row)].join('\n');
}

function number(value) {
  if (!Number.isFinite(value)) return 'fails';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').slice(0, 120);
}
