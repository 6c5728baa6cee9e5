/** Opening a URL twice in one page shares one engine: who uses which. */

import { DatabaseError } from './error.js';
import { platform } from './platform.js';
import type { Connection } from './protocol.js';
import type { OpenOptions } from './types.js';
import type { DatabaseUrl } from './url.js';

/** What holds for all who share an engine: said by who opens it, and by nobody after that in another way. */
export type EngineOptions = Pick<OpenOptions, 'durability' | 'lockTimeout' | 'memory' | 'salvage'>;

export const USUAL = { durability: 'strict', lockTimeout: 5000, memory: 0, salvage: false } as const;

interface Entry {
  url: DatabaseUrl;
  options: EngineOptions;
  connection: Promise<Connection>;
  /** The storage it turned out to use, once it is open. */
  storage: string | undefined;
  users: number;
  closing: Promise<void> | undefined;
}

export class Shared {
  readonly #entries = new Set<Entry>();
  readonly #sessions = new WeakMap<Connection, number>();

  /** The engine of a URL, opened if it is not; `leave` closes it when nobody else uses it. */
  async join(url: DatabaseUrl, options: EngineOptions, open: () => Promise<Connection>): Promise<{ connection: Connection; leave: () => Promise<void> }> {
    for (;;) {
      const entry = this.#find(url) ?? this.#add(url, options, open);
      if (entry.closing) {
        await entry.closing.catch(() => {}); // whoever closed it hears of that
        continue;
      }
      checkSame(entry, options);
      entry.users += 1;
      const connection = await entry.connection;
      let left = false;
      const leave = async () => {
        if (left) return;
        left = true;
        entry.users -= 1;
        if (entry.users > 0) return;
        entry.closing = connection.close().finally(() => this.#entries.delete(entry));
        await entry.closing;
      };
      return { connection, leave };
    }
  }

  has(url: DatabaseUrl): boolean {
    return this.#find(url) !== undefined;
  }

  /** A number that no other session of the engine has. */
  nextSession(connection: Connection): number {
    const next = (this.#sessions.get(connection) ?? 0) + 1;
    this.#sessions.set(connection, next);
    return next;
  }

  #add(url: DatabaseUrl, options: EngineOptions, open: () => Promise<Connection>): Entry {
    const entry: Entry = { url, options, connection: open(), storage: undefined, users: 0, closing: undefined };
    this.#entries.add(entry);
    entry.connection.then(
      (connection) => {
        entry.storage = connection.info.storage;
      },
      () => this.#entries.delete(entry),
    );
    return entry;
  }

  #find(url: DatabaseUrl): Entry | undefined {
    if (url.scheme === 'memory' && url.name === '') return undefined;
    return [...this.#entries].find((entry) => isSame(entry, url));
  }
}

function checkSame({ url, options }: Entry, given: EngineOptions): void {
  for (const name of ['durability', 'lockTimeout', 'memory', 'salvage'] as const) {
    const now = options[name] ?? USUAL[name];
    if (given[name] === undefined || given[name] === now) continue;
    throw new DatabaseError('INVALID_PARAMETER_VALUE', `'${url.text}' is open already, with ${name} ${now}`, {
      hint: `it is one engine for all who open it here: leave ${name} out, or close the database first`,
    });
  }
}

function isSame(entry: Entry, url: DatabaseUrl): boolean {
  if (url.scheme === 'file' && entry.url.scheme === 'file') {
    const key = platform().directoryKey ?? ((name) => name);
    return key(entry.url.name) === key(url.name);
  }
  if (entry.url.name !== url.name) return false;
  // `auto://x` and the `opfs://x` that it chose are one database; while it is choosing, it may be either.
  if (entry.url.scheme === url.scheme) return true;
  const stored = ['opfs', 'idb', 'auto'];
  if (!stored.includes(entry.url.scheme) || !stored.includes(url.scheme)) return false;
  if (entry.url.scheme === 'auto') return entry.storage === undefined || entry.storage === url.scheme;
  return url.scheme === 'auto' && entry.url.scheme === 'opfs';
}
