/**
 * One instance of the WebAssembly engine: requests go into its memory, results come out of it. An
 * exception from it, unlike an error, means that the instance can no longer be trusted.
 */

import { DatabaseError, describe, type WireError } from './error.js';
import { Routines } from './functions.js';
import type { WireMoment } from './moment.js';
import type { Room } from './parameters.js';
import { type RowOptions, Table, Views } from './results.js';
import { putText } from './text.js';
import type { Piece, Wanted } from './storage/idb.js';
import type { Field, Recovery } from './types.js';

/** What the engine calls back: the clock, chance, and the files. All of it synchronous; none of it throws. */
export interface Callbacks {
  /** Milliseconds since 1970. */
  now(): number;
  random(pointer: number, length: number): void;
  panicked(message: string): void;
  fileCount(): number;
  fileLength(file: number): number;
  /** Bytes read, or a negative number for a failure that `failure` describes. */
  read(file: number, offset: number, pointer: number, length: number): number;
  write(file: number, offset: number, pointer: number, length: number): number;
  /** Makes a file empty. */
  clear(file: number): number;
  flush(): number;
  requestFiles(count: number): void;
  failure(): string;
  /** Asks a function, or an aggregate's states, about the rows of a table in memory; answers cells. */
  ask(number: number, table: number): Uint8Array;
  /** The number of new states of an aggregate. */
  begin(number: number): number;
  /** What the states of groups come to. */
  finish(number: number, start: number, end: number): Uint8Array;
  release(number: number): void;
}

/** The class that `src/wasm/engine.rs` exports. */
export interface WasmEngine {
  free(): void;
  /** Room for a request or parameters; keeps what is in it, unless asked for none. Answers the pointer, 0 if there is no room. */
  input(bytes: number): number;
  output(): number;
  output_length(): number;
  /** The last error as JSON. */
  failure(): string;
  open(): number;
  begin_session(): number;
  end_session(session: number): void;
  in_transaction(session: number): boolean;
  prepare(session: number, length: number): number;
  forget(session: number, statement: number): void;
  start(session: number, length: number): number;
  step(task: number, budget: number): number;
  /** `start`, and `step` to the end, or the short way; with `onlyShort` the answer is `Again` where that does not do. Its result is for `runTable`. */
  run(session: number, length: number, onlyShort: boolean): number;
  cancel(task: number, why: number): void;
  execute(session: number, statement: number, length: number): number;
  ask(session: number, length: number): number;
  /** Registers the function with a number, or takes one out; the input says which. */
  define(number: number, flags: number, length: number): number;
  flush(): number;
  /** Writes what was committed, which counts as durable from then on; `flush` is to follow soon. */
  write(): number;
  applied_seq(): number;
  /** -2 once storage has failed. */
  durable_seq(): number;
  /** What opening found in storage, as the JSON of a `Recovery`; `null` where nothing is stored. */
  recovery(): string;
  maintain(milliseconds: number): number;
  close(): number;
  /** Only over pieces (IndexedDB): hands in a stored piece, before `open`, or the bytes that were wanted. */
  load_piece(file: number, offset: number, length: number): number;
  /**
   * Takes the pieces written since the last call: in the output, for each u32 file, u32 length, f64 offset, the bytes, padding to 8.
   * Before them, without bytes, what is wanted once they are stored; or a length of 0.
   */
  take_pieces(): number;
  /** Has the requests of kind `salvage` write all that there is to another storage. */
  begin_salvage(callbacks: Callbacks, storage: number): number;
  /** Has the three around this be about the pieces of that storage, or the database's own again. */
  swap_pieces(): void;
  pieces_stored(ticket: number, hasRoom: boolean): void;
}

export interface Glue {
  initSync(module: { module: WebAssembly.Module }): { memory: WebAssembly.Memory };
  Engine: new (callbacks: Callbacks, storage: number, salvage: boolean, isKnown: boolean, memory: number) => WasmEngine;
}

/** What `step`, `open`, `flush` and the like answer. */
export const Answer = { Done: 0, Again: 1, Waiting: 2, Failed: 3 } as const;

/** Which storage the engine is made with; the constants of `src/wasm/engine.rs`. */
export const StorageCode = { memory: 0, files: 1, pieces: 2 } as const;

/** What an engine is handed of a storage: it fills in the rest. */
export type FileCallbacks = Omit<Callbacks, 'random' | 'panicked' | 'ask' | 'begin' | 'finish' | 'release'>;

export class Engine {
  readonly wasm: WasmEngine;
  readonly routines = new Routines();
  readonly #memory: WebAssembly.Memory;
  readonly #room: EngineRoom;
  #views: Views;
  #panic: string | undefined;
  #known: { fields: Field[]; command: string } | undefined;

