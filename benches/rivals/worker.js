// Runs one visit of one workload on one engine, and posts `{ figures, checks }`, or `{ error }`.

import { ENGINES } from './engines.js';
import { WORKLOADS } from './workloads.js';
import { wasmBytes } from './memory.js';
import { canonical } from './canonical.js';

const asked = new URL(location.href).searchParams;
const engine = ENGINES.find(({ id }) => id === asked.get('engine'));
const workload = WORKLOADS.find(({ id }) => id === asked.get('workload'));

/** What a workload is given: how to open the engine, how large to be, and where to put what it finds. */
class Bench {
  engine = engine;
  scale = Number(asked.get('scale'));
  options = workload.options ?? {};
  /** Milliseconds, or what the workload's unit says; less is better. `{ failed }` where the engine cannot. */
  figures = {};
  /** Answers that every engine must give alike; undefined where it could give none. */
  checks = {};
  #adapter;

  async open() {
    this.#adapter = await import(`./adapters/${engine.adapter}.js`);
    return this.#adapter.open(engine.options);
  }

  get dialect() {
    return this.#adapter.dialect;
  }

  /** So many of what a full run takes. */
  scaled(count, least = 1) {
    return Math.max(least, Math.round(count * this.scale));
  }

  /** Milliseconds since the page was navigated to. */
  sinceNavigation() {
    return performance.timeOrigin + performance.now() - Number(asked.get('origin'));
  }

  figure(name, value) {
    this.figures[name] = value;
  }

  check(name, answer) {
    if (answer !== undefined) this.checks[name] = canonical(answer);
  }

  /** Takes the time of an action, and answers what it answers; what fails is told as that, and answers nothing. */
  async time(name, action) {
    const start = performance.now();
    try {
      const answer = await action();
      this.figure(name, performance.now() - start);
      return answer;
    } catch (error) {
      this.figure(name, { failed: String(error?.message ?? error).slice(0, 200) });
      return undefined;
    }
  }

  /** Takes the time of a call again and again, up to so many times or milliseconds: microseconds of one. */
  async repeat(name, { times, limit = Infinity }, call) {
    const start = performance.now();
    let place = 0;
    try {
      while (place < times && (place % 16 !== 0 || performance.now() - start < limit)) {
        const answer = call(place);
        if (answer instanceof Promise) await answer;
        place += 1;
      }
      this.figure(name, ((performance.now() - start) * 1000) / place);
    } catch (error) {
      this.figure(name, { failed: String(error?.message ?? error).slice(0, 200) });
    }
    return place;
  }
}

try {
  const bench = new Bench();
  const { visits } = await import(`./workloads/${workload.module}`);
  await visits[Number(asked.get('visit'))](bench);
  postMessage({ figures: bench.figures, checks: bench.checks, memory: wasmBytes() });
} catch (error) {
  postMessage({ error: `${error?.message ?? error}\n${error?.stack ?? ''}` });
}
