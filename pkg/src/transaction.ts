import { checkCallback, optionsOf, Takes } from './check.js';
import { DatabaseError } from './error.js';
import { type Defaults, metaText, Session } from './session.js';
import { checkCommitted } from './sync.js';
import { checkedTimeout, startTimer } from './timer.js';
import type { ExecOptions, Parameters, QueryOptions, Results, Row, Statement, Transaction, TransactionOptions } from './types.js';

/** What the callback of `transaction` works with. */
class OpenTransaction implements Transaction {
  #closed = false;
  #undone = false;

  constructor(readonly session: Session) {}

  get closed(): boolean {
    return this.#closed;
  }

  query<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Promise<Results<T>> {
    return this.session.query<T>(sql, params, options);
  }

  sql<T = Row>(strings: TemplateStringsArray, ...params: unknown[]): Promise<Results<T>> {
    return this.session.sql<T>(strings, ...params);
  }

  exec(sql: string, options?: ExecOptions): Promise<Results[]> {
    return this.session.exec(sql, options);
  }

  prepare<T = Row>(sql: string, options?: QueryOptions): Promise<Statement<T>> {
    return this.session.prepare<T>(sql, options);
  }

  async rollback(): Promise<void> {
    this.check();
    this.#undone = true;
    await this.session.exec('ROLLBACK');
    this.#closed = true;
  }

  async commit(): Promise<void> {
    if (!this.#undone) checkCommitted(await this.session.exec('COMMIT'));
    this.#closed = true;
  }

  end(): void {
    this.#closed = true;
  }

  check(): void {
    if (this.#closed) throw new DatabaseError('CLOSED', 'the transaction has ended');
  }
}

/**
 * Runs the callback between BEGIN and COMMIT in a session of its own. The session is ended in any case,
 * which rolls back what is still open.
 */
export async function runTransaction<R>(
  base: Session,
  number: number,
  callback: (tx: Transaction) => Promise<R> | R,
  given: TransactionOptions,
): Promise<R> {
  const options = optionsOf(given, Takes.transaction);
  checkCallback(callback);
  const stop = new AbortController();
  const cancel = () => stop.abort(options.signal?.reason);
  if (options.signal?.aborted) throw new DatabaseError('CANCELLED', 'the transaction was cancelled before it began');
  options.signal?.addEventListener('abort', cancel, { once: true });
  let late = false;
  const timer = startTimer(checkedTimeout(options.timeout) ?? Infinity, () => {
    late = true;
    stop.abort();
  });

  const defaults: Defaults = {
    ...base.defaults,
    rowMode: options.rowMode ?? base.defaults.rowMode,
    meta: options.meta === undefined ? undefined : metaText(options.meta),
    signal: stop.signal,
  };
  const session: Session = new Session(base.connection, number, defaults, () => {
    base.check();
    tx.check();
  });
  const tx = new OpenTransaction(session);
  try {
    await session.exec('BEGIN');
    const result = await untilStopped(Promise.resolve(callback(tx)), stop.signal);
    await tx.commit();
    return result;
  } catch (error) {
    if (late && isStop(error)) throw new DatabaseError('TIMEOUT', 'the transaction took longer than its timeout', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', cancel);
    tx.end();
    await session.end();
  }
}

/** The promise's result, or an error as soon as the signal fires: the callback may never end by itself. */
function untilStopped<R>(promise: Promise<R>, signal: AbortSignal): Promise<R> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new DatabaseError('CANCELLED', 'the transaction was cancelled', { cause: signal.reason }));
    if (signal.aborted) stopped();
    signal.addEventListener('abort', stopped, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stopped));
  });
}

function isStop(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'CANCELLED';
}
