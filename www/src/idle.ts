/** What can wait until the page has answered. */

/** Not every browser tells when it is idle; then it is after this many milliseconds. */
const SOON_MS = 30;

/** Calls back when the browser has time left before the next frame, but within `timeout` milliseconds. */
export function whenIdle(callback: () => void, timeout: number): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(callback, { timeout });
  else setTimeout(callback, Math.min(SOON_MS, timeout));
}
