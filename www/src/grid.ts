/**
 * A table of any number of rows, of which only those in view are in the document.
 *
 * ```text
 *  .grid            scrolls both ways; role=grid, holds the focus, points at the active cell
 *    .grid-head     sticky
 *    .grid-body     as high as all rows together
 *      .grid-row    placed by its top, reused as the view moves
 * ```
 *
 * Nothing is measured while rows change, or the browser would lay out the page on the spot: how high the view is and how far
 * it is scrolled is kept from the last time either changed. Of a row only what differs from what it showed before is written.
 *
 * Rows have one fixed height. Where they would be higher together than a browser can scroll, the scroll bar is mapped to
 * them proportionally.
 */

import type { Field } from 'driftdb-wasm';
import { element, fill, setText } from './dom';
import { isNumberType, printed } from './values';

const ROW_HEIGHT = 30;
/** Browsers stop at heights between 17 and 33 million pixels. */
const BODY_HEIGHT_MAX = 8_000_000;
/** Rows kept on either side of the view. */
const MARGIN = 6;
/** Rows, from all over, whose texts decide how wide a column is. */
const SAMPLE = 300;
/** What letters may be wider than digits, by which a column is measured. */
const WIDER = 1.15;

export interface GridContent {
  fields: readonly Field[];
  rows: readonly (readonly unknown[])[];
  /** Positions of the columns that tell rows apart; empty where it is unknown. */
  keyColumns: readonly number[];
  /** Rows to compare with, by key: what differs from them is marked. */
  compareWith?: ReadonlyMap<string, readonly unknown[]> | undefined;
}

export interface GridOptions {
  label: string;
  /** A row was chosen, by a click or Enter. */
  onRow?: ((row: readonly unknown[]) => void) | undefined;
}

/** The text that tells a row apart from others. */
export function keyOf(row: readonly unknown[], keyColumns: readonly number[]): string {
  return keyColumns.map((column) => printed(row[column])).join('\u0000');
}

/** A row in the document, and what it shows. */
interface Line {
  node: HTMLDivElement;
  cells: HTMLDivElement[];
  index: number;
  top: number;
  missing: boolean;
  /** Of its cells, by column. */
  classes: string[];
}

let grids = 0;

export class Grid {
  readonly element: HTMLDivElement;
  readonly #head = element('div', { class: 'grid-head', role: 'row', aria: { rowindex: 1 } });
  readonly #body = element('div', { class: 'grid-body', role: 'rowgroup' });
  readonly #options: GridOptions;
  readonly #id = `grid${(grids += 1)}`;
  #content: GridContent = { fields: [], rows: [], keyColumns: [] };
  #widths: number[] = [];
  #pool: Line[] = [];
  #active = { row: 0, column: 0 };
  #scheduled = false;
  /** As measured; 0 before that. */
  #viewHeight = 0;
  #scrolled = 0;

