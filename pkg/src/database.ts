import { check, compact, salvage, statsOf, statusOf } from './care.js';
import { changesOf } from './changes.js';
import { checkBoolean, checkFunction, checkFunctions, checkOneOf, checkWorker, optionsOf, Takes } from './check.js';
import { diffQuery } from './diff-query.js';
import { exported } from './export.js';
import { DatabaseError } from './error.js';
import { declaredOf } from './functions.js';
import { Host } from './host.js';
import { commitsOf, diffOf, historyOf, lastUndone, quoted, restoreStatement, reverse, run, tablesOf, tag } from './introspect.js';
import { Live } from './live.js';
import { wireMoment } from './moment.js';
import { deleteDatabase } from './opener.js';
import { Past } from './past.js';
import { platform } from './platform.js';
import type { Connection, Opening } from './protocol.js';
import { Remote } from './remote.js';
import { clearSentinels, readSentinel, sentinelWriter } from './sentinel.js';
import { Session } from './session.js';
import { type EngineOptions, Shared, USUAL } from './shared.js';
import { startWorker } from './starter.js';
import { SyncSession } from './sync.js';
import { runTransaction } from './transaction.js';
import { checkedTimeout, startTimer, type Timer } from './timer.js';
import type {
  Address,
  CallOptions,
  Change,
  ChangesOptions,
  CheckOptions,
  CommitInfo,
  CommitsOptions,
  DatabaseApi,
  DatabaseCheck,
  DatabaseCompaction,
  DatabaseInfo,
  DatabaseSalvage,
  DatabaseStats,
  DatabaseStatus,
  DiffEntry,
  DiffOptions,
  DiffQueryOptions,
  ExecOptions,
  FunctionDefinition,
  HistoryEntry,
  LiveCallback,
  LiveOptions,
  LiveQuery,
  Moment,
  OpenOptions,
  Parameters,
  QueryOptions,
  ReadOnlyDatabase,
  RestoreOptions,
  Results,
  Row,
  RunResult,
  SalvageOptions,
  Statement,
  SyncStatement,
  TableInfo,
  TagInfo,
  Transaction,
  TransactionOptions,
  UndoOptions,
  WriteOptions,
} from './types.js';
import { type DatabaseUrl, parseUrl } from './url.js';

/** The engines that are open in this page or process, by what they store. */
const shared = new Shared();

/** An open database: see {@link DatabaseApi} for what it does. */
export class Database implements DatabaseApi {
  readonly waitReady: Promise<void> = Promise.resolve();
  /** @internal */
  readonly connection: Connection;
  readonly #session: Session;
  readonly #leave: () => Promise<void>;
  #closed: Promise<void> | undefined;

