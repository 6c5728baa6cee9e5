/**
 * Parameters as the engine takes them: one buffer for any number of rows.
 *
 * ```text
 *   u32 rows | u32 columns | cells, row after row, 16 bytes each | bytes of texts and byte strings
 *   cell:  u32 kind | u32 length | f64 number, or i64, or u32 offset of the bytes in the buffer
 * ```
 *
 * The types of the parameters are the engine's business: it knows them from the statement, and raises
 * the errors of values that do not fit.
 */

import { arrayText } from './array.js';
import { DatabaseError, describe } from './error.js';
import { putText } from './text.js';
import type { Parameters } from './types.js';

/** Kinds of cells; `src/db/cells.rs` reads them. */
const Kind = { Null: 0, False: 1, True: 2, Number: 3, Integer: 4, Text: 5, Bytes: 6, Date: 7, Json: 8 } as const;

const HEADER = 8;
const CELL = 16;
const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;
const BYTES_MAX = 0x7fff_ffff;

/** Where the buffer is built: memory of its own, or the engine's. `views` must be read again after `reserve`. */
export interface Room {
  u8: Uint8Array;
  i32: Int32Array;
  f64: Float64Array;
  i64: BigInt64Array;
  /** Where the room begins in the views, in bytes: a multiple of 8. */
  start: number;
  /** Makes sure that there are `bytes` from `start` on, keeping what was written. */
  reserve(bytes: number): void;
}

/** Room in memory of its own, which grows by doubling. */
export class OwnRoom implements Room {
  u8!: Uint8Array;
  i32!: Int32Array;
  f64!: Float64Array;
  i64!: BigInt64Array;
  readonly start = 0;

  constructor(bytes: number) {
    this.#use(new ArrayBuffer(Math.ceil(bytes / 8) * 8));
  }

  reserve(bytes: number): void {
    if (bytes <= this.u8.length) return;
    const old = this.u8;
    this.#use(new ArrayBuffer(Math.ceil(Math.max(bytes, old.length * 2) / 8) * 8));
    this.u8.set(old);
  }

  #use(buffer: ArrayBuffer): void {
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
  }
}

/** Writes the rows, each of `columns` parameters, and returns the length in bytes. */
export function writeParameters(room: Room, rows: readonly Parameters[], columns: number): number {
  let end = HEADER + rows.length * columns * CELL;
  room.reserve(end);
  room.i32[room.start >>> 2] = rows.length;
  room.i32[(room.start >>> 2) + 1] = columns;
  let cell = HEADER;
  for (const row of rows) {
    if (row.length !== columns) throw wrongCount(row.length, columns);
    for (let column = 0; column < columns; column += 1) {
      end = writeCell(room, cell, end, row[column], column);
      cell += CELL;
    }
  }
  return end;
}

/** The rows in a buffer of their own, for the way to a worker. */
export function parametersBuffer(rows: readonly Parameters[], columns: number): Uint8Array<ArrayBuffer> {
  const room = new OwnRoom(HEADER + rows.length * columns * CELL + 256);
  const length = writeParameters(room, rows, columns);
  return room.u8.slice(0, length) as Uint8Array<ArrayBuffer>;
}