  constructor(options: GridOptions) {
    this.#options = options;
    this.element = element(
      'div',
      { class: 'grid', role: 'grid', aria: { label: options.label } },
      element('div', { role: 'rowgroup', class: 'grid-head-group' }, this.#head),
      this.#body,
    );
    this.element.tabIndex = 0;
    this.element.addEventListener('scroll', () => this.#scrolledTo(this.element.scrollTop), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('click', (event) => this.#click(event));
    this.element.addEventListener('copy', (event) => this.#copy(event));
    new ResizeObserver(() => {
      this.#viewHeight = this.element.clientHeight;
      this.#schedule();
    }).observe(this.element);
  }

  /** Shows other rows; the place scrolled to stays where the columns are the same. */
  show(content: GridContent): void {
    const sameColumns =
      content.fields.length === this.#content.fields.length &&
      content.fields.every((field, at) => field.name === this.#content.fields[at]?.name);
    const sameKey = content.keyColumns.join() === this.#content.keyColumns.join();
    this.#content = content;
    this.#measure(sameColumns);
    if (!sameColumns) {
      this.#pool = [];
      this.#body.replaceChildren();
      if (this.#scrolled > 0) this.element.scrollTo(0, 0);
      this.#scrolled = 0;
      this.#active = { row: 0, column: 0 };
    }
    if (!sameColumns || !sameKey) {
      fill(this.#head, ...content.fields.map((field, at) => headCell(field, at, content.keyColumns.includes(at))));
    }
    this.#active.row = Math.min(this.#active.row, Math.max(0, content.rows.length - 1));
    this.element.setAttribute('aria-rowcount', String(content.rows.length + 1));
    this.element.setAttribute('aria-colcount', String(content.fields.length));
    this.element.classList.toggle('has-history', content.keyColumns.length > 0 && this.#options.onRow !== undefined);
    setStyle(this.#body, 'height', `${this.#bodyHeight}px`);
    this.#scrolled = Math.min(this.#scrolled, Math.max(0, this.#bodyHeight - this.#rowsHeight));
    this.#render();
  }

  // ---- columns ----------------------------------------------------------------------------------------------------

  /** Widths in characters, from some rows; they only grow while the columns stay the same. */
  #measure(grow: boolean): void {
    const { fields, rows } = this.#content;
    this.#widths = fields.map((field, column) => {
      let width = Math.max(field.name.length + 2, grow ? (this.#widths[column] ?? 0) : 4);
      // Evenly spread, the last row included: numbers that count are longest there.
      const samples = Math.min(rows.length, SAMPLE);
      for (let sample = 1; sample <= samples; sample += 1) {
        const row = Math.ceil((sample * rows.length) / samples) - 1;
        width = Math.max(width, Math.min(Math.ceil(printed(rows[row]?.[column]).length * WIDER), 44));
      }
      return width;
    });
    const columns = this.#widths.map((width) => `calc(${width}ch + 28px)`).join(' ');
    setStyle(this.element, '--columns', `${columns} minmax(0, 1fr)`);
    const total = this.#widths.reduce((sum, width) => sum + width, 0);
    setStyle(this.element, '--width', `calc(${total}ch + ${this.#widths.length * 28}px)`);
  }

  // ---- rows -------------------------------------------------------------------------------------------------------

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#render();
    });
  }

  #scrolledTo(top: number): void {
    this.#scrolled = top;
    this.#schedule();
  }

  get #bodyHeight(): number {
    return Math.min(this.#content.rows.length * ROW_HEIGHT, BODY_HEIGHT_MAX);
  }

  /** What is in view below the head. */
  get #rowsHeight(): number {
    this.#viewHeight ||= this.element.clientHeight;
    return this.#viewHeight - ROW_HEIGHT;
  }

  /** How far the scroll position stands in the rows, in pixels of rows. */
  #rowsTop(): number {
    const whole = this.#content.rows.length * ROW_HEIGHT;
    if (whole <= BODY_HEIGHT_MAX) return this.#scrolled;
    const view = this.#rowsHeight;
    return (this.#scrolled / (BODY_HEIGHT_MAX - view)) * (whole - view);
  }

  #render(): void {
    const { rows } = this.#content;
    const top = this.#rowsTop();
    const visible = Math.ceil(this.#rowsHeight / ROW_HEIGHT) + 1;
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - MARGIN);
    const count = Math.min(rows.length - first, visible + 2 * MARGIN);
    const shift = this.#scrolled - top;
    this.#resizePool(Math.max(0, count));
    for (let at = 0; at < count; at += 1) {
      // A row keeps its element while it stays in view, so that little is written anew.
      const index = first + at;
      const line = this.#pool[index % count];
      if (!line) continue;
      this.#place(line, index, index * ROW_HEIGHT + shift);
      this.#fillRow(line);
    }
    this.element.setAttribute('aria-activedescendant', this.#cellId());
  }

  #resizePool(count: number): void {
    while (this.#pool.length > count) this.#pool.pop()?.node.remove();
    while (this.#pool.length < count) {
      const cells = this.#content.fields.map((_, column) => element('div', { role: 'gridcell', aria: { colindex: column + 1 } }));
      const node = element('div', { class: 'grid-row', role: 'row' }, ...cells);
      this.#pool.push({ node, cells, index: -1, top: -1, missing: false, classes: [] });
      this.#body.append(node);
    }
  }

  #place(line: Line, index: number, top: number): void {
    const { node, cells } = line;
    if (line.top !== top) node.style.top = `${top}px`;
    line.top = top;
    if (line.index === index) return;
    line.index = index;
    node.dataset['row'] = String(index);
    node.setAttribute('aria-rowindex', String(index + 2));
    cells.forEach((cell, column) => (cell.id = `${this.#id}-${index}-${column}`));
  }

  #fillRow(line: Line): void {
    const { cells, classes, index } = line;
    const { compareWith, keyColumns, rows, fields } = this.#content;
    const row = rows[index] ?? [];
    const other = compareWith?.get(keyOf(row, keyColumns));
    const missing = compareWith !== undefined && other === undefined;
    if (line.missing !== missing) line.node.classList.toggle('missing', missing);
    line.missing = missing;
    const active = index === this.#active.row ? this.#active.column : -1;
    cells.forEach((cell, column) => {
      const value = row[column];
      const isNull = value === null || value === undefined;
      setText(cell, isNull ? 'NULL' : printed(value));
      let name = isNumberType(fields[column]?.dataTypeID ?? 0) ? 'cell number' : 'cell';
      if (isNull) name += ' null';
      if (other !== undefined && printed(other[column]) !== printed(value)) name += ' differs';
      if (column === active) name += ' active';
      if (classes[column] !== name) cell.className = classes[column] = name;
    });
  }

