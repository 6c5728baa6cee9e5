/** The life of one row: every version, what changed, who and why, and the SQL that brings a version back. */

import type { CommitInfo, HistoryEntry, TableInfo } from 'driftdb-wasm';
import { showBlame } from './blame';
import { byId, element, fill } from './dom';
import { formatCount, formatMeta, formatTime, plural } from './format';
import type { Playground } from './playground';
import { asPrinted, literal, printed } from './values';
import { quoteName } from './sql';

type Entry = HistoryEntry<Record<string, unknown>>;

export interface HistoryPanelOptions {
  /** The SQL that restores a version: shown, not run. */
  onRestore: (sql: string) => void;
}

export class HistoryPanel {
  readonly #playground: Playground;
  readonly #onRestore: HistoryPanelOptions['onRestore'];
  readonly #panel = byId('history');
  readonly #title = byId('history-title');
  readonly #list = byId('versions');
  #shown: { table: string; key: unknown[] } | undefined;
  #entries: Entry[] = [];
  #opener: Element | null = null;

  constructor(playground: Playground, { onRestore }: HistoryPanelOptions) {
    this.#playground = playground;
    this.#onRestore = onRestore;
    byId('history-close').addEventListener('click', () => this.close());
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    playground.moment.follow(() => this.#markCurrent());
    playground.db.follow(() => this.close());
  }

  /** Shows the row with this key, whose values are in the order of the key's columns. */
  async open(table: string, key: unknown[]): Promise<void> {
    this.#opener = document.activeElement;
    this.#shown = { table, key };
    this.#title.textContent = `${table} · ${key.map(printed).join(', ')}`;
    this.#panel.hidden = false;
    document.documentElement.classList.add('history-open');
    // At once, so that Escape closes it while the row is still being read.
    this.#panel.focus({ preventScroll: true });
    await this.refresh();
  }

  /** Reads the row again, after something was written. */
  async refresh(): Promise<void> {
    const shown = this.#shown;
    const db = this.#playground.db.value;
    if (!shown || !db) return;
    try {
      const entries = await db.history<Record<string, unknown>>(shown.table, shown.key, { parsers: asPrinted });
      if (shown === this.#shown) this.#show(entries);
    } catch (error) {
      if (shown !== this.#shown) return;
      fill(this.#list, element('li', { class: 'empty-note' }, error instanceof Error ? error.message : String(error)));
    }
  }

  close(): void {
    if (this.#shown && this.#opener instanceof HTMLElement) this.#opener.focus({ preventScroll: true });
    this.#shown = undefined;
    this.#panel.hidden = true;
    document.documentElement.classList.remove('history-open');
    this.#entries = [];
    this.#list.replaceChildren();
  }

  #show(entries: Entry[]): void {
    this.#entries = entries;
    byId('history-count').textContent = plural(entries.length, 'version');
    fill(this.#list, ...entries.map((entry, at) => this.#item(entry, entries[at - 1])));
    this.#markCurrent();
  }

  #item(entry: Entry, before: Entry | undefined): HTMLElement {
    const commit = this.#playground.commits.value?.get(entry.seq);
    const restore = this.#restoreSql(entry);
    return element(
      'li',
      { class: `version ${entry.op.toLowerCase()}` },
      element(
        'div',
        { class: 'version-head' },
        element('span', { class: 'operation' }, OPERATIONS[entry.op]),
        element('span', { class: 'version-seq' }, `seq ${formatCount(entry.seq)}`),
      ),
      who(entry, commit),
      element('dl', { class: 'changes' }, ...changes(entry, before)),
      element('p', { class: 'version-time' }, lifetime(entry)),
      element(
        'div',
        { class: 'version-actions' },
        element(
          'button',
          { class: 'quiet', type: 'button', on: { click: () => this.#playground.goTo(entry.seq) } },
          'Go there',
        ),
        restore !== undefined &&
          element(
            'button',
            { class: 'quiet', type: 'button', on: { click: () => this.#onRestore(restore) } },
            'Bring back',
          ),
      ),
    );
  }

  /** Marks the version that the row has at the moment shown, and scrolls to it; says who set its values. */
  #markCurrent(): void {
    if (!this.#shown) return;
    const moment = this.#playground.moment.value ?? Number.MAX_SAFE_INTEGER;
    fill(byId('blame-rows'), showBlame(this.#entries, moment, (seq) => this.#playground.goTo(seq)));
    this.#entries.forEach(({ seq, until }, at) => {
      const item = this.#list.children[at];
      const current = seq <= moment && (until === null || moment < until.seq);
      item?.classList.toggle('current', current);
      if (current) {
        item?.setAttribute('aria-current', 'true');
        item?.scrollIntoView({ block: 'nearest' });
      } else item?.removeAttribute('aria-current');
    });
  }

  /** For versions that the present does not show; undefined where there is nothing to bring back. */
  #restoreSql(entry: Entry): string | undefined {
    const last = this.#entries.at(-1);
    const table = this.#playground.presentTables.value.find(({ name }) => name === this.#shown?.table);
    if (!table || !last || entry.row === null || (entry === last && last.until === null)) return undefined;
    const alive = last.op !== 'DELETE' && last.until === null;
    return restoreSql(table, entry.row, alive, entry.seq);
  }
}

const OPERATIONS = { INSERT: 'Inserted', UPDATE: 'Updated', DELETE: 'Deleted' } as const;

function who(entry: Entry, commit: CommitInfo | undefined): HTMLElement | null {
  const text = formatMeta(entry.meta) || commit?.statement || '';
  return text === '' ? null : element('p', { class: 'version-who' }, text);
}

function lifetime({ time, until, op }: Entry): string {
  const since = formatTime(time);
  if (op === 'DELETE') return until ? `${since}, until it came back at seq ${formatCount(until.seq)}` : since;
  return until ? `${since}, until seq ${formatCount(until.seq)}` : `${since}, until now`;
}

/** The columns with their values; those that this version changed are marked and show what they were. */
function changes(entry: Entry, before: Entry | undefined): HTMLElement[] {
  const row = entry.row;
  if (!row) return [];
  const names = entry.op === 'INSERT' ? Object.keys(row) : entry.changed;
  return names.flatMap((name) => {
    const was = entry.op === 'UPDATE' ? before?.row : undefined;
    return [
      element('dt', {}, name),
      element(
        'dd',
        { class: entry.op === 'UPDATE' ? 'changed' : '' },
        was ? element('del', {}, valueOf(was, name)) : null,
        element('ins', {}, valueOf(row, name)),
      ),
    ];
  });
}

function valueOf(row: Record<string, unknown>, name: string): string {
  const value = Object.hasOwn(row, name) ? row[name] : null;
  return value === null || value === undefined ? 'NULL' : printed(value);
}

/** An ordinary statement: the row returns by a new commit, and history keeps what was in between. */
export function restoreSql(table: TableInfo, row: Record<string, unknown>, alive: boolean, seq: number): string {
  const columns = table.columns.map(({ name }) => name).filter((name) => Object.hasOwn(row, name));
  const name = quoteName(table.name);
  const head = `-- brings back the row as of @seq:${seq}\n`;
  if (!alive) {
    const names = columns.map(quoteName).join(', ');
    return `${head}INSERT INTO ${name} (${names})\nVALUES (${columns.map((column) => literal(row[column])).join(', ')});`;
  }
  const set = (column: string): string => `${quoteName(column)} = ${literal(row[column])}`;
  const values = columns.filter((column) => !table.primaryKey.includes(column)).map(set);
  const key = table.primaryKey.map(set).join(' AND ');
  return `${head}UPDATE ${name}\nSET ${values.join(',\n    ')}\nWHERE ${key};`;
}
