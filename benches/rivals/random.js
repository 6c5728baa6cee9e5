/** Whole numbers below a bound, the same ones for every engine and run. */
export function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (state * 48271) % 2147483647;
    return state % bound;
  };
}