  constructor(glue: Glue, module: WebAssembly.Module, callbacks: FileCallbacks, storage: number, salvage: boolean, isKnown: boolean, memory: number) {
    this.#memory = glue.initSync({ module }).memory;
    this.#views = new Views(this.#memory.buffer);
    this.wasm = new glue.Engine(this.#whole(callbacks), storage, salvage, isKnown, memory);
    this.#room = new EngineRoom(this);
  }

  #whole(callbacks: FileCallbacks): Callbacks {
    return {
      now: () => callbacks.now(),
      fileCount: () => callbacks.fileCount(),
      fileLength: (file) => callbacks.fileLength(file),
      read: (file, offset, pointer, length) => callbacks.read(file, offset, pointer, length),
      write: (file, offset, pointer, length) => callbacks.write(file, offset, pointer, length),
      clear: (file) => callbacks.clear(file),
      flush: () => callbacks.flush(),
      requestFiles: (count) => callbacks.requestFiles(count),
      failure: () => callbacks.failure(),
      ask: (number, table) => this.routines.ask(number, () => Routines.rows(this.views, table)),
      begin: (number) => this.routines.begin(number),
      finish: (number, start, end) => this.routines.finish(number, start, end),
      release: (number) => this.routines.release(number),
      random: (pointer, length) => void crypto.getRandomValues(this.bytes(pointer, length)),
      panicked: (message) => {
        this.#panic = message;
      },
    };
  }

