/** What a page knows of the sessions of its worker: enough for another worker to go on with them. */

import type { Declared } from './functions.js';
import type { KnownSession, Reply, Request } from './protocol.js';

export class Ledger {
  readonly #sessions = new Map<number, KnownSession>();
  /** By name. */
  readonly functions = new Map<string, Declared>();

  /** Takes down what a call has come to. */
  enter(request: Request, reply: Reply, inTransaction: boolean): void {
    if (!('session' in request)) return;
    const number = request.session;
    if (request.kind === 'function' && !reply.error) {
      const name = request.name.toLowerCase();
      if (request.declared) this.functions.set(name, request.declared);
      else this.functions.delete(name);
    }
    if (request.kind === 'end') return void this.#sessions.delete(number);
    const known = this.#sessions.get(number) ?? { number, inTransaction, statements: [] };
    known.inTransaction = inTransaction;
    if (request.kind === 'prepare' && reply.statement !== undefined) {
      known.statements.push({ id: reply.statement, sql: request.sql, moment: request.moment });
    } else if (request.kind === 'forget') {
      known.statements = known.statements.filter(({ id }) => id !== request.statement);
    }
    if (inTransaction || known.statements.length > 0) this.#sessions.set(number, known);
    else this.#sessions.delete(number);
  }

  get sessions(): KnownSession[] {
    return [...this.#sessions.values()];
  }
}
