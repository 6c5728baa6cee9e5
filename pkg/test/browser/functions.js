// Functions that an engine loads from a module, in Node and in a worker.

export const slug = (title) => title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

export default (...values) => values.join('|');

export const median = {
  init: () => [],
  step: (all, value) => void all.push(value),
  finalize: (all) => all.sort((a, b) => a - b)[all.length >> 1] ?? null,
};

export const where = () => (typeof document === 'undefined' ? 'no page' : 'page');

export const never = () => {
  for (;;);
};

export const text = 'no function';
