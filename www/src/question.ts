/**
 * The question on the page: the SELECT run last, which is asked again wherever the slider goes.
 *
 * In the past its rows are compared with those of the present, where the table's key tells which is which.
 */

import type { Results, TableInfo } from 'driftdb-wasm';
import { ask } from './ask';
import type { Asked } from './ask';
import { keyOf } from './grid';
import { Latest } from './latest';
import type { Playground } from './playground';
import { namesMoment, questionOf, sourceOf } from './sql';
import type { Source, StatementText } from './sql';
import { asRows } from './values';

export type Row = readonly unknown[];

export interface Answer {
  statement: StatementText;
  result: Results<unknown[]>;
  elapsed: number;
  /** The commit it shows the state after; null for the present. */
  moment: number | null;
  /** The table whose rows these are, and where its key stands in them; undefined where that is not known. */
  rowsOf: { table: string; keyColumns: number[] } | undefined;
  /** The rows of the present, by key. */
  present: ReadonlyMap<string, Row> | undefined;
}

/** A question that took longer is not asked ahead. */
const QUICK_MS = 100;
/** Until the page is done with an answer. */
const REST_MS = 30;

/** More rows than these are not compared. */
const COMPARED_ROWS = 20_000;

export class Question {
  #statement: StatementText | undefined;
  #source: Source | undefined;
  #present: { rows: readonly Row[] } | undefined;
  /** Those by key, for as long as rows and key are the same. */
  #keyed: { rows: readonly Row[]; keyColumns: string; byKey: ReadonlyMap<string, Row> | undefined } | undefined;
  #askingAhead: ReturnType<typeof setTimeout> | undefined;
  #asked: Asked | undefined;
  /** The answer shown last. */
  #shown: Answer | undefined;
  readonly #playground: Playground;
  readonly #onAnswer: (answer: Answer) => void;
  readonly #onError: (error: unknown, statement: StatementText) => void;
  readonly #asking = new Latest<number | null>((moment) => this.#ask(moment));

