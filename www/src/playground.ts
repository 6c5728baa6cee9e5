/**
 * What the parts of the page share: the open database, the moment it is looked at, and the tables there are at that moment.
 */

import { DatabaseError } from 'driftdb-wasm';
import type { DatabaseApi, Queryable, TableInfo, TagInfo } from 'driftdb-wasm';
import { CommitLog } from './commits';
import { whenIdle } from './idle';
import { Latest } from './latest';
import { Signal } from './signal';

/** After so many milliseconds at most the tags are asked for. */
const TAGS_MS = 300;

const NO_TABLES: readonly TableInfo[] = [];

export class Playground {
  readonly db = new Signal<DatabaseApi | undefined>(undefined);
  readonly commits = new Signal<CommitLog | undefined>(undefined);
  /** The commit that the page shows the state after; null for the present. */
  readonly moment = new Signal<number | null>(null);
  /** The commit that the one shown is compared with; null while nothing is compared. */
  readonly comparedWith = new Signal<number | null>(null);
  /** All tags, by name. */
  readonly tags = new Signal<readonly TagInfo[]>([]);
  /** The tables at that moment. */
  readonly tables = new Signal<readonly TableInfo[]>(NO_TABLES);
  /** The tables of the present, whatever the moment. */
  readonly presentTables = new Signal<readonly TableInfo[]>(NO_TABLES);

  /** The transaction that was begun in the editor; a failed one can only be rolled back. */
  readonly transaction = new Signal<'none' | 'open' | 'failed'>('none');

  readonly #tables = new Latest<number | null>((moment) => this.#followTables(moment));
  /** Which tables are in {@link tables}. */
  #shownEpoch: number | undefined;

  constructor() {
    this.moment.follow((moment) => void this.#tables.request(moment));
  }

  /** Looks at another database, in its present; undefined while there is none. */
  async attach(db: DatabaseApi | undefined): Promise<void> {
    this.moment.set(null);
    this.transaction.set('none');
    this.db.set(db);
    this.commits.set(db && new CommitLog(db));
    this.tables.set(NO_TABLES);
    this.tags.set([]);
    this.#shownEpoch = undefined;
    this.presentTables.set(NO_TABLES);
    await this.refresh();
  }

  /** Learns of what statements have changed. */
  async refresh(): Promise<void> {
    try {
      const [status] = await Promise.all([this.commits.value?.refresh(), this.#readTables(this.moment.value)]);
      this.transaction.set(status?.inTransaction ? await this.#transactionState() : 'none');
      // The first answer does not wait for them.
      whenIdle(() => void this.#readTags(), TAGS_MS);
    } catch (error) {
      // A database that fails says so to whoever runs the next statement.
      if (!(error instanceof DatabaseError)) throw error;
    }
    // The tables were read before the commits that made them were known.
    this.#shownEpoch = undefined;
  }

  async #transactionState(): Promise<'open' | 'failed'> {
    return (await this.db.value?.query('SELECT 1').then(() => 'open' as const, () => 'failed' as const)) ?? 'failed';
  }

  /** Shows the state after a commit; the last one is the present. */
  goTo(seq: number): void {
    const last = this.commits.value?.last.value ?? -1;
    this.moment.set(seq >= last ? null : Math.max(0, seq));
  }

  /** The database as of the moment shown. */
  get reader(): Queryable | undefined {
    const { moment, db } = this;
    return moment.value === null ? db.value : db.value?.asOf({ seq: moment.value });
  }

  /** Followers write a panel and the editor's completions anew: they hear of tables that are others, not merely read again. */
  #set(signal: Signal<readonly TableInfo[]>, tables: readonly TableInfo[]): void {
    if (tables.length === 0 || JSON.stringify(tables) !== JSON.stringify(signal.value)) signal.set(tables);
  }

  /** While the slider moves over commits that change no table, nothing is asked. */
  async #followTables(moment: number | null): Promise<void> {
    const epoch = this.commits.value?.schemaEpoch(moment ?? Number.MAX_SAFE_INTEGER);
    if (epoch === undefined || epoch !== this.#shownEpoch) await this.#readTables(moment);
  }

  async #readTags(): Promise<void> {
    const db = this.db.value;
    if (!db || db.closed) return;
    const tags = await db.tags().catch(() => this.tags.value);
    if (db === this.db.value && JSON.stringify(tags) !== JSON.stringify(this.tags.value)) this.tags.set(tags);
  }

  async #readTables(moment: number | null): Promise<void> {
    const db = this.db.value;
    if (!db || db.closed) return;
    try {
      const epoch = this.commits.value?.schemaEpoch(moment ?? Number.MAX_SAFE_INTEGER);
      const tables = await (moment === null ? db : db.asOf({ seq: moment })).tables();
      if (this.db.value !== db) return;
      if (moment === null) this.#set(this.presentTables, tables);
      if (this.moment.value !== moment) return;
      this.#shownEpoch = epoch;
      this.#set(this.tables, tables);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
  }
}
