import type { DatabaseErrorInfo, ErrorCode, Results } from './types.js';

/** The SQLSTATEs of the errors that are raised on this side of the engine. */
const SQLSTATES: Partial<Record<ErrorCode, string>> = {
  UNSUPPORTED: '0A000',
  WRONG_PARAMETERS: '08P01',
  NUMERIC_VALUE_OUT_OF_RANGE: '22003',
  INVALID_DATETIME_FORMAT: '22007',
  INVALID_PARAMETER_VALUE: '22023',
  CHARACTER_NOT_IN_REPERTOIRE: '22021',
  IN_FAILED_TRANSACTION: '25P02',
  UNDEFINED_KEY: 'P0002',
  LOCK_TIMEOUT: '55P03',
  CANCELLED: '57014',
  TIMEOUT: '57014',
  LIMIT_LENGTH: '54000',
  MEMORY_LIMIT: '53200',
  IO: '58030',
  QUOTA: '53100',
  COMMIT_UNKNOWN: '08007',
  DATA_LOSS: 'XX001',
  BUSY: '55006',
  FENCED: '55006',
  CLOSED: '08003',
  INVALID_URL: '08001',
  STORAGE_UNAVAILABLE: '08001',
  ENGINE_CRASHED: '57P02',
};

/** An error as it crosses from a worker: plain data. `completed` counts the results that came before it. */
export interface WireError {
  code: ErrorCode;
  message: string;
  sqlstate?: string | undefined;
  detail?: string | undefined;
  hint?: string | undefined;
  position?: number | undefined;
  query?: string | undefined;
  statementIndex?: number | undefined;
  table?: string | undefined;
  constraint?: string | undefined;
}

type ErrorDetails = { [K in Exclude<keyof DatabaseErrorInfo, 'code'>]?: DatabaseErrorInfo[K] | undefined } & { cause?: unknown };

/** Every error that the package raises. Programs read `code`, people the message. */
export class DatabaseError extends Error implements DatabaseErrorInfo {
  readonly code: ErrorCode;
  readonly sqlstate: string;
  declare readonly detail?: string;
  declare readonly hint?: string;
  declare readonly position?: number;
  declare readonly query?: string;
  declare readonly statementIndex?: number;
  declare readonly results?: Results[];
  declare readonly table?: string;
  declare readonly constraint?: string;

  constructor(code: ErrorCode, message: string, more: ErrorDetails = {}) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined);
    this.name = 'DatabaseError';
    this.code = code;
    this.sqlstate = more.sqlstate ?? SQLSTATES[code] ?? 'XX000';
    for (const key of ['detail', 'hint', 'position', 'query', 'statementIndex', 'results', 'table', 'constraint'] as const) {
      if (more[key] !== undefined) Object.defineProperty(this, key, { value: more[key], enumerable: true });
    }
  }

  /** An error that came from the engine, with what the caller knows about its call. */
  static fromWire(wire: WireError, more: { query?: string | undefined; results?: Results[] } = {}): DatabaseError {
    return new this(wire.code, wire.message, { ...wire, ...more, query: wire.query ?? more.query });
  }
}

/** Any thrown thing as plain data, for the way out of a worker. */
export function toWire(error: unknown): WireError {
  if (error instanceof DatabaseError) {
    const { code, message, sqlstate, detail, hint, position, query, statementIndex, table, constraint } = error;
    return { code, message, sqlstate, detail, hint, position, query, statementIndex, table, constraint };
  }
  return { code: 'INTERNAL', message: describe(error) };
}

/** What a thrown thing says, in one line. */
export function describe(error: unknown): string {
  if (error instanceof Error) return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  return String(error);
}