  // ---- keyboard and pointer ---------------------------------------------------------------------------------------

  #cellId(): string {
    return `${this.#id}-${this.#active.row}-${this.#active.column}`;
  }

  #key(event: KeyboardEvent): void {
    const { rows, fields } = this.#content;
    const page = Math.max(1, Math.floor(this.#rowsHeight / ROW_HEIGHT) - 1);
    const far = event.ctrlKey || event.metaKey;
    const moves: Record<string, [row: number, column: number]> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      PageDown: [page, 0],
      PageUp: [-page, 0],
      Home: [far ? -rows.length : 0, -fields.length],
      End: [far ? rows.length : 0, fields.length],
    };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      this.#activate(this.#active.row + move[0], this.#active.column + move[1]);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#choose(this.#active.row);
    }
  }

  #activate(row: number, column: number): void {
    const { rows, fields } = this.#content;
    this.#active = {
      row: Math.max(0, Math.min(row, rows.length - 1)),
      column: Math.max(0, Math.min(column, fields.length - 1)),
    };
    this.#reveal();
    this.#render();
    this.#body.querySelector('.cell.active')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** Scrolls so far that the active row is in view. */
  #reveal(): void {
    const whole = this.#content.rows.length * ROW_HEIGHT;
    const view = this.#rowsHeight;
    const top = this.#rowsTop();
    const wanted = this.#active.row * ROW_HEIGHT;
    const next = wanted < top ? wanted : wanted + ROW_HEIGHT > top + view ? wanted + ROW_HEIGHT - view : top;
    if (next === top) return;
    const scale = whole <= BODY_HEIGHT_MAX ? 1 : (BODY_HEIGHT_MAX - view) / (whole - view);
    this.element.scrollTop = next * scale;
    this.#scrolled = this.element.scrollTop;
  }

  #click(event: MouseEvent): void {
    const cell = (event.target as Element).closest('.cell');
    const row = cell?.closest<HTMLElement>('.grid-row');
    if (!cell || !row || String(getSelection() ?? '') !== '') return;
    this.#activate(Number(row.dataset['row']), Number(cell.getAttribute('aria-colindex')) - 1);
    this.#choose(this.#active.row);
  }

  #choose(index: number): void {
    const row = this.#content.rows[index];
    if (row) this.#options.onRow?.(row);
  }

  #copy(event: ClipboardEvent): void {
    if (String(getSelection() ?? '') !== '') return;
    const value = this.#content.rows[this.#active.row]?.[this.#active.column];
    if (value === undefined) return;
    event.clipboardData?.setData('text/plain', value === null ? '' : printed(value));
    event.preventDefault();
  }
}

/** Sets what is not so already: setting it again would have all that depends on it styled anew. */
function setStyle(node: HTMLElement, property: string, value: string): void {
  if (node.style.getPropertyValue(property) !== value) node.style.setProperty(property, value);
}

function headCell(field: Field, column: number, isKey: boolean): HTMLElement {
  return element(
    'div',
    {
      class: `head-cell${isNumberType(field.dataTypeID) ? ' number' : ''}${isKey ? ' key' : ''}`,
      role: 'columnheader',
      title: field.name,
      aria: { colindex: column + 1 },
    },
    field.name,
  );
}
