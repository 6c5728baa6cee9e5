// Medians over the rounds, and whether every engine answered the same.

import { alike } from './canonical.js';

/** By workload and engine, in the order of the tables; each workload with its own circumstances, for it may be measured alone. */
export function summarise(outcomes, { engines, workloads, ...circumstances }) {
  return {
    engines: engines.map(({ id, name, storage, durability, package: from = 'driftdb-wasm', ours = false }) => ({ id, name, storage, durability, package: from, ours })),
    workloads: workloads.map(({ id, title, unit, skip }) => ({
      id,
      title,
      unit,
      ...circumstances,
      minutes: outcomes.filter(({ workload }) => workload === id).reduce((sum, { took }) => sum + took, 0) / 60_000,
      differences: differences(outcomes.filter(({ workload }) => workload === id)),
      left: engines.flatMap((engine) => (skip?.(engine) ? [{ id: engine.id, why: skip(engine) }] : [])),
      engines: engines.flatMap((engine) => {
        const runs = outcomes.filter((outcome) => outcome.workload === id && outcome.engine === engine.id);
        return runs.length > 0 ? [{ id: engine.id, rounds: runs.length, ...figuresOf(runs) }] : [];
      }),
    })),
  };
}

function figuresOf(runs) {
  const error = runs.find((run) => run.error)?.error.split('\n')[0];
  if (error) return { error, figures: {}, memory: null };
  const figures = {};
  for (const name of Object.keys(runs[0].figures)) {
    const values = runs.map((run) => run.figures[name]);
    const failed = values.find((value) => value?.failed)?.failed;
    const numbers = values.filter((value) => typeof value === 'number').toSorted((a, b) => a - b);
    figures[name] = failed || numbers.length === 0 ? { failed: failed ?? 'no figure' } : { median: median(numbers), least: numbers[0], most: numbers.at(-1) };
  }
  return { figures, memory: Math.max(...runs.map((run) => run.memory ?? 0)) || null };
}

export function median(sorted) {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `found` with the workloads of `before` that were not measured again. */
export function merge(before, found, workloads) {
  if (!before) return found;
  const of = (results, id) => results.workloads.find((workload) => workload.id === id);
  return {
    engines: found.engines,
    workloads: workloads.flatMap(({ id }) => of(found, id) ?? of(before, id) ?? []),
    downloads: { ...before.downloads, ...found.downloads },
  };
}

/** Which engine gave another answer than most, and to what. */
function differences(outcomes) {
  const questions = new Map();
  for (const { workload, engine, checks = {} } of outcomes)
    for (const [name, answer] of Object.entries(checks)) {
      const key = `${workload}: ${name}`;
      const answers = questions.get(key) ?? questions.set(key, []).get(key);
      const same = answers.find((given) => alike(given.answer, answer));
      if (same) same.who.add(engine);
      else answers.push({ answer, who: new Set([engine]) });
    }
  return [...questions].flatMap(([key, answers]) => {
    const [usual, ...others] = answers.toSorted((a, b) => b.who.size - a.who.size);
    return others.map(({ answer, who }) => `${key}: ${[...who].join(', ')}\n    ${shortened(answer)}\n    ${shortened(usual.answer)}`);
  });
}

function shortened(answer) {
  return answer.length > 200 ? `${answer.slice(0, 200)}…` : answer;
}
