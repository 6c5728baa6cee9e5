/** Which commit set each value of a row, as its history tells. */

import type { HistoryEntry } from 'driftdb-wasm';
import { element } from './dom';
import { formatCount, formatMeta } from './format';
import { printed } from './values';

type Entry = HistoryEntry<Record<string, unknown>>;

/**
 * The commits, the last one first, with the columns whose values they set; undefined where the row is not there at the moment
 * `seq`.
 */
function blameOf(entries: readonly Entry[], seq: number): Map<Entry, string[]> | undefined {
  const known = entries.filter((entry) => entry.seq <= seq);
  const shown = known.at(-1);
  if (!shown?.row || (shown.until !== null && shown.until.seq <= seq)) return undefined;
  const blamed = new Map(known.toReversed().map((entry) => [entry, [] as string[]]));
  for (const name of Object.keys(shown.row)) {
    const setter = known.findLast(({ op, changed }) => op === 'INSERT' || changed.includes(name)) ?? shown;
    blamed.get(setter)?.push(name);
  }
  return blamed;
}

export function showBlame(entries: readonly Entry[], seq: number, onSeq: (seq: number) => void): HTMLElement {
  const blamed = blameOf(entries, seq);
  if (!blamed) return element('p', { class: 'empty-note' }, 'The row is not there at this moment.');
  const row = entries.filter((entry) => entry.seq <= seq).at(-1)?.row ?? {};
  const told = [...blamed].flatMap(([entry, names]) => {
    if (names.length === 0) return [];
    return [
      element(
        'dt',
        {},
        element('button', { class: 'quiet', type: 'button', on: { click: () => onSeq(entry.seq) } }, `seq ${formatCount(entry.seq)}`),
        element('span', {}, formatMeta(entry.meta)),
      ),
      element('dd', {}, ...names.map((name) => element('span', { title: valueOf(row[name]) }, name))),
    ];
  });
  return element('dl', { class: 'blame' }, ...told);
}

function valueOf(value: unknown): string {
  return value === null || value === undefined ? 'NULL' : printed(value);
}
