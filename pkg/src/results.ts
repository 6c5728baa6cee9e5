/**
 * Results as the engine gives them: columns in one buffer, which become rows here.
 *
 * ```text
 *   0  u32 bytes in all   u32 rows   u32 columns   u32 status
 *  16  f64 affected rows   f64 seq, -1 for none
 *  32  u32 offset and u32 length of the text   u32 UTF-16 units of the command   u32 1 without names
 *  48  for each column 32 bytes:
 *        u32 OID   u32 kind   u32 offset of the values   u32 offset of the validity bits, 0 without NULLs
 *        u32 start and u32 end of the name in the text   u32 offset of the byte strings   u32 0
 *      the values, each array on a multiple of 8
 *      the text: the command, the names, the strings; decoded once and cut by UTF-16 positions
 * ```
 *
 * `src/db/encode` writes it. A kind says how the values lie there, the OID what they mean. Types for
 * which there is a parser were asked for as text, and are texts here.
 */

import { arrayConversion } from './array.js';
import { types } from './oid.js';
import type { Field, Parsers, Results, RowMode } from './types.js';

const Kind = { Bool: 1, I32: 2, F64: 3, I64: 4, Text: 5, Bytes: 6 } as const;

const HEADER = 48;
const COLUMN = 32;

/** Bits of the header's status word: where the session stands after the statement. */
export const Status = { InTransaction: 1, Failed: 2, Committed: 4 } as const;

/** A buffer and its views; the bytes of a result begin at a multiple of 8. */
export class Views {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  #i64: BigInt64Array | undefined;

  constructor(readonly buffer: ArrayBufferLike) {
    const whole = buffer.byteLength - (buffer.byteLength % 8);
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer, 0, whole / 4);
    this.u32 = new Uint32Array(buffer, 0, whole / 4);
    this.f64 = new Float64Array(buffer, 0, whole / 8);
  }

  get i64(): BigInt64Array {
    return (this.#i64 ??= new BigInt64Array(this.buffer, 0, this.f64.length));
  }
}

export interface RowOptions {
  rowMode: RowMode;
  /** `undefined` when there are none. */
  parsers: Parsers | undefined;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** One column of a result, with what is needed to read a cell of it. */
interface Column {
  kind: number;
  /** How a value of this kind becomes JavaScript's; undefined when it already is. */
  convert: ((value: any) => unknown) | undefined;
  /** The place of the values: in bytes for `Bool` and `Bytes`, else in elements of the kind's view. */
  values: number;
  /** The place of the validity bits in bytes; 0 when there are none. */
  validity: number;
  /** For `Bytes`: where the byte strings begin. */
  bytes: number;
}

/** One result of a statement, over the buffer that it lies in. */
export class Table {
  readonly rows: number;
  readonly length: number;
  readonly status: number;
  /** Whether names and command were left out, and are those known from before. */
  readonly terse: boolean;
  readonly affectedRows: number;
  readonly seq: number | null;
  readonly command: string;
  readonly fields: Field[];
  readonly #views: Views;
  readonly #text: string;
  readonly #columns: Column[];