  private constructor(
    readonly info: DatabaseInfo,
    connection: Connection,
    options: OpenOptions,
    leave: () => Promise<void>,
  ) {
    this.connection = connection;
    this.#leave = leave;
    this.#session = new Session(
      connection,
      shared.nextSession(connection),
      { rowMode: options.rowMode ?? 'object', parsers: options.parsers, serializers: options.serializers },
      () => this.#check(),
    );
  }

  /**
   * Opens a database, made if it does not exist.
   *
   * @param url `'memory://'`, `'opfs://name'`, `'idb://name'`, `'auto://name'` (the best storage the
   *   browser has), or in Node `'file://directory'`. A URL that is open in this page already shares the
   *   engine; `memory://` without a name is always a new one.
   */
  static async open(url: string | Address, given?: OpenOptions): Promise<Database> {
    const parsed = parseUrl(url);
    const options = optionsOf<OpenOptions>(given, Takes.open);
    checkOneOf(options.durability, 'durability', ['strict', 'relaxed']);
    checkOneOf(options.allowFallback, 'allowFallback', ['memory']);
    checkOneOf(options.rowMode, 'rowMode', ['object', 'array']);
    for (const name of ['create', 'acceptDataLoss', 'salvage'] as const) checkBoolean(options[name], name);
    checkWorker(options.worker);
    checkFunctions(options.parsers, 'parsers');
    checkFunctions(options.serializers, 'serializers');
    if (options.signal?.aborted) throw new DatabaseError('CANCELLED', 'opening was cancelled before it began');
    checkedTimeout(options.timeout);
    checkedTimeout(options.lockTimeout, 'lockTimeout');
    const { connection, leave } = await withLimits(
      shared.join(parsed, engineOptions(parsed, options), () => connect(parsed, options)),
      options,
    );
    return new Database({ ...connection.info, url: parsed.text }, connection, options, leave);
  }

  /** Destroys a stored database with all its history. It must not be open. One that does not exist is no error. */
  static async delete(url: string | Address): Promise<void> {
    const parsed = parseUrl(url);
    if (shared.has(parsed)) throw new DatabaseError('BUSY', `the database '${parsed.text}' is open in this page; close it first`);
    await deleteDatabase(parsed.text);
    const kinds = parsed.scheme === 'auto' ? (['opfs', 'idb'] as const) : parsed.scheme === 'opfs' || parsed.scheme === 'idb' ? [parsed.scheme] : [];
    clearSentinels(parsed.name, [...kinds]);
  }

  /**
   * Makes a new database of all that a damaged one still proves: every commit before the damage, whole, with all of its past. The damaged one is only
   * read. What is broken off, by its signal or an error, leaves nothing behind.
   *
   * @param from the URL of the damaged database, which must not be open
   * @param to the URL of one that does not exist
   */
  static async salvage(from: string | Address, to: string | Address, given?: SalvageOptions): Promise<DatabaseSalvage> {
    const { signal, onProgress, ...engine } = optionsOf<SalvageOptions>(given, Takes.salvage);
    checkFunction(onProgress, 'onProgress');
    const target = parseUrl(to);
    const damaged = await Database.open(from, { ...engine, signal, salvage: true });
    try {
      return await salvage(damaged.#session, target.text, { signal, onProgress }, damaged.info.recovery);
    } finally {
      await damaged.close();
    }
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  get ready(): boolean {
    return !this.closed;
  }

  query<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Promise<Results<T>> {
    return this.#session.query<T>(sql, params, options);
  }

  sql<T = Row>(strings: TemplateStringsArray, ...params: unknown[]): Promise<Results<T>> {
    return this.#session.sql<T>(strings, ...params);
  }

  exec(sql: string, options?: ExecOptions): Promise<Results[]> {
    return this.#session.exec(sql, options);
  }

  prepare<T = Row>(sql: string, options?: QueryOptions): Promise<Statement<T>> {
    return this.#session.prepare<T>(sql, options);
  }

  async transaction<R>(callback: (tx: Transaction) => Promise<R> | R, options: TransactionOptions = {}): Promise<R> {
    this.#check();
    return runTransaction(this.#session, shared.nextSession(this.connection), callback, options);
  }

  asOf(moment: Moment): ReadOnlyDatabase {
    const live: Past['live'] = (sql, params, callback, options) => this.live(sql, params, callback, { ...options, asOf: moment });
    return new Past(moment, this.#session.with({ moment: wireMoment(moment) }), live);
  }

  history<T = Row>(table: string, key: unknown, options?: QueryOptions): Promise<HistoryEntry<T>[]> {
    return historyOf<T>(this.#session, table, key, options);
  }

  diff<T = Row>(a: Moment, b: Moment, options: DiffOptions): Promise<DiffEntry<T>[]> {
    return diffOf<T>(this.#session, a, b, options);
  }

  tag(name: string, moment?: Moment, options?: WriteOptions): Promise<RunResult> {
    return tag(this.#session, name, moment, options);
  }

  diffQuery<T = Row>(sql: string, a: Moment, b: Moment, options?: DiffQueryOptions): Promise<DiffEntry<T>[]> {
    return diffQuery<T>(this.#session, sql, [a, b], options);
  }

  changes<T = Row>(options?: ChangesOptions): AsyncIterableIterator<Change<T>> {
    this.#check();
    return changesOf<T>(() => this.#anotherSession(), this.connection.notices, optionsOf(options, Takes.changes));
  }

  async live<T = Row>(
    sql: string,
    params?: Parameters | null,
    callback?: LiveCallback<T> | null,
    given?: LiveOptions,
  ): Promise<LiveQuery<T>> {
    this.#check();
    const options = optionsOf<LiveOptions>(given, Takes.live);
    return Live.begin<T>(this.#anotherSession(), this.connection.notices, [sql, params], callback, options);
  }

  async function(
    name: string,
    definition: FunctionDefinition | ((...args: any[]) => unknown) | null,
    options?: CallOptions,
  ): Promise<void> {
    this.#check();
    const declared = definition === null ? null : declaredOf(name, definition);
    if (declared?.routine && !(this.connection instanceof Host)) {
      throw new DatabaseError('UNSUPPORTED', 'the engine is in a worker, to which a function cannot be sent', {
        hint: 'say where it is, with { module: new URL(…), export }, or open the database with { worker: false }',
      });
    }
    const reply = await this.#session.call({ kind: 'function', session: this.#session.number, name, declared }, options);
    if (reply.error) throw DatabaseError.fromWire({ ...reply.error, statementIndex: undefined });
    this.connection.notices.again();
  }

  #anotherSession(): Session {
    return new Session(this.connection, shared.nextSession(this.connection), this.#session.defaults, () => this.#check());
  }

  async restore(moment: Moment, given?: RestoreOptions): Promise<RunResult> {
    const options = optionsOf<RestoreOptions>(given, Takes.restore);
    const [sql, params] = await restoreStatement(this.#session, moment, options);
    const { signal, timeout, meta } = options;
    if (!options.dryRun) return run(this.#session, sql, params, { signal, timeout, meta });
    if ((await this.status({ signal, timeout })).inTransaction) {
      await this.exec('SAVEPOINT "dry run"');
      try {
        return await run(this.#session, sql, params, { signal, timeout });
      } finally {
        await this.exec('ROLLBACK TO "dry run"; RELEASE "dry run"');
      }
    }
    return this.transaction(async (tx) => {
      const { affectedRows, seq } = await tx.query(sql, params);
      await tx.rollback();
      return { affectedRows, seq };
    }, { signal, timeout });
  }

  async undo(seq: number, options?: UndoOptions): Promise<RunResult> {
    return reverse(this.#session, 'UNDO', seq, optionsOf(options, Takes.undo));
  }

  async redo(given?: UndoOptions): Promise<RunResult | null> {
    const options = optionsOf<UndoOptions>(given, Takes.undo);
    const last = await lastUndone(this.#session, options);
    return last === null ? null : reverse(this.#session, 'REDO', last, options);
  }

  dropTag(name: string, options?: WriteOptions): Promise<RunResult> {
    return run(this.#session, `DROP TAG ${quoted(name)}`, [], options);
  }

  async tags(options?: CallOptions): Promise<TagInfo[]> {
    return (await this.#session.query<TagInfo>('SELECT * FROM tags() ORDER BY name', [], { ...options, rowMode: 'object' })).rows;
  }

  commits(options?: CommitsOptions): Promise<CommitInfo[]> {
    return commitsOf(this.#session, options);
  }

  tables(options?: CallOptions): Promise<TableInfo[]> {
    return tablesOf(this.#session, options);
  }

  export(options?: CallOptions): Promise<string> {
    return exported(this.#session, options);
  }

  check(options?: CheckOptions): Promise<DatabaseCheck> {
    return check(this.#session, options);
  }

  compact(options?: CheckOptions): Promise<DatabaseCompaction> {
    return compact(this.#session, options);
  }

  stats(options?: CallOptions): Promise<DatabaseStats> {
    return statsOf(this.#session, options);
  }

  status(options?: CallOptions): Promise<DatabaseStatus> {
    return statusOf(this.#session, options);
  }

  async flush(options?: CallOptions): Promise<void> {
    const reply = await this.#session.call({ kind: 'flush', session: this.#session.number }, options);
    if (reply.error) throw DatabaseError.fromWire(reply.error);
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.connection.checkListening?.();
      await this.#session.end();
      this.connection.notices.wake(); // who waits for a commit is to see that the database is closed
      await this.#leave();
    })();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  execSync(sql: string, options?: ExecOptions): Results[] {
    return this.#sync().exec(sql, options);
  }

  querySync<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Results<T> {
    return this.#sync().query<T>(sql, params, options);
  }

  prepareSync<T = Row>(sql: string, options?: QueryOptions): SyncStatement<T> {
    return this.#sync().prepare<T>(sql, options);
  }

  transactionSync<R>(callback: () => R, options: TransactionOptions = {}): R {
    return this.#sync().transaction(callback, options);
  }

  #sync(): SyncSession {
    if (!(this.connection instanceof Host)) {
      throw new DatabaseError('UNSUPPORTED', 'the engine is in a worker, so there are no synchronous calls', {
        hint: 'open the database inside a worker of your own with { worker: false }',
      });
    }
    return (this.#syncSession ??= new SyncSession(this.connection, this.#session));
  }
  #syncSession: SyncSession | undefined;

  #check(): void {
    if (this.#closed) throw new DatabaseError('CLOSED', 'the database is closed');
  }
}

/** What the options say about the engine, which those who open its URL share. */
function engineOptions(url: DatabaseUrl, { durability, lockTimeout, salvage, memory }: OpenOptions): EngineOptions {
  return { durability, lockTimeout, salvage, memory: memory === undefined ? undefined : checkedMemory(url, memory) };
}

/** The bytes of memory that an option gives; 0 if it gives none. */
function checkedMemory({ scheme }: DatabaseUrl, given: number | string | undefined): number {
  if (given === undefined) return 0;
  const [, number, prefix, binary] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)(i?)b?\s*$/i.exec(String(given)) ?? [];
  const bytes = Math.floor(Number(number) * (binary ? 1024 : 1000) ** ' kmg'.indexOf(prefix?.toLowerCase() || ' '));
  const isTooMuch = scheme !== 'memory' && bytes > MEMORY_MAX;
  if (bytes > 0 && !isTooMuch) return bytes;
  const meant = isTooMuch ? `'1 GB' at most for a database in storage` : `a number of bytes or a size such as '100 MB'`;
  throw new DatabaseError('INVALID_PARAMETER_VALUE', `memory is ${meant}, not ${String(given)}`);
}

/** The largest budget of a database in storage. */
const MEMORY_MAX = 1_000_000_000;

/** Opens an engine, here or in a worker, and keeps the page's memory of it. */
async function connect(url: DatabaseUrl, options: OpenOptions): Promise<Connection> {
  const worker = options.worker ?? (typeof Worker !== 'undefined' && platform().openDirectory === undefined);
  const opening: Opening = {
    url: url.text,
    durability: options.durability ?? USUAL.durability,
    allowMemory: options.allowFallback === 'memory',
    create: options.create ?? true,
    acceptDataLoss: options.acceptDataLoss ?? false,
    salvage: options.salvage ?? USUAL.salvage,
    lockTimeout: options.lockTimeout ?? USUAL.lockTimeout,
    memory: checkedMemory(url, options.memory),
    sentinels: { opfs: readSentinel('opfs', url.name), idb: readSentinel('idb', url.name) },
    wasm: wasmOf(options, worker === true),
    worker: worker !== false,
  };
  let connection: Host | Remote;
  if (worker === false) {
    connection = await Host.open(opening);
  } else {
    if (typeof Worker === 'undefined') throw new DatabaseError('UNSUPPORTED', 'there are no workers here; use { worker: false }');
    const start = () => startWorker(options.workerUrl);
    connection = worker === true ? await Remote.open(start(), opening, start) : await Remote.open(worker, opening);
  }
  const { storage, name } = connection.info;
  if (storage !== 'opfs' && storage !== 'idb') return connection;
  const sentinel = sentinelWriter(storage, name);
  connection.notices.add((seq, stored) => {
    if (stored) sentinel.update(seq);
  });
  const close = connection.close.bind(connection);
  connection.close = async () => {
    try {
      await close();
    } finally {
      sentinel.finish();
    }
  };
  return connection;
}

/**
 * What `wasm` says. A worker of the package's own needs not be there before the engine is loaded: the page does that, from
 * the same place; should it fail here, say by the page's policy, the worker tries.
 */
function wasmOf({ wasm, workerUrl }: OpenOptions, ownWorker: boolean): Opening['wasm'] {
  if (wasm === undefined && ownWorker && workerUrl === undefined) {
    const loading = platform().loadWasm();
    loading.catch(() => {}); // whoever waits for it hears of it
    return loading;
  }
  if (wasm instanceof URL) return wasm.href;
  return typeof wasm === 'string' ? absolute(wasm) : wasm;
}

/** The worker's address is not the page's, so a relative address is settled here. */
function absolute(address: string): string {
  return typeof location === 'undefined' ? address : new URL(address, location.href).href;
}

/** Stops waiting for an opening that takes too long; what still opens is closed. */
async function withLimits<T extends { leave: () => Promise<void> }>(opening: Promise<T>, options: CallOptions): Promise<T> {
  const { signal, timeout } = options;
  if (!signal && timeout === undefined) return opening;
  let timer: Timer | undefined;
  let cancel: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    cancel = () => reject(new DatabaseError('CANCELLED', 'opening was cancelled', { cause: signal?.reason }));
    signal?.addEventListener('abort', cancel, { once: true });
    if (timeout !== undefined) timer = startTimer(timeout, () => reject(new DatabaseError('TIMEOUT', 'opening took longer than its timeout')));
  });
  try {
    return await Promise.race([opening, stopped]);
  } catch (error) {
    opening.then(({ leave }) => leave(), () => {});
    throw error;
  } finally {
    clearTimeout(timer);
    if (cancel) signal?.removeEventListener('abort', cancel);
  }
}
