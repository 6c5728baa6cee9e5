/** How the page writes times, durations and counts. */

const stamp = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});
const count = new Intl.NumberFormat('en-US');

export const formatTime = (time: Date): string => stamp.format(time);
export const formatCount = (number: number): string => count.format(number);

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
