/**
 * Arrays: PostgreSQL's text of them, `{1,2,NULL,"a b"}`, to JavaScript's and back. Their elements become what
 * columns of their type do.
 */

import { types } from './oid.js';

/** Of the types of arrays, the type of the elements. */
const ELEMENTS: Readonly<Record<number, number>> = {
  199: types.JSON,
  1000: types.BOOL,
  1001: types.BYTEA,
  1005: types.INT2,
  1007: types.INT4,
  1009: types.TEXT,
  1015: types.VARCHAR,
  1016: types.INT8,
  1021: types.FLOAT4,
  1022: types.FLOAT8,
  1115: types.TIMESTAMP,
  1182: types.DATE,
  1183: 1083,
  1185: types.TIMESTAMPTZ,
  1187: 1186,
  1231: types.NUMERIC,
  2951: types.UUID,
  3807: types.JSONB,
};

/** The types of arrays of enumerated types begin here, and end at twice the number. */
const ENUMS = 2 ** 29;

/** How the texts of a type of arrays become arrays; `undefined` if it is not one. */
export function arrayConversion(oid: number): ((text: string) => unknown[]) | undefined {
  const element = ELEMENTS[oid] ?? (oid >= ENUMS && oid < 2 * ENUMS ? types.TEXT : undefined);
  return element === undefined ? undefined : (text) => read(text, (item) => convert(item, element));
}

function read(text: string, convert: (item: string) => unknown): unknown[] {
  const items: unknown[] = [];
  for (let at = 1; at < text.length - 1; at += 1) {
    if (text[at] !== '"') {
      let end = text.indexOf(',', at);
      if (end < 0) end = text.length - 1;
      const item = text.slice(at, end);
      items.push(item === 'NULL' ? null : convert(item));
      at = end;
      continue;
    }
    let item = '';
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1;
      item += text[at] as string;
    }
    items.push(convert(item));
    at += 1;
  }
  return items;
}

function convert(item: string, oid: number): unknown {
  switch (oid) {
    case types.BOOL:
      return item === 't';
    case types.INT2:
    case types.INT4:
    case types.FLOAT4:
    case types.FLOAT8:
      return Number(item);
    case types.INT8: {
      const number = Number(item);
      return Number.isSafeInteger(number) ? number : BigInt(item);
    }
    case types.DATE:
    case types.TIMESTAMP:
    case types.TIMESTAMPTZ:
      return date(item);
    case types.JSON:
    case types.JSONB:
      return JSON.parse(item);
    case types.BYTEA:
      return Uint8Array.from(item.slice(2).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    default:
      return item;
  }
}

const DATE = /^(\d+)-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(?:\+00)?( BC)?$/;

/** A time between two milliseconds belongs to the earlier one. */
function date(text: string): Date | number {
  const parts = DATE.exec(text);
  if (!parts) return text === 'infinity' ? Infinity : -Infinity;
  const part = (at: number) => Number(parts[at] ?? 0);
  const year = parts[8] === undefined ? part(1) : 1 - part(1);
  const result = new Date(0);
  result.setUTCFullYear(year, part(2) - 1, part(3));
  result.setUTCHours(part(4), part(5), part(6), Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3)));
  return result;
}

/** The text of an array with elements that JSON lacks; `undefined` where there are none such. */
export function arrayText(values: readonly unknown[]): string | undefined {
  const lacks = (value: unknown) =>
    typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) || value instanceof Uint8Array;
  return values.some(lacks) ? `{${values.map(item).join(',')}}` : undefined;
}

function item(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  let text = typeof value === 'string' ? value : JSON.stringify(value);
  if (value instanceof Date) text = value.toISOString();
  if (value instanceof Uint8Array) text = `\\x${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
