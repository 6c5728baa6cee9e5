import { Answer, type Engine, type EngineRequest } from './engine.js';
import { DatabaseError } from './error.js';
import { NO_RESULTS } from './held.js';
import type { Asking, Reply } from './protocol.js';
import type { Job, Sessions } from './sessions.js';

/** How a call began: as a task to be stepped, with an answer of the engine's like a step's, or at once with a reply. */
export type Begun = { task: number } | { answer: number } | { reply: Reply };

/** Hands a call to the engine. Throws the `DatabaseError` with which it fails before it begins. */
export function dispatch(engine: Engine, sessions: Sessions, { request, session }: Job, flush: () => void): Begun {
  const number = sessions.inEngine(engine, session);
  const start = (length: number): Begun => {
    const task = engine.wasm.start(number, length);
    // The engine has its own copy now: what a large request took is given back.
    engine.room();
    return task < 0 ? { answer: Answer.Failed } : { task };
  };
  switch (request.kind) {
    case 'exec': {
      const { sql, atomic, single, params } = request;
      return start(engine.writeRequest({ ...asking(request), kind: 'exec', sql, atomic, single, params }));
    }
    case 'run': {
      const statement = sessions.statement(engine, session, request.statement);
      const { params, many } = request;
      return start(engine.writeRequest({ ...asking(request), kind: 'run', statement, params, many }));
    }
    case 'prepare': {
      const statement = sessions.prepare(engine, session, request);
      return { reply: { results: engine.takeOutput(), statement } };
    }
    case 'forget':
      sessions.closeStatement(engine, session, request.statement);
      return DONE;
    case 'end':
      engine.wasm.end_session(number);
      sessions.forget(request.session);
      return DONE;
    case 'function':
      sessions.functions.define(engine, request.name, request.declared);
      return DONE;
    case 'flush':
      flush();
      return DONE;
    case 'history': {
      const meta = request.names ? JSON.stringify(request.names) : '';
      const { table, key } = request;
      return { answer: engine.wasm.ask(number, engine.writeRequest({ ...asking(request), kind: 'history', sql: table, meta, params: key })) };
    }
    case 'commits':
    case 'tables':
    case 'status':
    case 'touched':
    case 'check':
    case 'compact':
    case 'stats':
    case 'salvage':
      return { answer: engine.wasm.ask(number, engine.writeRequest(request as EngineRequest)) };
  }
}

const DONE: Begun = { reply: { results: NO_RESULTS } };

function asking({ moment, meta, texts }: Asking): Asking {
  return { moment, meta, texts };
}

/** The error of a call that waited for another writer, and cannot. */
export function lockTimeout(): DatabaseError {
  return new DatabaseError('LOCK_TIMEOUT', 'another transaction is writing', {
    hint: 'a synchronous call cannot wait for it to end; inside a transaction use the object it was given',
  });
}
