/** Starts workers, also where a page demands Trusted Types. */

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
