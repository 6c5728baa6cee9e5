/** What is not the same in tables at two moments: found by the engine, shown as rows with a sign and marked cells. */

import type { DatabaseApi, DiffEntry, TableInfo } from 'driftdb-wasm';
import { element } from './dom';
import { formatCount, plural } from './format';
import { asPrinted, printed } from './values';

type Row = Record<string, unknown>;
type Entry = DiffEntry<Row>;

export interface Difference {
  table: string;
  /** Whether the table is there at only one of the moments. */
  fate: 'made' | 'dropped' | undefined;
  entries: readonly Entry[];
}

/** Rows shown of one table. */
const SHOWN = 200;

const SIGNS = { INSERT: ['+', 'added'], DELETE: ['−', 'removed'], UPDATE: ['~', 'changed'] } as const;

/** What makes the tables of one commit those of another; of all tables, or of some. */
export async function differences(db: DatabaseApi, from: number, to: number, only?: readonly string[]): Promise<Difference[]> {
  if (from === to) return [];
  const [before, after] = await Promise.all([from, to].map((seq) => db.asOf({ seq }).tables()));
  const had = (tables: readonly TableInfo[] | undefined, name: string): boolean => tables?.some((table) => table.name === name) ?? false;
  const names = [...new Set([...(after ?? []), ...(before ?? [])].map(({ name }) => name))];
  const found: Difference[] = [];
  const known = new Set<string>();
  for (const table of names.filter((name) => only?.includes(name) ?? true)) {
    const entries = await db.diff<Row>({ seq: from }, { seq: to }, { table, parsers: asPrinted });
    const fate = !had(before, table) ? 'made' : !had(after, table) ? 'dropped' : undefined;
    // A table that got another name is found by both.
    const print = fate && entries.length > 0 ? JSON.stringify(entries, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) : table;
    if (known.has(print)) continue;
    known.add(print);
    if (entries.length > 0 || fate) found.push({ table, fate, entries });
  }
  return found;
}

export function showDifference({ table, fate, entries }: Difference): HTMLElement {
  const columns = [...new Set(entries.flatMap(({ before, after }) => [...Object.keys(after ?? {}), ...Object.keys(before ?? {})]))];
  const more = entries.length - SHOWN;
  return element(
    'section',
    { class: 'difference', data: { table } },
    element(
      'h3',
      {},
      element('span', { class: 'table-name' }, table),
      fate && element('span', { class: 'tag' }, fate),
      element('span', { class: 'difference-count' }, counts(entries)),
    ),
    entries.length > 0 &&
      scrolling(
        `Rows of ${table}`,
        element(
          'table',
          {},
          element(
            'thead',
            {},
            element('tr', {}, element('th', {}, element('span', { class: 'sr-only' }, 'What happened')), ...columns.map((name) => element('th', {}, name))),
          ),
          element('tbody', {}, ...entries.slice(0, SHOWN).map((entry) => rowOf(entry, columns))),
        ),
      ),
    more > 0 && element('p', { class: 'note' }, `and ${plural(more, 'row')} more`),
  );
}

/** What scrolls can be scrolled by the keyboard. */
function scrolling(label: string, table: HTMLElement): HTMLElement {
  const box = element('div', { class: 'difference-rows', role: 'region', aria: { label } }, table);
  box.tabIndex = 0;
  return box;
}

function counts(entries: readonly Entry[]): string {
  const parts = (['INSERT', 'DELETE', 'UPDATE'] as const).flatMap((op) => {
    const count = entries.filter((entry) => entry.op === op).length;
    return count > 0 ? [`${formatCount(count)} ${SIGNS[op][1]}`] : [];
  });
  return parts.join(', ') || 'no rows';
}

function rowOf({ op, before, after, changed }: Entry, columns: readonly string[]): HTMLElement {
  const [sign, word] = SIGNS[op];
  const cells = columns.map((name) => {
    if (op !== 'UPDATE') return element('td', {}, valueOf(after ?? before, name));
    if (!changed.includes(name)) return element('td', {}, valueOf(after, name));
    return element('td', { class: 'changed' }, element('del', {}, valueOf(before, name)), ' ', element('ins', {}, valueOf(after, name)));
  });
  return element(
    'tr',
    { class: word },
    element('th', { class: 'sign' }, element('span', { aria: { hidden: true } }, sign), element('span', { class: 'sr-only' }, word)),
    ...cells,
  );
}

function valueOf(row: Row | null, name: string): string {
  const value = row && Object.hasOwn(row, name) ? row[name] : null;
  return value === null || value === undefined ? 'NULL' : printed(value);
}
