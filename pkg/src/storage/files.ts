import { describe } from '../error.js';

/**
 * A file with synchronous access, positioned. This is what the browser's `FileSystemSyncAccessHandle`
 * offers; in Node an adapter over a file descriptor does.
 */
export interface SyncFile {
  read(into: Uint8Array, options: { at: number }): number;
  write(from: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** The name of a file by its number: the same in every storage that has names. */
export function fileName(number: number): string {
  return String(number).padStart(5, '0');
}

/** Failures as the engine understands them: counts below zero. */
export const Failure = { Io: -1, Quota: -2 } as const;

/**
 * The numbered files of a database. The engine works on them synchronously; more files are made ahead
 * of need, while the engine rests, since in OPFS that is asynchronous and creating one is not durable.
 */
export class FilePool {
  /** Written since the last flush. */
  readonly #dirty = new Set<SyncFile>();
  #failure = '';
  /** How many files the engine would like to have. */
  #wanted = 0;
  #making: Promise<void> | undefined;
  #isClosed = false;

  /**
   * @param files those that exist, by number
   * @param make makes the file of a number
   * @param max how many there may be
   */
  constructor(
    readonly files: SyncFile[],
    readonly make: (number: number) => Promise<SyncFile>,
    readonly max: number,
  ) {
    // Whoever had them before may have ended before flushing them.
    for (const file of files) this.#dirty.add(file);
  }

  get needsFiles(): boolean {
    return this.files.length < Math.min(this.#wanted, this.max);
  }

  /** Makes the files that were asked for, while the engine may go on with those that there are. */
  makeFiles(): Promise<void> {
    this.#making ??= this.#makeFiles().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #makeFiles(): Promise<void> {
    while (this.needsFiles && !this.#isClosed) {
      const file = await this.make(this.files.length);
      if (this.#isClosed) file.close();
      else this.files.push(file);
    }
  }

  /** Throws if the medium refuses. */
  flushNow(): void {
    for (const file of this.#dirty) file.flush();
    this.#dirty.clear();
  }

  /** Everything the engine may call. Failures become negative numbers, and their text is kept. */
  callbacks(bytes: (pointer: number, length: number) => Uint8Array) {
    return {
      fileCount: () => this.files.length,
      fileLength: (file: number) => this.#try(() => this.#file(file).getSize()),
      read: (file: number, offset: number, pointer: number, length: number) =>
        this.#try(() => this.#file(file).read(bytes(pointer, length), { at: offset })),
      write: (file: number, offset: number, pointer: number, length: number) =>
        this.#try(() => {
          const target = this.#file(file);
          this.#dirty.add(target);
          return target.write(bytes(pointer, length), { at: offset });
        }),
      clear: (file: number) =>
        this.#try(() => {
          const target = this.#file(file);
          this.#dirty.add(target);
          target.truncate(0);
          return 0;
        }),
      flush: () =>
        this.#try(() => {
          this.flushNow();
          return 0;
        }),
      requestFiles: (count: number) => {
        this.#wanted = Math.max(this.#wanted, count);
      },
      failure: () => this.#failure,
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const file of this.files) {
      try {
        file.close();
      } catch {
        // A handle that the browser has invalidated is closed already.
      }
    }
    this.files.length = 0;
    this.#dirty.clear();
  }

  #file(number: number): SyncFile {
    const file = this.files[number];
    if (!file) throw new Error(`there is no file ${number}`);
    return file;
  }

  #try(access: () => number): number {
    try {
      return access();
    } catch (error) {
      this.#failure = describe(error);
      return isQuota(error) ? Failure.Quota : Failure.Io;
    }
  }
}

/** Whether the medium is full: as browsers and as Node say it. */
export function isQuota(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { name?: string; code?: unknown };
  return name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
