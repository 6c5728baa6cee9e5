/** Runs what the editor holds, statement by statement, and shows each answer as it comes. */

import { DatabaseError } from 'driftdb-wasm';
import type { DatabaseApi, Results } from 'driftdb-wasm';
import { byId, element, fill } from './dom';
import type { Editor } from './editor';
import { formatDuration, plural } from './format';
import type { Playground } from './playground';
import type { Question, Row } from './question';
import type { ResultsView } from './results';
import { endOfTokenAt, isQuestion, isRead, offsetOfPosition, split } from './sql';
import type { StatementText } from './sql';
import { asRows } from './values';

/** More statements than these are handed over in one call: their times are then not told apart. */
const ONE_BY_ONE = 50;

/** What commits made by hand say about themselves. */
export const META = { user: 'you', reason: 'from the editor' };

/** Results shown of a script that was handed over in one call. */
const SHOWN_RESULTS = 50;

export class Runner {
  readonly #playground: Playground;
  readonly #editor: Editor;
  readonly #question: Question;
  readonly #results: ResultsView;
  readonly #button = byId<HTMLButtonElement>('run');
  readonly #label = byId('run-label');
  readonly #problem = byId('problem');
  readonly #elapsed = byId('elapsed');
  readonly #onRan: () => Promise<void>;
  #running: AbortController | undefined;

  /** `onRan` hears of every run that has ended. */
  constructor(
    playground: Playground,
    editor: Editor,
    question: Question,
    results: ResultsView,
    onRan: () => Promise<void>,
  ) {
    this.#playground = playground;
    this.#editor = editor;
    this.#question = question;
    this.#results = results;
    this.#onRan = onRan;
    playground.db.follow((db) => (this.#button.disabled = db === undefined));
    this.#button.addEventListener('click', () => (this.#running ? this.#running.abort() : void this.run()));
  }

  /** Runs the selection, or everything; while it runs, a second call does nothing. */
  async run(): Promise<void> {
    const db = this.#playground.db.value;
    if (!db || this.#running) return;
    this.#playground.comparedWith.set(null);
    const { text, from } = this.#editor.chosen;
    const statements = split(text);
    this.#editor.stopCompleting();
    this.clearProblem();
    if (statements.length === 0) {
      this.#results.say('There is nothing to run.');
      return;
    }
    if (this.#playground.moment.value !== null && !statements.every(isRead)) {
      this.#refuse();
      return;
    }
    const start = performance.now();
    const running = (this.#running = new AbortController());
    const cancellable = setTimeout(() => this.#setRunning(true), 150);
    try {
      if (statements.length <= ONE_BY_ONE) await this.#oneByOne(db, statements, from, running.signal);
      else await this.#atOnce(db, text, statements, from, running.signal);
    } finally {
      clearTimeout(cancellable);
      this.#running = undefined;
      this.#setRunning(false);
      this.#elapsed.textContent = formatDuration(performance.now() - start);
      if (!db.closed) {
        await this.#playground.refresh();
        await this.#onRan();
      }
    }
  }

  // ---- the two ways of running ------------------------------------------------------------------------------------

  async #oneByOne(db: DatabaseApi, statements: StatementText[], offset: number, signal: AbortSignal): Promise<void> {
    this.#results.clear();
    const moment = this.#playground.moment.value;
    const answers = new Map<StatementText, { rows: readonly Row[]; elapsed: number }>();
    const reader = moment === null ? db : db.asOf({ seq: moment });
    let written = false;
    for (const statement of statements) {
      // What a result's rows are depends on the tables that there are by now.
      if (written && isQuestion(statement)) await this.#playground.refresh();
      written = !isRead(statement) || (written && !isQuestion(statement));
      const start = performance.now();
      try {
        const [result] = await reader.exec(statement.text, { ...asRows, meta: META, signal });
        if (!result) continue;
        const elapsed = performance.now() - start;
        if (isQuestion(statement)) answers.set(statement, { rows: result.rows as unknown as Row[], elapsed });
        this.#show(statement, result, elapsed, moment);
      } catch (error) {
        this.showError(error, statement.text, offset + statement.from);
        break;
      }
    }
    this.#question.choose([...answers.keys()], (statement) => answers.get(statement));
  }

  async #atOnce(
    db: DatabaseApi,
    text: string,
    statements: StatementText[],
    offset: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#results.clear();
    const moment = this.#playground.moment.value;
    const reader = moment === null ? db : db.asOf({ seq: moment });
    const start = performance.now();
    let done: Results[] = [];
    try {
      done = await reader.exec(text, { ...asRows, meta: META, signal });
    } catch (error) {
      done = (error instanceof DatabaseError && error.results) || [];
      this.showError(error, text, offset);
    }
    const elapsed = performance.now() - start;
    await this.#playground.refresh();
    const skipped = Math.max(0, done.length - SHOWN_RESULTS);
    if (skipped > 0) this.#results.note(`${plural(skipped, 'result')} before these ${skipped === 1 ? 'is' : 'are'} not shown.`);
    done.slice(skipped).forEach((result, at) => {
      const statement = statements[skipped + at];
      if (statement) this.#show(statement, result, elapsed, moment);
    });
    this.#question.choose(statements.slice(0, done.length), () => undefined);
  }

  #show(statement: StatementText, result: Results, elapsed: number, moment: number | null): void {
    const rows = result as unknown as Results<unknown[]>;
    if (result.fields.length > 0) this.#results.add(this.#question.answer(statement, rows, elapsed, moment));
    else this.#results.addCommand(statement, rows, elapsed);
  }

  // ---- what went wrong --------------------------------------------------------------------------------------------

  /** Says what went wrong, and underlines where in the editor if `query` stands there from `offset` on. */
  showError(error: unknown, query: string, offset?: number): void {
    const known = error instanceof DatabaseError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    fill(
      this.#problem,
      element('span', { class: 'problem-message' }, message),
      known && element('code', { class: 'problem-code', title: `SQLSTATE ${known.sqlstate}` }, known.sqlstate, ' ', known.code),
      known?.detail && element('span', { class: 'problem-hint' }, known.detail),
      known?.hint && element('span', { class: 'problem-hint' }, `Hint: ${known.hint}`),
    );
    this.#problem.hidden = false;
    if (known?.position && offset !== undefined) {
      const from = offsetOfPosition(query, known.position);
      this.#editor.underline(offset + from, offset + endOfTokenAt(query, from));
    }
  }

  clearProblem(): void {
    if (!this.#problem.hidden) {
      this.#problem.hidden = true;
      this.#problem.replaceChildren();
    }
    this.#editor.clearUnderline();
  }

  /** The past cannot be changed; the way out is one click away. */
  #refuse(): void {
    const back = (): void => {
      this.#playground.moment.set(null);
      void this.run();
    };
    fill(
      this.#problem,
      element('span', { class: 'problem-message' }, 'The past can be read, not changed.'),
      element('button', { type: 'button', on: { click: back } }, 'Go back to now and run'),
    );
    this.#problem.hidden = false;
  }

  #setRunning(running: boolean): void {
    this.#label.textContent = running ? 'Cancel' : 'Run';
    this.#button.classList.toggle('running', running);
  }
}