  /** Has requests of kind `salvage` write all that there is to another storage. */
  beginSalvage(callbacks: FileCallbacks, storage: number): void {
    if (this.wasm.begin_salvage(this.#whole(callbacks), storage) === Answer.Failed) throw DatabaseError.fromWire(this.takeError());
  }

  /** Views of the memory as it is now: they end when it grows. */
  get views(): Views {
    if (this.#views.buffer !== this.#memory.buffer) this.#views = new Views(this.#memory.buffer);
    return this.#views;
  }

  /** A part of the memory, good until the engine is called again. */
  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer, pointer, length);
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Room for parameters in the engine's memory. */
  room(): Room {
    this.#room.restart();
    return this.#room;
  }

  /** A copy of the output. */
  takeOutput(): Uint8Array<ArrayBuffer> {
    const start = this.wasm.output();
    return this.bytes(start, this.wasm.output_length()).slice();
  }

  /** The first result in the output, read where it lies: before any other call. */
  outputTable(options: RowOptions, known?: { fields: Field[]; command: string }): Table {
    return new Table(this.views, this.wasm.output(), options, known);
  }

  /** The same of what `run` answered, which leaves out command and names where those of its last result hold again. */
  runTable(options: RowOptions): Table {
    const table = this.outputTable(options, this.#known);
    if (!table.terse) this.#known = { fields: table.fields, command: table.command };
    return table;
  }

  /** The pieces written since the last call, as copies; the ticket that is durable once they are stored; what is `wanted` then. */
  takePieces(): { ticket: number; pieces: Piece[]; wanted: Wanted } {
    const ticket = this.wasm.take_pieces();
    const output = this.takeOutput();
    const view = new DataView(output.buffer);
    const head = (at: number): Wanted => ({ file: view.getUint32(at, true), offset: view.getFloat64(at + 8, true), length: view.getUint32(at + 4, true) });
    const pieces = [];
    for (let at = 16; at < output.length; ) {
      const { file, offset, length } = head(at);
      pieces.push({ file, offset, bytes: output.slice(at + 16, at + 16 + length) });
      at += 16 + Math.ceil(length / 8) * 8;
    }
    return { ticket, pieces, wanted: head(0) };
  }

  /** Hands in a piece that was stored. */
  loadPiece({ file, offset, bytes }: Piece): void {
    const room = this.room();
    room.reserve(bytes.length);
    room.u8.set(bytes, room.start);
    if (this.wasm.load_piece(file, offset, bytes.length) === Answer.Failed) throw DatabaseError.fromWire(this.takeError());
  }

  /** What opening found in storage; null where nothing is stored. */
  recovery(): Recovery | null {
    return JSON.parse(this.wasm.recovery()) as Recovery | null;
  }

  takeError(): WireError {
    const told = Object.entries(JSON.parse(this.wasm.failure()) as WireError);
    return Object.fromEntries(told.filter(([, value]) => value !== null)) as unknown as WireError;
  }

  /** What to tell of an exception that came out of the engine: why, and by the numbers of the engine's functions where. */
  crash(thrown: unknown): DatabaseError {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    const detail = [this.#panic ?? describe(thrown), stack].filter(Boolean).join('\n');
    return new DatabaseError('ENGINE_CRASHED', 'the engine failed and was discarded; the next call opens it anew from storage', {
      detail,
      cause: thrown,
    });
  }

  /** Registers a function; the text says which. */
  define(number: number, flags: number, text: string): void {
    const length = putText(this.room(), 0, text, () => 'the name of a function');
    if (this.wasm.define(number, flags, length) === Answer.Failed) throw DatabaseError.fromWire({ ...this.takeError(), statementIndex: undefined });
  }

  /** Writes a request into the engine's memory and returns its length. */
  writeRequest(request: EngineRequest): number {
    return writeRequest(this, request);
  }
}

/** Bytes of room for requests that are kept between them. */
const ROOM_KEPT = 1 << 20;

class EngineRoom implements Room {
  u8!: Uint8Array;
  i32!: Int32Array;
  f64!: Float64Array;
  i64!: BigInt64Array;
  start = 0;
  #capacity = 0;

  constructor(readonly engine: Engine) {
    this.reserve(4096);
  }

  reserve(bytes: number): void {
    if (bytes <= this.#capacity) return;
    const wanted = bytes > ROOM_KEPT ? bytes : Math.max(bytes, this.#capacity * 2);
    const start = this.engine.wasm.input(wanted);
    if (start === 0) throw new DatabaseError('MEMORY_LIMIT', `there is no memory for a request of ${bytes} bytes`, { sqlstate: '53200' });
    this.#capacity = wanted;
    this.start = start;
    this.refresh();
  }

  /** For another request: gives back what only a large one needs. */
  restart(): void {
    if (this.#capacity > ROOM_KEPT) {
      this.engine.wasm.input(0);
      this.#capacity = 0;
      this.reserve(4096);
    }
    this.refresh();
  }

  refresh(): void {
    const views = this.engine.views;
    if (this.u8?.buffer === views.buffer) return;
    this.u8 = views.u8;
    this.i32 = views.i32;
    this.f64 = views.f64;
    this.i64 = views.i64;
  }
}

/** A request as `src/wasm/request.rs` reads it. */
export interface EngineRequest {
  kind: keyof typeof RequestKind;
  sql?: string;
  statement?: number;
  atomic?: boolean;
  single?: boolean;
  many?: boolean;
  params?: Uint8Array | undefined;
  moment?: WireMoment | undefined;
  meta?: string | undefined;
  texts?: number[] | undefined;
  from?: number;
  to?: number;
  limit?: number;
}

const RequestKind = { exec: 0, run: 1, history: 2, commits: 3, tables: 4, status: 5, touched: 6, check: 7, compact: 8, stats: 9, salvage: 10 } as const;
const Flag = { Atomic: 1, Single: 2, Many: 4 } as const;
const MomentKind = { None: 0, Seq: 1, Micros: 2, Text: 3 } as const;
const HEADER = 64;

/**
 * ```text
 *   0  u32 kind | u32 flags | u32 statement | u32 kind of moment
 *  16  f64 moment | u32 length of the SQL | u32 of the meta
 *  32  u32 length of the moment's text | u32 number of OIDs | u32 length of the parameters | u32 limit
 *  48  f64 from | f64 to
 *  64  parameters (to a multiple of 4) | OIDs | SQL | meta | moment's text
 * ```
 */
function writeRequest(engine: Engine, request: EngineRequest): number {
  const { moment, params, texts } = request;
  const room = engine.room();
  const oidsAt = HEADER + (params ? Math.ceil(params.length / 4) * 4 : 0);
  const sqlAt = oidsAt + (texts ? texts.length * 4 : 0);
  room.reserve(sqlAt);
  const sql = putText(room, sqlAt, request.sql ?? '', () => 'the SQL text');
  const meta = putText(room, sqlAt + sql, request.meta ?? '', () => 'the meta');
  const momentText = putText(room, sqlAt + sql + meta, moment && 'text' in moment ? moment.text : '', () => 'the moment');

  const word = room.start >>> 2;
  const words = room.i32;
  words[word] = RequestKind[request.kind];
  words[word + 1] = (request.atomic ? Flag.Atomic : 0) | (request.single ? Flag.Single : 0) | (request.many ? Flag.Many : 0);
  words[word + 2] = request.statement ?? 0;
  words[word + 3] = !moment ? MomentKind.None : 'seq' in moment ? MomentKind.Seq : 'micros' in moment ? MomentKind.Micros : MomentKind.Text;
  room.f64[(room.start + 16) >>> 3] = !moment ? 0 : 'seq' in moment ? moment.seq : 'micros' in moment ? moment.micros : 0;
  words[word + 6] = sql;
  words[word + 7] = meta;
  words[word + 8] = momentText;
  words[word + 9] = texts?.length ?? 0;
  words[word + 10] = params?.length ?? 0;
  words[word + 11] = request.limit ?? 0;
  room.f64[(room.start + 48) >>> 3] = request.from ?? 0;
  room.f64[(room.start + 56) >>> 3] = request.to ?? 0;
  if (params) room.u8.set(params, room.start + HEADER);
  if (texts) words.set(texts, (room.start + oidsAt) >>> 2);
  return sqlAt + sql + meta + momentText;
}