/** Writes one cell, its bytes at `end`, and returns the new end. */
function writeCell(room: Room, cell: number, end: number, value: unknown, column: number): number {
  const at = room.start + cell;
  switch (typeof value) {
    case 'number':
      room.i32[at >>> 2] = Kind.Number;
      room.f64[(at + 8) >>> 3] = value;
      return end;
    case 'string':
      room.i32[at >>> 2] = Kind.Text;
      return writeText(room, cell, end, value, column);
    case 'boolean':
      room.i32[at >>> 2] = value ? Kind.True : Kind.False;
      return end;
    case 'bigint':
      if (value >= I64_MIN && value <= I64_MAX) {
        room.i32[at >>> 2] = Kind.Integer;
        room.i64[(at + 8) >>> 3] = value;
        return end;
      }
      room.i32[at >>> 2] = Kind.Text;
      return writeText(room, cell, end, value.toString(), column);
    case 'object':
      try {
        return writeObject(room, cell, end, value, column);
      } catch (error) {
        if (error instanceof DatabaseError || error instanceof RangeError) throw error;
        // It is not even to be looked at, such as a revoked Proxy.
        throw new DatabaseError('WRONG_PARAMETERS', `parameter $${column + 1} cannot be read: ${describe(error)}`, { cause: error });
      }
    case 'undefined':
      throw new DatabaseError('WRONG_PARAMETERS', `parameter $${column + 1} is undefined`, {
        hint: 'use null for NULL',
      });
    default:
      throw new DatabaseError('WRONG_PARAMETERS', `parameter $${column + 1} is a ${typeof value}, which is not a value of SQL`);
  }
}

function writeObject(room: Room, cell: number, end: number, value: object | null, column: number): number {
  const at = room.start + cell;
  if (value === null) {
    room.i32[at >>> 2] = Kind.Null;
    return end;
  }
  if (isDate(value)) {
    const time = value.getTime();
    if (Number.isNaN(time)) {
      throw new DatabaseError('INVALID_DATETIME_FORMAT', `parameter $${column + 1} is an invalid Date`);
    }
    room.i32[at >>> 2] = Kind.Date;
    room.f64[(at + 8) >>> 3] = time;
    return end;
  }
  const bytes = asBytes(value);
  if (bytes) {
    room.i32[at >>> 2] = Kind.Bytes;
    return writeBytes(room, cell, end, bytes, column);
  }
  const text = Array.isArray(value) ? arrayText(value) : undefined;
  room.i32[at >>> 2] = text === undefined ? Kind.Json : Kind.Text;
  return writeText(room, cell, end, text ?? jsonText(value, column), column);
}

/** Also for a Date of another realm (a frame's, a test runner's), which is no `instanceof Date` here. */
function isDate(value: object): value is Date {
  return value instanceof Date || Object.prototype.toString.call(value) === '[object Date]';
}

function asBytes(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return new Uint8Array(value as ArrayBuffer);
  return undefined;
}

/** The JSON text of an object, or an error that names the parameter: of cycles, of a bigint in it. */
function jsonText(value: object, column: number): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new DatabaseError('WRONG_PARAMETERS', `parameter $${column + 1} has no JSON text: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (text === undefined) throw new DatabaseError('WRONG_PARAMETERS', `parameter $${column + 1} has no JSON text`);
  return text;
}

function writeBytes(room: Room, cell: number, end: number, bytes: Uint8Array, column: number): number {
  checkLength(end + bytes.length, column);
  room.reserve(end + bytes.length);
  room.u8.set(bytes, room.start + end);
  return finish(room, cell, end, bytes.length);
}

function writeText(room: Room, cell: number, end: number, text: string, column: number): number {
  checkLength(end + text.length * 3, column);
  return finish(room, cell, end, putText(room, end, text, parameterName, column));
}

function parameterName(column: number): string {
  return `parameter $${column + 1}`;
}

function finish(room: Room, cell: number, end: number, length: number): number {
  const at = (room.start + cell) >>> 2;
  room.i32[at + 1] = length;
  room.i32[at + 2] = end;
  room.i32[at + 3] = 0;
  return end + length;
}

function checkLength(bytes: number, column: number): void {
  if (bytes > BYTES_MAX) throw new DatabaseError('LIMIT_LENGTH', `the parameters up to $${column + 1} are larger than 2 GiB`);
}

export function wrongCount(given: number, expected: number): DatabaseError {
  const s = (count: number) => `${count} parameter${count === 1 ? '' : 's'}`;
  return new DatabaseError('WRONG_PARAMETERS', `the statement takes ${s(expected)}, but ${s(given)} were given`);
}
