// What driftdb is to reach beside the others: our time, or bytes, divided by a rival's in the same run. Less is better.

const inMemory = (engine) => engine.storage === 'memory';
const strict = (storage) => (engine) => engine.storage === storage && engine.durability === 'strict';
const relaxed = (engine) => engine.storage === 'opfs' && engine.durability === 'relaxed';
const only = (...ids) => (engine) => ids.includes(engine.id);
/** Arrow is no SQL. */
const bySql = (engine) => inMemory(engine) && engine.id !== 'duckdb';

const middle = /p50$/;
const bound = /^prepared SELECT|^SELECT with/;
const question = /^(SUM|filter|GROUP|join|COUNT|top|window)/;

/**
 * `ours` against the best of the `rivals` that have the figure; `instead` names the rivals' figure where ours is another one, and `own` one
 * of ours to compare with. `each` is every figure by itself, `mean` their geometric mean.
 */
const TARGETS = [
  { about: 'suite, sum', workload: 'suite', ours: 'driftdb', rivals: only('sqlite'), each: /^sum$/, most: 0.6 },
  { about: 'suite on OPFS, sum', workload: 'suite', ours: 'driftdb-opfs', rivals: only('sqlite-sahpool'), each: /^sum$/, most: 0.5 },
  { about: 'suite on IndexedDB, sum', workload: 'suite', ours: 'driftdb-awaited-idb', rivals: only('wa-sqlite-idb'), each: /^sum$/, most: 0.1 },
  { about: 'suite, each test', workload: 'suite', ours: 'driftdb', rivals: only('sqlite'), each: /^\d/, most: 1.5 },
  { about: 'round trips in memory', workload: 'trips', ours: 'driftdb', rivals: inMemory, each: middle, most: 0.8 },
  { about: 'round trips on OPFS, strict', workload: 'trips', ours: 'driftdb-opfs', rivals: strict('opfs'), each: middle, most: 0.8 },
  { about: 'round trips on OPFS, relaxed', workload: 'trips', ours: 'driftdb-opfs-relaxed', rivals: relaxed, each: middle, most: 0.8 },
  { about: 'round trips on IndexedDB', workload: 'trips', ours: 'driftdb-awaited-idb', rivals: strict('idb'), each: middle, most: 0.8 },
  { about: 'inserts, all in one call', workload: 'points', ours: 'driftdb', rivals: inMemory, each: /^INSERT of all/, instead: 'prepared INSERT in a transaction', most: 0.8 },
  { about: 'single rows, synchronous calls', workload: 'points', ours: 'driftdb', rivals: inMemory, each: bound, most: 0.8 },
  { about: 'single rows, awaited', workload: 'points', ours: 'driftdb-awaited', rivals: inMemory, each: /^prepared|^SELECT with/, most: 1.2 },
  { about: 'peak memory of the single rows', workload: 'points', ours: 'driftdb', rivals: only('sqlite'), memory: true, most: 1 },
  { about: 'questions, beside DuckDB', workload: 'analytics', ours: 'driftdb', rivals: only('duckdb'), each: question, most: 1 },
  { about: 'questions, beside SQLite', workload: 'analytics', ours: 'driftdb', rivals: only('sqlite'), each: question, most: 0.2 },
  { about: 'load by the text of INSERTs', workload: 'analytics', ours: 'driftdb', rivals: bySql, each: /^load, the fastest/, most: 0.8 },
  { about: '100,000 rows into JavaScript', workload: 'analytics', ours: 'driftdb', rivals: inMemory, each: /^100,000 rows/, most: 1 },
  { about: 'TPC-H, geometric mean', workload: 'tpch', ours: 'driftdb', rivals: only('duckdb'), mean: /^Q/, most: 1.5 },
  { about: 'TPC-H, each query', workload: 'tpch', ours: 'driftdb', rivals: only('duckdb'), each: /^Q/, most: 4 },
  { about: 'AS OF beside the present', workload: 'history', ours: 'driftdb', own: 'present sum', each: /^AS OF sum/, most: 2 },
  { about: 'AS OF beside a table never updated', workload: 'history', ours: 'driftdb', own: 'sum of a table never updated', each: /^AS OF sum/, most: 3 },
  { about: 'AS OF sum', workload: 'history', ours: 'driftdb', rivals: inMemory, each: /^AS OF sum/, most: 0.1 },
  { about: 'a row of the past, and its history', workload: 'history', ours: 'driftdb', rivals: inMemory, each: /^AS OF one|^one row/, most: 0.8 },
  { about: 'bytes stored', workload: 'history', ours: 'driftdb-opfs', rivals: strict('opfs'), each: /^KB/, most: 0.5 },
  { about: 'peak memory of the history', workload: 'history', ours: 'driftdb', rivals: only('sqlite'), memory: true, most: 1 },
  { about: 'first answer', workload: 'start', ours: 'driftdb', rivals: only('sqlite'), each: /^first/, most: 0.7 },
  { about: 'reopening', workload: 'start', ours: 'driftdb-opfs', rivals: only('sqlite-sahpool'), each: /^reopening/, most: 1.5 },
];

/** What each target comes to, with the ratio of every figure; those that the run does not answer are left out. */
export function compare({ engines, workloads }) {
  return TARGETS.flatMap((target) => {
    const workload = workloads.find(({ id }) => id === target.workload);
    const ours = workload?.engines.find(({ id }) => id === target.ours);
    if (!ours) return [];
    const rivals = engines.filter((engine) => !engine.ours && target.rivals?.(engine)).flatMap(({ id }) => workload.engines.find((engine) => engine.id === id) ?? []);
    const ratios = target.memory ? ofMemory(ours, rivals) : ofFigures(target, ours, rivals);
    if (ratios.length === 0) return [];
    const ratio = target.mean ? geometricMean(ratios.map((each) => each.ratio)) : Math.max(...ratios.map((each) => each.ratio));
    return [{ about: target.about, workload: target.workload, ours: target.ours, most: target.most, ratio, ratios: ratios.toSorted((a, b) => b.ratio - a.ratio) }];
  });
}

function ofFigures({ each, mean, instead, own }, ours, rivals) {
  return Object.keys(ours.figures)
    .filter((name) => (each ?? mean).test(name))
    .flatMap((name) => {
      const figure = ours.figures[name].median;
      if (figure === undefined) return { figure: name, ratio: Infinity, rival: 'any, since ours failed' };
      if (own) return { figure: name, ratio: figure / ours.figures[own].median, rival: own };
      const [best] = rivals.flatMap(({ id, figures }) => ({ id, median: figures[instead ?? name]?.median })).filter(({ median }) => median !== undefined).toSorted((a, b) => a.median - b.median);
      return best ? { figure: name, ratio: figure / best.median, rival: best.id } : [];
    });
}

function ofMemory(ours, rivals) {
  return rivals.filter(({ memory }) => memory && ours.memory).map(({ id, memory }) => ({ figure: 'memory', ratio: ours.memory / memory, rival: id }));
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
