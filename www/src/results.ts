/** What statements answered: one card each, or the one question that follows the slider. */

import type { Results } from 'driftdb-wasm';
import { copyButton } from './copy';
import { element, fill, setText } from './dom';
import { formatCount, formatDuration, plural } from './format';
import { Grid } from './grid';
import type { Answer } from './question';
import { namesMoment } from './sql';
import type { StatementText } from './sql';
import { toCsv } from './values';

/** Rows of a result that stands among others; the rest is scrolled to. */
const ROWS_AMONG_OTHERS = 8;

const COPY = 'Copy CSV';

export interface ResultsOptions {
  host: HTMLElement;
  onRow: (table: string, key: unknown[]) => void;
}

export class ResultsView {
  readonly #host: HTMLElement;
  readonly #onRow: ResultsOptions['onRow'];
  /** The card that follows the slider, reused while it does. */
  #following: { statement: StatementText; card: Card } | undefined;

  constructor({ host, onRow }: ResultsOptions) {
    this.#host = host;
    this.#onRow = onRow;
  }

  clear(): void {
    this.#following = undefined;
    this.#host.replaceChildren();
    this.#host.classList.remove('single');
  }

  /** Adds the result of one statement of several. */
  add(answer: Answer): void {
    const card = new Card(this.#onRow);
    card.show(answer);
    this.#host.append(card.element);
    this.#following = { statement: answer.statement, card };
    this.#arrange();
  }

  addCommand(statement: StatementText, result: Results<unknown[]>, elapsed: number): void {
    this.#host.append(commandLine(statement, result, elapsed));
    this.#arrange();
  }

  /** A line between results. */
  note(text: string): void {
    this.#host.append(element('p', { class: 'results-note' }, text));
    this.#arrange();
  }

  /** Shows the question's answer alone; the same card again where it is there already. */
  follow(answer: Answer): void {
    if (this.#following?.statement !== answer.statement || this.#host.children.length !== 1) {
      this.clear();
      this.add(answer);
    } else this.#following.card.show(answer);
  }

  /** Says something in the place of results. */
  say(title: string, ...more: (Node | string)[]): void {
    this.clear();
    this.#host.append(element('div', { class: 'say' }, element('p', { class: 'say-title' }, title), ...more));
  }

  #arrange(): void {
    const single = this.#host.children.length === 1;
    this.#host.classList.toggle('single', single);
    for (const grid of this.#host.querySelectorAll<HTMLElement>('.grid')) {
      grid.style.maxHeight = single ? '' : `${(ROWS_AMONG_OTHERS + 1) * 30 + 2}px`;
    }
  }
}

/** A result with rows. */
class Card {
  readonly element = element('section', { class: 'card' });
  readonly #line = element('div', { class: 'card-line' });
  readonly #grid: Grid;
  readonly #count = element('span', { class: 'card-count' });
  readonly #time = element('span', { class: 'card-time', title: 'From asking to having the answer' });
  #copy: HTMLElement | undefined;
  /** What the head says besides count and time. */
  #says: string | undefined;
  #answer: Answer | undefined;

  constructor(onRow: ResultsOptions['onRow']) {
    this.#grid = new Grid({
      label: 'Result',
      onRow: (row) => {
        const rowsOf = this.#answer?.rowsOf;
        if (rowsOf) onRow(rowsOf.table, rowsOf.keyColumns.map((column) => row[column]));
      },
    });
    this.element.append(element('header', { class: 'card-head' }, this.#line), this.#grid.element);
  }

  show(answer: Answer): void {
    this.#answer = answer;
    const { result, rowsOf, present, elapsed, statement, moment } = answer;
    this.#grid.show({
      fields: result.fields,
      rows: result.rows,
      keyColumns: rowsOf?.keyColumns ?? [],
      compareWith: present,
    });
    this.element.dataset['moment'] = moment === null ? 'now' : String(moment);
    setText(this.#count, plural(result.rows.length, 'row'));
    setText(this.#time, formatDuration(elapsed));
    const own = namesMoment(statement);
    const says = `${statement.text} ${own} ${rowsOf !== undefined} ${present !== undefined}`;
    if (this.#says === says && this.#copy) {
      setText(this.#copy, COPY);
      return;
    }
    this.#says = says;
    this.#copy = copyButton(COPY, () => this.#csv());
    fill(
      this.#line,
      element('code', { class: 'card-sql', title: statement.text }, oneLine(statement.text)),
      present && element('span', { class: 'legend' }, 'differs from now'),
      own
        ? element('span', { class: 'card-own', title: 'The slider does not move it' }, 'names its own moment')
        : rowsOf && !present && element('span', { class: 'card-hint' }, 'Choose a row for its history'),
      this.#count,
      this.#time,
      this.#copy,
    );
  }

  #csv(): string {
    const { fields = [], rows = [] } = this.#answer?.result ?? {};
    return toCsv(fields.map((field) => field.name), rows);
  }
}

function commandLine(statement: StatementText, result: Results<unknown[]>, elapsed: number): HTMLElement {
  const effect =
    result.affectedRows > 0 ? `${result.command} · ${plural(result.affectedRows, 'row')}` : result.command;
  return element(
    'div',
    { class: 'command' },
    element('code', { class: 'card-sql', title: statement.text }, oneLine(statement.text)),
    element('span', { class: 'card-count' }, effect),
    result.seq !== null && element('span', { class: 'card-seq' }, `seq ${formatCount(result.seq)}`),
    element('span', { class: 'card-time' }, formatDuration(elapsed)),
  );
}

function oneLine(sql: string): string {
  const line = sql.replace(/\s+/g, ' ');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
