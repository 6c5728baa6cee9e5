/** Values between the engine and the page: shown as PostgreSQL prints them, and written back as SQL literals. */

import type { Parsers } from 'driftdb-wasm';
import { quoteText } from './sql';

/** Type OIDs whose text says more than the JavaScript value: bytea, json, date, timestamp, timestamptz, jsonb. */
const TEXT_SAYS_MORE = [17, 114, 1082, 1114, 1184, 3802];

/** Parsers that keep those as text; everything else comes as a number, string, boolean or bigint. */
export const asPrinted: Parsers = Object.fromEntries(TEXT_SAYS_MORE.map((oid) => [oid, (text: string) => text]));

/** How the page asks for rows. */
export const asRows = { rowMode: 'array', parsers: asPrinted } as const;

/** int8, int2, int4, float4, float8, numeric, oid: aligned right. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);

export function isNumberType(oid: number): boolean {
  return NUMBERS.has(oid);
}

/** What a cell shows; NULL is the caller's to show. */
export function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value !== null && typeof value === 'object') return JSON.stringify(value) ?? String(value);
  return String(value);
}

/** The value as SQL text, as it came through {@link asPrinted}. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  return quoteText(printed(value));
}

/** Rows as text that spreadsheets read. */
export function toCsv(names: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown): string => {
    if (value === null || value === undefined) return '';
    const text = printed(value);
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}
