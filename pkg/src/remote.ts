/** The page's side of an engine in a worker. */

import { DatabaseError, type WireError } from './error.js';
import { Notices } from './notices.js';
import type { Connection, FromWorker, Opening, Reply, Request, ToWorker, Why } from './protocol.js';
import { startTimer } from './timer.js';
import type { DatabaseInfo } from './types.js';

const WORKER_NAME = 'driftdb-wasm';

/** Starts the package's own worker. */
export function startWorker(url: string | URL | undefined): Worker {
  if (demandsTrust()) return new Worker(trusted(url ?? new URL('./worker.js', import.meta.url)), { type: 'module', name: WORKER_NAME });
  try {
    if (url !== undefined) return new Worker(url, { type: 'module', name: WORKER_NAME });
    // Written so that bundlers find the worker.
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'driftdb-wasm' });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new Worker(trusted(url ?? new URL('./worker.js', import.meta.url)), { type: 'module', name: WORKER_NAME });
  }
}

/** Whether the page says that it demands Trusted Types. A policy in a header is not seen here: it shows in the refusal. */
function demandsTrust(): boolean {
  if (typeof document === 'undefined') return false;
  const policies = document.querySelectorAll<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy" i]');
  return [...policies].some(({ content }) => content.includes('require-trusted-types-for'));
}

interface TrustedTypes {
  createPolicy(name: string, rules: object): TrustedPolicy;
}

interface TrustedPolicy {
  createScriptURL(url: string): unknown;
}

let policy: TrustedPolicy | undefined;

/** Under Trusted Types a worker's address must come from a policy; the page allows it by the name `driftdb-wasm`. */
function trusted(url: string | URL): URL {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (!trustedTypes) return new URL(url);
  policy ??= trustedTypes.createPolicy(WORKER_NAME, { createScriptURL: (text: string) => text });
  return policy.createScriptURL(String(url)) as URL;
}

export class Remote implements Connection {
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #calls = 0;
  #closed: Promise<void> | undefined;
  #gone: DatabaseError | undefined;
  readonly notices = new Notices();

  private constructor(
    readonly worker: Worker,
    readonly info: DatabaseInfo,
    /** Whether the worker is ours to end. */
    readonly own: boolean,
  ) {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = (event) => this.#lose(new DatabaseError('ENGINE_CRASHED', `the worker failed: ${event.message}`));
  }

  static open(worker: Worker, opening: Opening, own: boolean): Promise<Remote> {
    return new Promise((resolve, reject) => {
      const refuse = (error: DatabaseError) => {
        if (own) worker.terminate();
        reject(error);
      };
      worker.onerror = (event) => {
        const message = event.message ? `the worker failed: ${event.message}` : 'the worker could not be loaded';
        refuse(
          new DatabaseError('STORAGE_UNAVAILABLE', message, {
            hint: "serve 'worker.js' and 'shared.js' beside 'index.js' and allow them with the CSP 'worker-src', or use { worker: false }",
          }),
        );
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'opened') resolve(new Remote(worker, data.info, own));
        else if (data.type === 'failed') refuse(DatabaseError.fromWire(data.error));
      };
      const post = (message: ToWorker) => worker.postMessage(message);
      const { wasm } = opening;
      if (!(wasm instanceof Promise)) return post({ type: 'open', opening, moduleFollows: false });
      post({ type: 'open', opening: { ...opening, wasm: undefined }, moduleFollows: true });
      wasm.then(
        (module) => post({ type: 'module', module }),
        () => post({ type: 'module', module: undefined }),
      );
    });
  }

  call(request: Request, options: { signal?: AbortSignal | undefined; timeout?: number | undefined } = {}): Promise<Reply> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = (this.#calls += 1);
    return new Promise((resolve) => {
      const release: (() => void)[] = [];
      this.#waiting.set(id, (reply) => {
        for (const undo of release) undo();
        resolve(reply);
      });
      const cancel = (why: Why) => this.#post({ type: 'cancel', id, why });
      if (options.signal) {
        const aborted = () => cancel('CANCELLED');
        options.signal.addEventListener('abort', aborted, { once: true });
        release.push(() => options.signal?.removeEventListener('abort', aborted));
      }
      if (options.timeout !== undefined) {
        const timer = startTimer(options.timeout, () => cancel('TIMEOUT'));
        release.push(() => clearTimeout(timer));
      }
      this.#post({ type: 'call', id, request });
    });
  }

  close(): Promise<void> {
    this.#closed ??= new Promise<WireError | undefined>((resolve) => {
      if (this.#gone) return resolve(undefined);
      this.#resolveClose = resolve;
      this.#post({ type: 'close' });
    }).then((error) => {
      this.#lose(new DatabaseError('CLOSED', 'the database is closed'));
      if (this.own) this.worker.terminate();
      if (error) throw DatabaseError.fromWire(error);
    });
    return this.#closed;
  }
  #resolveClose: ((error?: WireError) => void) | undefined;

  #post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'reply': {
        const answer = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        answer?.(message.reply);
        break;
      }
      case 'commits':
        this.notices.tell(message.seq, message.stored);
        break;
      case 'closed':
        this.#resolveClose?.(message.error);
        break;
    }
  }

  /** Nothing will be answered any more. */
  #lose(error: DatabaseError): void {
    this.#gone ??= error;
    const { code, message, sqlstate } = error;
    for (const [id, answer] of this.#waiting) {
      this.#waiting.delete(id);
      answer({ results: new Uint8Array(), error: { code, message, sqlstate } });
    }
    this.#resolveClose?.();
    this.notices.wake(); // who waits for a commit waits in vain
  }
}
