/** The tables and their columns at the moment shown. */

import type { ColumnInfo, IndexInfo, TableInfo } from 'driftdb-wasm';
import { copyButton } from './copy';
import { byId, element, fill, icon, setText } from './dom';
import type { Playground } from './playground';
import { quoteName } from './sql';

/** The panel names the moment shown when the slider has rested for so many milliseconds. */
const MOVE_MS = 150;

export interface SchemaPanelOptions {
  /** A table was chosen: its rows are asked for. */
  onTable: (sql: string) => void;
}

export function startSchemaPanel(playground: Playground, { onTable }: SchemaPanelOptions): void {
  const host = byId('tables');
  const open = new Set<string>();
  const shown = (): number => playground.moment.value ?? playground.commits.value?.last.value ?? 0;
  const show = (): void => {
    const tables = playground.tables.value;
    const present = new Set(playground.presentTables.value.map(({ name }) => name));
    const past = playground.moment.value !== null;
    if (tables.length === 0) {
      fill(host, element('p', { class: 'empty-note' }, past ? 'There were no tables yet.' : 'No tables yet.'));
      return;
    }
    // A schema of a few tables is shown whole.
    if (tables.length <= 3) for (const { name } of tables) open.add(name);
    fill(host, ...tables.map((table) => tableItem(table, { gone: past && !present.has(table.name), open, onTable, shown })));
  };
  // Both change at once, which is shown once.
  let planned = false;
  const plan = (): void => {
    if (!planned) queueMicrotask(() => ((planned = false), show()));
    planned = true;
  };
  playground.tables.follow(plan);
  playground.presentTables.follow(plan);
  // The tables stay while the slider moves over commits that change none.
  let resting: ReturnType<typeof setTimeout> | undefined;
  const showMoment = (): void => {
    clearTimeout(resting);
    resting = setTimeout(() => {
      for (const code of host.querySelectorAll<HTMLElement>('.as-of code')) setText(code, asOf(code.dataset['table'] ?? '', shown()));
    }, MOVE_MS);
  };
  playground.moment.follow(showMoment);
  playground.commits.follow((commits) => commits?.last.follow(showMoment));
}

interface ItemOptions extends SchemaPanelOptions {
  gone: boolean;
  /** The commit that is shown. */
  shown: () => number;
  open: Set<string>;
}

function tableItem(table: TableInfo, { gone, open, onTable, shown }: ItemOptions): HTMLElement {
  const sql = element('code', { data: { table: table.name } }, asOf(table.name, shown()));
  const details = element(
    'details',
    { class: gone ? 'table gone' : 'table', data: { table: table.name } },
    element(
      'summary',
      {},
      element('span', { class: 'table-name' }, table.name),
      gone && element('span', { class: 'tag' }, 'dropped since'),
    ),
    element('ul', { class: 'columns' }, ...table.columns.map((column) => columnItem(column, table.primaryKey))),
    ...otherIndexes(table).map(({ name, columns, unique }) =>
      element('p', { class: 'index' }, `${unique ? 'unique' : 'index'} (${columns.join(', ')})`, element('span', {}, name)),
    ),
    element(
      'button',
      {
        class: 'quiet',
        type: 'button',
        on: { click: () => onTable(`SELECT * FROM ${quoteName(table.name)} ${orderBy(table)}LIMIT 1000;`) },
      },
      'Show rows',
    ),
    element('p', { class: 'as-of' }, sql, copyButton('Copy', () => asOf(table.name, shown()))),
  );
  details.open = open.has(table.name);
  details.addEventListener('toggle', () => (details.open ? open.add(table.name) : open.delete(table.name)));
  return details;
}

/** The table at a moment, for a FROM of any query. */
function asOf(table: string, seq: number): string {
  return `${quoteName(table)} FOR SYSTEM_TIME AS OF @seq:${seq}`;
}

/** Without that of the primary key, which the keys beside the columns show. */
function otherIndexes({ indexes, primaryKey }: TableInfo): IndexInfo[] {
  return indexes.filter(({ columns, unique }) => !unique || columns.join('\0') !== primaryKey.join('\0'));
}

function orderBy({ primaryKey }: TableInfo): string {
  return primaryKey.length === 0 ? '' : `ORDER BY ${primaryKey.map(quoteName).join(', ')} `;
}

function columnItem(column: ColumnInfo, primaryKey: readonly string[]): HTMLElement {
  const isKey = primaryKey.includes(column.name);
  const notes = [
    !column.nullable && !isKey ? 'not null' : '',
    column.default === null ? '' : `default ${column.default}`,
  ].filter((note) => note !== '');
  return element(
    'li',
    { title: notes.join(', ') },
    element('span', { class: 'column-name' }, column.name, isKey && keySign()),
    element('span', { class: 'column-type' }, shortType(column.type)),
  );
}

function keySign(): HTMLElement {
  const sign = element('span', { class: 'key-sign', title: 'primary key' });
  sign.append(icon('key'));
  sign.append(element('span', { class: 'sr-only' }, 'primary key'));
  return sign;
}

/** The usual short names of types whose full ones do not fit. */
function shortType(type: string): string {
  return type
    .replace('character varying', 'varchar')
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('double precision', 'double');
}
