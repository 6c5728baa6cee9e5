/**
 * Which database is open: the visitor's own or a data set's, on the storage that was chosen. Opens, loads, starts over, and
 * says plainly what stands in the way.
 */

import { DatabaseError } from 'driftdb-wasm';
import type { DatabaseApi } from 'driftdb-wasm';
import type { Asked } from './ask';
import { DATA_SETS } from './datasets';
import { firstMissing, load } from './datasets/load';
import type { DataSet, Example, Script } from './datasets/script';
import { element } from './dom';
import type { First } from './first';
import { formatCount, plural } from './format';
import type { LateEditor } from './late-editor';
import { chosenStorage, chooseStorage, destroy, lastCommit, lastDataSet, openDatabase } from './open';
import type { Choice } from './open';
import type { Playground } from './playground';
import type { Question } from './question';
import type { ResultsView } from './results';
import { keepDraft, keptDraft, remember } from './settings';
import { Signal } from './signal';
import { split } from './sql';

/** How long everything else waits for the first answer. */
const FIRST_ANSWER_MS = 300;

export class Workspace {
  readonly dataSet = new Signal<DataSet>(DATA_SETS.find(({ id }) => id === lastDataSet()) ?? DATA_SETS[0]);
  readonly examples = new Signal<readonly Example[]>([]);
  readonly #playground: Playground;
  readonly #editor: LateEditor;
  readonly #question: Question;
  readonly #results: ResultsView;
  readonly #mayLeave: () => Promise<boolean>;
  /** What was begun before the page was there. */
  #first: First | undefined;
  #loading: AbortController | undefined;
  /** Whether the open database had no commits when it was opened. */
  #empty = true;
  /** One opening at a time; a newer one makes the one under way give up. */
  #turn = 0;
  #last: Promise<void> = Promise.resolve();

  /** `mayLeave` is asked before the open database is left. */
  constructor(
    playground: Playground,
    editor: LateEditor,
    question: Question,
    results: ResultsView,
    first: First,
    mayLeave: () => Promise<boolean>,
  ) {
    this.#mayLeave = mayLeave;
    this.#playground = playground;
    this.#editor = editor;
    this.#question = question;
    this.#results = results;
    this.#first = first;
  }

