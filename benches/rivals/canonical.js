// Answers as text in which engines can be compared: some give a sum as a text of digits, a BigInt or a Date.

const DIGITS = 12;
/** Sums of fractions differ by the order in which they were added up. */
const TOLERANCE = 1e-8;

/** Rows by their columns' order. */
export function canonical(answer) {
  if (Array.isArray(answer)) return answer.map(canonical).join(';');
  if (answer instanceof Date) return answer.toISOString().slice(0, 10);
  if (answer !== null && typeof answer === 'object') return Object.values(answer).map(canonical).join(',');
  if (typeof answer === 'bigint' || typeof answer === 'number' || isNumeral(answer)) return Number(Number(answer).toPrecision(DIGITS)).toString();
  return String(answer);
}

/** Whether two of them say the same. */
export function alike(a, b) {
  if (a === b) return true;
  const [left, right] = [a, b].map((text) => text.split(/[,;]/));
  return left.length === right.length && left.every((value, place) => value === right[place] || near(Number(value), Number(right[place])));
}

function near(a, b) {
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

function isNumeral(answer) {
  return typeof answer === 'string' && /^-?\d+(\.\d+)?$/.test(answer);
}
