/** How the page writes times, durations and counts. */

// By hand: making one of the browser's own formatters takes longer than the engine takes to answer.
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const digits = (number: number, count = 2): string => String(number).padStart(count, '0');

/** In the visitor's time zone. */
export function formatTime(time: Date): string {
  const date = `${time.getDate()} ${MONTHS[time.getMonth()]} ${time.getFullYear()}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => digits(part)).join(':');
  return `${date}, ${clock}.${digits(time.getMilliseconds(), 3)}`;
}

/** A whole number, in groups of three digits. */
export const formatCount = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${formatCount(number)} ${number === 1 ? one : many}`;
}

/** Who did it and why, as far as the commit says. */
export function formatMeta(meta: unknown): string {
  if (meta === null || meta === undefined) return '';
  if (typeof meta !== 'object') return String(meta);
  const { user, reason } = meta as { user?: unknown; reason?: unknown };
  const parts = [user, reason].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(': ') : JSON.stringify(meta);
}