  /** Opens a data set's database, and fills it where that has not been done. */
  async open(dataSet: DataSet, options: { acceptDataLoss?: boolean; anew?: boolean } = {}): Promise<void> {
    if (!(await this.#mayLeave())) return;
    this.#loading?.abort();
    const turn = (this.#turn += 1);
    this.#last = this.#last.then(async () => {
      if (turn === this.#turn) await this.#open(dataSet, options);
    });
    return this.#last;
  }

  reopen(): Promise<void> {
    return this.open(this.dataSet.value);
  }

  /** Deletes the open database with all its history, and opens it anew. */
  startOver(): Promise<void> {
    return this.open(this.dataSet.value, { anew: true });
  }

  /** Answers whether it is used; not where the visitor would rather stay. */
  async useStorage(choice: Choice): Promise<boolean> {
    if (!(await this.#mayLeave())) return false;
    chooseStorage(choice);
    await this.reopen();
    return true;
  }

  keepDraft(text: string): void {
    keepDraft(this.dataSet.value.id, text);
  }

  // ---- opening ----------------------------------------------------------------------------------------------------

  async #open(dataSet: DataSet, { acceptDataLoss = false, anew = false }: { acceptDataLoss?: boolean; anew?: boolean }): Promise<void> {
    const before = this.#playground.db.value;
    const fresh = anew || dataSet !== this.dataSet.value;
    let opened: DatabaseApi | undefined;
    document.documentElement.dataset['ready'] = 'false';
    try {
      await this.#playground.attach(undefined);
      if (anew && before && !before.closed) await destroy(before);
      else await before?.close();
      this.dataSet.set(dataSet);
      remember('dataset', dataSet.id);
      this.examples.set([]);
      const first = this.#first;
      this.#first = undefined;
      opened = await (first?.db ?? openDatabase({ name: dataSet.id, choice: chosenStorage(), acceptDataLoss }));
      const db = opened;
      const last = lastCommit(db.info);
      // What stood in the editor is asked again at once; the data set's script takes longer to write down.
      const draft = fresh ? null : keptDraft(dataSet.id);
      const resumes = draft !== null && last !== null;
      this.#empty = last === null;
      if (resumes) await this.#begin(db, fresh, draft, await first?.asked);
      const { script, examples } = await dataSet.build();
      const start = await firstMissing(db, script, last);
      if (start < script.commits.length) {
        if (resumes) await this.#playground.attach(undefined);
        if (!(await this.#fill(db, dataSet, script, start))) return;
      }
      this.#empty &&= script.commits.length === 0;
      this.examples.set(examples);
      if (this.#playground.db.value !== db) await this.#begin(db, fresh, draft ?? examples[0]?.sql ?? '');
      if (!this.#question.statement) this.welcome();
    } catch (error) {
      await opened?.close().catch(() => undefined);
      this.#explain(error, dataSet);
    } finally {
      await this.#editor.load();
      document.documentElement.dataset['ready'] = 'true';
    }
  }

  /** Plays the script; false where the visitor cancelled it, which takes them back to their own database. */
  async #fill(db: DatabaseApi, dataSet: DataSet, script: Script, start: number): Promise<boolean> {
    void this.#editor.load();
    const loading = (this.#loading = new AbortController());
    const total = script.commits.length;
    const bar = element('progress', { aria: { label: 'Loading' } });
    const count = element('p', {});
    const cancel = element('button', { type: 'button', on: { click: () => loading.abort() } }, 'Cancel');
    const showProgress = (done: number): void => {
      if (!bar.isConnected) this.#results.say(`Loading ${dataSet.title.toLowerCase()}`, bar, count, cancel);
      bar.max = total;
      bar.value = done;
      count.textContent = `${formatCount(done)} of ${formatCount(total)} commits`;
    };
    try {
      await load(db, script, { start, signal: loading.signal, onProgress: showProgress });
      return true;
    } catch (error) {
      await destroy(db).catch(() => undefined);
      if (!loading.signal.aborted) throw error;
      // Unless something else was chosen meanwhile, which is then what comes next.
      const turn = this.#turn;
      queueMicrotask(() => {
        if (turn === this.#turn) void this.open(DATA_SETS[0]);
      });
      return false;
    } finally {
      if (this.#loading === loading) this.#loading = undefined;
    }
  }

  /** What a newly opened database shows first. The question is asked before the commits are there: they may be many. */
  async #begin(db: DatabaseApi, fresh: boolean, text: string, asked?: Asked): Promise<void> {
    const attached = this.#playground.attach(db);
    if (fresh || this.#editor.text === '') this.#editor.replace(text);
    this.#results.clear();
    const answered = this.#empty ? undefined : this.#question.ask(split(this.#editor.text), asked);
    const late = new Promise((resolve) => setTimeout(resolve, FIRST_ANSWER_MS));
    await Promise.all([attached, Promise.race([answered, late])]);
  }

  /** Says what to do, where there is nothing to show. */
  welcome(): void {
    const last = this.#playground.commits.value?.last.value ?? -1;
    if (last < 0 && this.#empty) {
      this.#results.say(
        'Press Run.',
        element('p', {}, 'Five lines of SQL make three commits and ask one question of two moments. Then drag the slider.'),
      );
    } else {
      this.#results.say(
        last < 0 ? 'A history is kept here.' : `${plural(last + 1, 'commit')} kept here.`,
        element('p', {}, 'Run a SELECT, then drag the slider: it is asked again of every moment.'),
      );
    }
  }

  // ---- what stands in the way -------------------------------------------------------------------------------------

  #explain(error: unknown, dataSet: DataSet): void {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof DatabaseError ? error.code : undefined;
    const again = action('Try again', () => void this.open(dataSet));
    const memory = action('Use memory instead', () => void this.useStorage('memory'));
    if (code === 'BUSY') {
      this.#results.say(
        'This database is open in another tab.',
        element('p', {}, 'One tab at a time can hold it. Close it there, then try again; nothing is lost.'),
        actions(again, memory),
      );
    } else if (code === 'DATA_LOSS') {
      this.#results.say(
        'The browser has deleted this database.',
        element('p', {}, message),
        actions(action('Start a new one', () => void this.open(dataSet, { acceptDataLoss: true })), memory),
      );
    } else if (code === 'STORAGE_UNAVAILABLE') {
      this.#results.say('This browser does not offer that storage here.', element('p', {}, message), actions(memory));
    } else {
      this.#results.say('The database could not be opened.', element('p', {}, message), actions(again, memory));
    }
  }
}

function action(label: string, run: () => void): HTMLElement {
  return element('button', { type: 'button', on: { click: run } }, label);
}

function actions(...buttons: HTMLElement[]): HTMLElement {
  return element('div', { class: 'actions' }, ...buttons);
}

