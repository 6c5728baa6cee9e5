/** Classes of the environment that calls take. Not every project has the declarations of browsers, or those of Node. */

/** A global class by its name where it is declared, else what matters of it. */
type Global<Name extends string, Else> = typeof globalThis extends { [K in Name]: { prototype: infer Instance } } ? Instance : Else;

export type Signal = Global<
  'AbortSignal',
  {
    readonly aborted: boolean;
    readonly reason: any;
    addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
    removeEventListener(type: 'abort', listener: () => void): void;
  }
>;

export type Address = Global<'URL', { readonly href: string }>;

export type WebWorker = Global<
  'Worker',
  {
    onmessage: ((event: any) => any) | null;
    onerror: ((event: any) => any) | null;
    postMessage(message: any): void;
    terminate(): void;
  }
>;

/** A `WebAssembly.Module`. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Instance } } } ? Instance : object;
