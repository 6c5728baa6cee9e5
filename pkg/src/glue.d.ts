declare module '#glue' {
  /** The code that wasm-bindgen generates, with state of its own for each instance of the engine. */
  export function createGlue(): import('./engine.js').Glue;
}
