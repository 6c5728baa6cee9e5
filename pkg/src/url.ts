import { DatabaseError } from './error.js';

/** The schemes of `Database.open`. `auto` is settled when the database is opened. */
export type Scheme = 'memory' | 'opfs' | 'idb' | 'auto' | 'file';

export interface DatabaseUrl {
  readonly text: string;
  readonly scheme: Scheme;
  /** For `file` the path of the directory; for the others a name, empty for a `memory://` of one's own. */
  readonly name: string;
}

const HINT = "use 'memory://', 'opfs://name', 'idb://name', 'auto://name', or in Node 'file://directory'";
const NAME_LENGTH_MAX = 100;

/** Takes a URL apart, or raises `INVALID_URL`. */
export function parseUrl(url: unknown): DatabaseUrl {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string') throw new DatabaseError('INVALID_URL', 'the database URL must be a string', { hint: HINT });
  const match = /^(memory|opfs|idb|auto|file):\/\/(.*)$/s.exec(text);
  if (!match) throw new DatabaseError('INVALID_URL', `'${text}' is not a database URL`, { hint: HINT });
  const scheme = match[1] as Scheme;
  const name = match[2] as string;
  if (name === '' && scheme !== 'memory') {
    throw new DatabaseError('INVALID_URL', `the URL '${text}' names no database`, { hint: HINT });
  }
  if (scheme !== 'file') checkName(name, text);
  return { text, scheme, name };
}

function checkName(name: string, text: string): void {
  const problem =
    name.length > NAME_LENGTH_MAX
      ? `is longer than ${NAME_LENGTH_MAX} characters`
      : /[\u0000-\u001f\u007f]/.test(name)
        ? 'holds a control character'
        : !isWellFormed(name)
          ? 'is not well-formed Unicode'
          : undefined;
  if (problem) throw new DatabaseError('INVALID_URL', `the name in the URL '${text}' ${problem}`);
}

/** A name that OPFS takes for a directory, and that no other database has. */
export function directoryName(name: string): string {
  return `db-${encodeURIComponent(name).replaceAll('*', '%2A').replaceAll('.', '%2E')}`;
}

/** Whether a string has no lone surrogates, which UTF-8 cannot hold. */
export const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? (text) => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : (text) => !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