  constructor(
    playground: Playground,
    onAnswer: (answer: Answer) => void,
    onError: (error: unknown, statement: StatementText) => void,
  ) {
    this.#playground = playground;
    this.#onAnswer = onAnswer;
    this.#onError = onError;
    playground.moment.follow((moment) => {
      if (this.#statement) void this.#asking.request(moment);
    });
    playground.db.follow(() => this.#set(undefined));
    playground.presentTables.follow(() => this.#locate());
  }

  get statement(): StatementText | undefined {
    return this.#statement;
  }

  /** Whether the slider moves the question's answer. */
  get follows(): boolean {
    return this.#statement !== undefined && !namesMoment(this.#statement);
  }

  /** Takes over the last question of what was run; `answered` is its result of the present, where it has one. */
  choose(
    statements: readonly StatementText[],
    answered: (statement: StatementText) => { rows: readonly Row[]; elapsed: number } | undefined,
  ): void {
    this.#set(questionOf(statements));
    const answer = this.#statement && answered(this.#statement);
    if (answer && this.#playground.moment.value === null) this.#answeredNow(answer.rows, answer.elapsed);
  }

  /** Asks the last question of a text now, unless that was done already; resolves when it was answered. */
  ask(statements: readonly StatementText[], asked?: Asked): Promise<void> {
    this.choose(statements, () => undefined);
    this.#asked = asked;
    return this.#asking.request(this.#playground.moment.value);
  }

  /** What an answer's rows are, at the moment it was given. */
  answer(statement: StatementText, result: Results<unknown[]>, elapsed: number, moment: number | null): Answer {
    const rowsOf = locate(sourceOf(statement), result, this.#tables());
    const present =
      moment !== null && rowsOf && statement === this.#statement && this.#present
        ? this.#byKey(this.#present.rows, rowsOf.keyColumns)
        : undefined;
    return { statement, result, elapsed, moment, rowsOf, present };
  }

  #byKey(rows: readonly Row[], keyColumns: readonly number[]): ReadonlyMap<string, Row> | undefined {
    const columns = keyColumns.join();
    if (this.#keyed?.rows !== rows || this.#keyed.keyColumns !== columns) {
      this.#keyed = { rows, keyColumns: columns, byKey: byKey(rows, keyColumns) };
    }
    return this.#keyed.byKey;
  }

  #set(statement: StatementText | undefined): void {
    this.#statement = statement;
    this.#source = statement && sourceOf(statement);
    this.#present = undefined;
    this.#keyed = undefined;
    this.#asked = undefined;
    this.#shown = undefined;
    clearTimeout(this.#askingAhead);
  }

  #answeredNow(rows: readonly Row[], elapsed: number): void {
    this.#present = { rows };
    clearTimeout(this.#askingAhead);
    if (elapsed <= QUICK_MS && this.follows) this.#askingAhead = setTimeout(() => void this.#askAhead(), REST_MS);
  }

  /** Asks a quick question of the moment before, for nothing but that the slider's first step finds everything at hand. */
  async #askAhead(): Promise<void> {
    const { db, commits, moment } = this.#playground;
    const before = (commits.value?.last.value ?? 0) - 1;
    if (!this.#statement || moment.value !== null || before < 0) return;
    await db.value?.asOf({ seq: before }).query(this.#statement.text, null, asRows).catch(() => undefined);
  }

  /** An answer may be there before the tables, which tell what its rows are. */
  #locate(): void {
    const shown = this.#shown;
    if (!shown || shown.rowsOf) return;
    const answer = this.answer(shown.statement, shown.result, shown.elapsed, shown.moment);
    if (answer.rowsOf) this.#onAnswer((this.#shown = answer));
  }

  #tables(): readonly TableInfo[] {
    return [...this.#playground.tables.value, ...this.#playground.presentTables.value];
  }

  async #ask(moment: number | null): Promise<void> {
    const statement = this.#statement;
    const db = this.#playground.db.value;
    if (!statement || !db || !this.follows) return;
    try {
      if (moment !== null && this.#source && !this.#present) await this.#askPresent(statement);
      const asked = moment === null && this.#asked?.text === statement.text ? this.#asked.reply : undefined;
      this.#asked = undefined;
      const { result, elapsed } = await (asked ?? ask(moment === null ? db : db.asOf({ seq: moment }), statement.text));
      if (statement !== this.#statement || db !== this.#playground.db.value) return;
      if (moment === null) this.#answeredNow(result.rows, elapsed);
      this.#shown = this.answer(statement, result, elapsed, moment);
      this.#onAnswer(this.#shown);
    } catch (error) {
      if (statement === this.#statement && !db.closed && !this.#asking.superseded) this.#onError(error, statement);
    }
  }

  /** A question that the present cannot answer, say of a dropped table, is compared with nothing. */
  async #askPresent(statement: StatementText): Promise<void> {
    const rows = await this.#playground.db.value
      ?.query<unknown[]>(statement.text, null, asRows)
      .then((result) => result.rows)
      .catch(() => []);
    if (statement === this.#statement && rows) this.#present = { rows };
  }
}

function locate(source: Source | undefined, result: Results, tables: readonly TableInfo[]): Answer['rowsOf'] {
  const table = source && tables.find(({ name }) => name === source.table);
  if (!table || table.primaryKey.length === 0) return undefined;
  const keyColumns = table.primaryKey.map((column) => {
    const named = source.columns === undefined || source.columns.has(column);
    const found = result.fields.findIndex((field) => field.name === column);
    const again = result.fields.findLastIndex((field) => field.name === column);
    return named && found === again ? found : -1;
  });
  return keyColumns.includes(-1) ? undefined : { table: table.name, keyColumns };
}

function byKey(rows: readonly Row[], keyColumns: readonly number[]): ReadonlyMap<string, Row> | undefined {
  if (rows.length > COMPARED_ROWS) return undefined;
  return new Map(rows.map((row) => [keyOf(row, keyColumns), row]));
}