  /** Reads the result at `start`. `known` has the fields and the command, where the buffer leaves them out. */
  constructor(views: Views, start: number, options: RowOptions, known?: { fields: Field[]; command: string }) {
    const u32 = views.u32;
    const word = start >>> 2;
    this.#views = views;
    this.length = u32[word] as number;
    this.rows = u32[word + 1] as number;
    this.status = u32[word + 3] as number;
    this.affectedRows = views.f64[(start + 16) >>> 3] as number;
    const seq = views.f64[(start + 24) >>> 3] as number;
    this.seq = seq < 0 ? null : seq;
    const textStart = start + (u32[word + 8] as number);
    this.#text = decode(views.u8, textStart, textStart + (u32[word + 9] as number));
    this.terse = known !== undefined && u32[word + 11] === 1;
    const fields: Field[] = this.terse ? (known as { fields: Field[] }).fields : [];
    this.command = this.terse ? (known as { command: string }).command : this.#text.slice(0, u32[word + 10]);
    const columns = u32[word + 2] as number;
    this.#columns = [];
    for (let index = 0; index < columns; index += 1) {
      const at = (start + HEADER + index * COLUMN) >>> 2;
      const oid = u32[at] as number;
      if (!this.terse) fields.push({ name: this.#text.slice(u32[at + 4], u32[at + 5]), dataTypeID: oid });
      this.#columns.push(column(u32, at, start, oid, options.parsers));
    }
    this.fields = fields;
  }

  /** The value in a place, as JavaScript's. */
  cell(index: number, row: number): unknown {
    const column = this.#columns[index] as Column;
    if (column.validity !== 0 && !isValid(this.#views.u8, column.validity, row)) return null;
    const value = this.#raw(column, row);
    return column.convert === undefined ? value : column.convert(value);
  }

  /** A text that cells of columns of one type have in common if nobody can tell their values apart, and only then. */
  print(index: number, row: number): string {
    const column = this.#columns[index] as Column;
    if (column.validity !== 0 && !isValid(this.#views.u8, column.validity, row)) return 'n';
    const value = this.#raw(column, row);
    if (value instanceof Uint8Array) return `b${value.join()}`;
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'bigint' && column.convert === bigMicros) return value === INFINITY ? 'Infinity' : value === NEG_INFINITY ? '-Infinity' : String(value);
    return String(value).replaceAll('\\', '\\\\').replaceAll(',', '\\,');
  }

  #raw(column: Column, row: number): unknown {
    const views = this.#views;
    const at = column.values + row;
    switch (column.kind) {
      case Kind.Bool:
        return views.u8[at] === 1;
      case Kind.I32:
        return views.i32[at];
      case Kind.F64:
        return views.f64[at];
      case Kind.I64:
        return views.i64[at];
      case Kind.Text:
        return this.#text.slice(views.u32[at], views.u32[at + 1]);
      default:
        return views.u8.slice(column.bytes + (views.u32[at] as number), column.bytes + (views.u32[at + 1] as number));
    }
  }

  /** All values of a column. */
  values(index: number): ArrayLike<unknown> {
    const column = this.#columns[index] as Column;
    const { kind, convert, validity } = column;
    if (validity === 0 && convert === undefined && kind === Kind.I32) return this.#views.i32.subarray(column.values, column.values + this.rows);
    if (validity === 0 && convert === undefined && kind === Kind.F64) return this.#views.f64.subarray(column.values, column.values + this.rows);
    if (validity === 0 && convert === undefined && kind === Kind.Text) return this.#texts(column);
    const values = new Array<unknown>(this.rows);
    for (let row = 0; row < this.rows; row += 1) values[row] = this.cell(index, row);
    return values;
  }

  #texts(column: Column): string[] {
    const text = this.#text;
    const ends = this.#views.u32;
    const values = new Array<string>(this.rows);
    let start = ends[column.values] as number;
    for (let row = 0; row < this.rows; row += 1) {
      const end = ends[column.values + row + 1] as number;
      values[row] = text.slice(start, end);
      start = end;
    }
    return values;
  }

  /** One row by its place, from column `first` on. */
  row(row: number, rowMode: RowMode, first = 0): unknown {
    const columns = this.#columns.length;
    if (rowMode === 'array') {
      const values = new Array<unknown>(columns - first);
      for (let index = first; index < columns; index += 1) values[index - first] = this.cell(index, row);
      return values;
    }
    const object: Record<string, unknown> = {};
    for (let index = first; index < columns; index += 1) {
      set(object, (this.fields[index] as Field).name, this.cell(index, row));
    }
    return object;
  }

  /** All rows; many are built column by column. */
  allRows(rowMode: RowMode): unknown[] {
    const rows = new Array<unknown>(this.rows);
    if (this.rows < 16) {
      for (let row = 0; row < this.rows; row += 1) rows[row] = this.row(row, rowMode);
      return rows;
    }
    const columns = this.#columns.map((_, index) => this.values(index));
    return rowMode === 'array' ? asArrays(rows, columns) : asObjects(rows, columns, this.fields);
  }

  results<T>(rowMode: RowMode): Results<T> {
    return {
      rows: this.allRows(rowMode) as T[],
      fields: this.fields,
      affectedRows: this.affectedRows,
      seq: this.seq,
      command: this.command,
    };
  }
}

/** Every result in a buffer, one after another. One like that before it leaves out the names. */
export function* tables(bytes: Uint8Array, options: RowOptions): Generator<Table> {
  const views = new Views(bytes.buffer);
  const end = bytes.byteOffset + bytes.byteLength;
  let last: Table | undefined;
  for (let start = bytes.byteOffset; start < end; ) {
    const table = new Table(views, start, options, last);
    yield table;
    start += table.length;
    last = table;
  }
}

function asArrays(rows: unknown[], columns: ArrayLike<unknown>[]): unknown[] {
  for (let row = 0; row < rows.length; row += 1) {
    const values = new Array<unknown>(columns.length);
    for (let index = 0; index < columns.length; index += 1) values[index] = (columns[index] as ArrayLike<unknown>)[row];
    rows[row] = values;
  }
  return rows;
}

/**
 * Each row is a copy of the one before it with other values, so that all share one hidden class from
 * the start.
 */
function asObjects(rows: unknown[], columns: ArrayLike<unknown>[], fields: Field[]): unknown[] {
  const names = fields.map((field) => field.name);
  let template: Record<string, unknown> = {};
  for (const name of names) set(template, name, null);
  const proto = names.includes('__proto__');
  for (let row = 0; row < rows.length; row += 1) {
    const object: Record<string, unknown> = { ...template };
    for (let index = 0; index < columns.length; index += 1) {
      const value = (columns[index] as ArrayLike<unknown>)[row];
      if (proto) set(object, names[index] as string, value);
      else object[names[index] as string] = value;
    }
    rows[row] = object;
  }
  return rows;
}

/** Sets a property of the object's own. `object['__proto__'] = …` would change its prototype instead. */
function set(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

/** Short ASCII is put together here: the decoder takes longer to be asked than to answer. */
function decode(u8: Uint8Array, start: number, end: number): string {
  if (end === start) return '';
  if (end - start <= 24) {
    let text = '';
    let index = start;
    for (; index < end; index += 1) {
      const byte = u8[index] as number;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (index === end) return text;
  }
  return decoder.decode(u8.subarray(start, end));
}

function isValid(u8: Uint8Array, validity: number, row: number): boolean {
  return (((u8[validity + (row >>> 3)] as number) >> (row & 7)) & 1) === 1;
}

function column(u32: Uint32Array, at: number, start: number, oid: number, parsers: Parsers | undefined): Column {
  const kind = u32[at + 1] as number;
  const values = start + (u32[at + 2] as number);
  const validity = u32[at + 3] as number;
  const shift = kind === Kind.I32 || kind === Kind.Text || kind === Kind.Bytes ? 2 : kind === Kind.Bool ? 0 : 3;
  return {
    kind,
    convert: (kind === Kind.Text && parsers?.[oid]) || conversion(oid, kind),
    values: values >>> shift,
    validity: validity === 0 ? 0 : start + validity,
    bytes: start + (u32[at + 6] as number),
  };
}

function conversion(oid: number, kind: number): ((value: any) => unknown) | undefined {
  switch (oid) {
    case types.DATE:
      return kind === Kind.Text ? undefined : days;
    case types.TIMESTAMP:
    case types.TIMESTAMPTZ:
      return kind === Kind.F64 ? micros : kind === Kind.I64 ? bigMicros : undefined;
    case types.JSON:
    case types.JSONB:
      return JSON.parse;
    default:
      return kind === Kind.I64 ? integer : kind === Kind.Text ? arrayConversion(oid) : undefined;
  }
}

function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function days(value: number): Date | number {
  return Number.isFinite(value) ? new Date(value * 86_400_000) : value;
}

/** A time between two milliseconds belongs to the earlier one. */
function micros(value: number): Date | number {
  return Number.isFinite(value) ? new Date(Math.floor(value / 1000)) : value;
}

const INFINITY = 2n ** 63n - 1n;
const NEG_INFINITY = -(2n ** 63n);

function bigMicros(value: bigint): Date | number {
  if (value === INFINITY) return Infinity;
  if (value === NEG_INFINITY) return -Infinity;
  const rest = ((value % 1000n) + 1000n) % 1000n;
  return new Date(Number((value - rest) / 1000n));
}
