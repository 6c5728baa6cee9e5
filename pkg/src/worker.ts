/** The worker's side: one engine, spoken to by messages. */

import { toWire } from './error.js';
import { Host } from './host.js';
import { compileFrom, messageSoon, usePlatform } from './platform.js';
import type { FromWorker, ToWorker, Why } from './protocol.js';

usePlatform({
  loadWasm: () => compileFrom(new URL('./driftdb.wasm', import.meta.url).href),
  soon: messageSoon(),
});

let host: Promise<Host> | undefined;
let moduleCame: ((module: WebAssembly.Module | undefined) => void) | undefined;
const cancels = new Map<number, (why: Why) => void>();

const post = (message: FromWorker, transfer: Transferable[] = []) =>
  (globalThis as unknown as { postMessage(message: FromWorker, transfer: Transferable[]): void }).postMessage(message, transfer);

globalThis.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'open':
      if (data.moduleFollows) data.opening.wasm = comingModule();
      host = Host.open(data.opening, data.known);
      host.then(
        (opened) => {
          opened.notices.add((seq, stored) => post({ type: 'commits', seq, stored }));
          post({ type: 'opened', info: opened.info, seq: opened.lastSeq });
        },
        (error: unknown) => post({ type: 'failed', error: toWire(error) }),
      );
      break;
    case 'module':
      moduleCame?.(data.module);
      break;
    case 'call':
      void answer(data.id, data);
      break;
    case 'cancel':
      cancels.get(data.id)?.(data.why);
      break;
    case 'listen':
      post({ type: 'listening' });
      break;
    case 'close':
      void host
        ?.then((opened) => opened.close())
        .then(
          () => post({ type: 'closed' }),
          (error: unknown) => post({ type: 'closed', error: toWire(error) }),
        );
      break;
  }
};

function comingModule(): Promise<WebAssembly.Module> {
  return new Promise((resolve, reject) => {
    moduleCame = (module) => (module ? resolve(module) : reject(new Error('the page could not load it')));
  });
}

async function answer(id: number, { request }: { request: Parameters<Host['call']>[0] }): Promise<void> {
  try {
    const opened = await (host as Promise<Host>);
    const reply = await opened.call(request, { onBegin: (cancel) => void cancels.set(id, cancel) });
    const inTransaction = 'session' in request && opened.isInTransaction(request.session);
    // A copy is cheaper than handing over a small buffer.
    const transfer = reply.results.byteLength > 4096 ? [reply.results.buffer as ArrayBuffer] : [];
    post({ type: 'reply', id, reply, inTransaction }, transfer);
  } catch (error) {
    post({ type: 'reply', id, reply: { results: new Uint8Array(), error: toWire(error) }, inTransaction: false });
  } finally {
    cancels.delete(id);
  }
}
