/** What differs between a browser and Node, given by the entry point that was loaded. */

import type { Opening } from './protocol.js';
import type { OpenStorage } from './storage/storage.js';

export interface Platform {
  /** The engine's module, from where it lies beside the package's JavaScript. */
  loadWasm(): Promise<WebAssembly.Module>;
  openDirectory?: (name: string, create: boolean) => Promise<OpenStorage>;
  deleteDirectory?: (name: string) => Promise<void>;
  /** One name for each directory, however a URL spells it. */
  directoryKey?: (name: string) => string;
  /** Calls back when everything that is waiting now has been dealt with. */
  soon(callback: () => void): void;
}

let current: Platform | undefined;

export function usePlatform(platform: Platform): void {
  current = platform;
}

export function platform(): Platform {
  if (!current) throw new Error('the package was not loaded through its entry point');
  return current;
}

/** A turn of the event loop, without the four milliseconds that nested timers cost. */
export function messageSoon(): (callback: () => void) => void {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    channel.port2.postMessage(0);
  };
}

/** Compiles what `wasm` names, or what the platform has. */
export async function compileWasm(wasm: Opening['wasm']): Promise<WebAssembly.Module> {
  if (wasm === undefined) return platform().loadWasm();
  if (wasm instanceof Promise) return wasm.catch(() => platform().loadWasm());
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm === 'string') return compileFrom(wasm);
  return WebAssembly.compile(wasm);
}

/** While it downloads, if the server names the right type; else afterwards. */
export async function compileFrom(address: string): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
  if (response.headers.get('content-type')?.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
