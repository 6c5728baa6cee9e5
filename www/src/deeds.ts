/**
 * What can be done about the past: bring it back, undo one commit, give a moment a name. Each is shown in a dialog before it is
 * done: the rows that change, whether the constraints allow it (it is tried and taken back), and the SQL that does it.
 */

import { DatabaseError } from 'driftdb-wasm';
import type { DatabaseApi, RunResult, TagInfo } from 'driftdb-wasm';
import { copyButton } from './copy';
import { differences, showDifference } from './difference';
import type { Difference } from './difference';
import { byId, element, fill } from './dom';
import { formatCount, plural } from './format';
import type { Playground } from './playground';
import { META } from './runner';
import { quoteName } from './sql';

type Policy = 'error' | 'skip' | 'force';

/** What a dialog offers: changed by its fields, looked at anew then. */
interface Plan {
  sql: string;
  preview: () => Promise<Difference[]>;
  /** Whether it does more than to rows. */
  defines?: boolean;
  /** Does it and takes it back. */
  attempt: () => Promise<RunResult>;
  run: () => Promise<RunResult>;
}

export class Deeds {
  readonly #playground: Playground;
  readonly #onDone: (seq: number | null) => Promise<void>;
  readonly #dialog = byId<HTMLDialogElement>('deed');
  readonly #undo = byId<HTMLButtonElement>('undo-commit');
  readonly #restore = byId<HTMLButtonElement>('restore-moment');
  readonly #tag = byId<HTMLButtonElement>('tag-moment');
  /** One look at a time; a newer one makes the one under way give up. */
  #turn = 0;

  constructor(playground: Playground, onDone: (seq: number | null) => Promise<void>) {
    this.#playground = playground;
    this.#onDone = onDone;
    this.#undo.addEventListener('click', () => this.#openUndo());
    this.#restore.addEventListener('click', () => this.#openRestore());
    this.#tag.addEventListener('click', () => this.#openTag());
    this.#dialog.addEventListener('close', () => (this.#turn += 1));
    playground.moment.follow(() => this.#enable());
    playground.commits.follow((commits) => {
      this.#dialog.close();
      commits?.last.follow(() => this.#enable());
      this.#enable();
    });
  }

  get #last(): number {
    return this.#playground.commits.value?.last.value ?? -1;
  }

  get #shown(): number {
    return this.#playground.moment.value ?? this.#last;
  }

  #enable(): void {
    this.#undo.disabled = this.#shown < 0;
    this.#restore.disabled = this.#playground.moment.value === null;
    this.#tag.disabled = this.#last < 0;
  }

  // ---- the three --------------------------------------------------------------------------------------------------

  #openRestore(): void {
    const db = this.#playground.db.value;
    const seq = this.#shown;
    if (!db) return;
    const names = this.#playground.tables.value.map(({ name }) => name);
    const scope = element(
      'select',
      { id: 'deed-scope' },
      element('option', { value: '' }, 'The whole database'),
      ...names.map((name) => element('option', { value: name }, `Table ${name}`)),
    );
    this.#open(`Restore to seq ${formatCount(seq)}`, 'Restore', field('What', scope), () => {
      const table = scope.value === '' ? undefined : scope.value;
      return {
        sql: table === undefined ? `RESTORE DATABASE TO @seq:${seq};` : `RESTORE TABLE ${quoteName(table)} TO @seq:${seq};`,
        preview: () => differences(db, this.#last, seq, table === undefined ? undefined : [table]),
        attempt: () => db.restore({ seq }, { table, dryRun: true }),
        run: () => db.restore({ seq }, { table, meta: { ...META, reason: `restored to seq ${seq}` } }),
      };
    });
  }

  #openUndo(): void {
    const db = this.#playground.db.value;
    const seq = this.#shown;
    if (!db || seq < 0) return;
    const option = (value: Policy, label: string): HTMLElement => element('option', { value }, label);
    const policy = element(
      'select',
      { id: 'deed-policy' },
      option('error', 'is an obstacle'),
      option('skip', 'stays as it is'),
      option('force', 'is undone all the same'),
    );
    const commit = this.#playground.commits.value?.get(seq);
    const statement = commit?.statement ?? '';
    const told = element('p', { class: 'deed-commit' }, element('code', {}, statement));
    this.#open(`Undo commit ${formatCount(seq)}`, 'Undo', [told, field('What changed again since', policy)], () => {
      const chosen = policy.value as Policy;
      const sql = `UNDO COMMIT ${seq}${chosen === 'error' ? '' : ` ${chosen.toUpperCase()}`};`;
      return {
        sql,
        // Before the first commit there is no moment.
        preview: async () => (seq === 0 ? [] : differences(db, seq, seq - 1, commit?.tables)),
        // A commit that changed no row changed definitions.
        defines: commit?.affectedRows === 0 || /\b(create|drop|alter)\b/.test(statement),
        attempt: () => attempt(db, sql),
        run: () => db.undo(seq, { policy: chosen, meta: { ...META, reason: `undid seq ${seq}` } }),
      };
    });
  }

  #openTag(): void {
    const seq = this.#shown;
    const input = element('input', { id: 'deed-name', type: 'text' });
    input.required = true;
    input.autocomplete = 'off';
    const problem = element('p', { class: 'deed-problem', role: 'alert' });
    const tags = this.#playground.tags.value;
    const list = element('ul', { class: 'deed-tags' }, ...tags.map((tag) => this.#tagItem(tag)));
    const name = async (): Promise<void> => {
      try {
        await this.#finish(await this.#playground.db.value?.tag(input.value.trim(), { seq }, { meta: META }), true);
      } catch (error) {
        problem.textContent = messageOf(error);
      }
    };
    const title = `Name seq ${formatCount(seq)}`;
    this.#fill(title, () => void name(), field('Name', input), problem, tags.length > 0 && list, buttons(this.#submit('Tag'), this.#cancel()));
    input.focus();
  }

  #tagItem({ name, seq }: TagInfo): HTMLElement {
    const go = (): void => {
      this.#dialog.close();
      this.#playground.goTo(seq);
    };
    const drop = async (): Promise<void> => {
      item.remove();
      await this.#playground.db.value?.dropTag(name, { meta: META });
      await this.#onDone(null);
    };
    const item = element(
      'li',
      {},
      element('button', { class: 'quiet tag-name', type: 'button', on: { click: go } }, name),
      element('span', { class: 'note' }, `seq ${formatCount(seq)}`),
      element('button', { class: 'quiet', type: 'button', aria: { label: `Remove the tag ${name}` }, on: { click: () => void drop() } }, 'Remove'),
    );
    return item;
  }

  // ---- the dialog -------------------------------------------------------------------------------------------------

  /** A dialog whose fields say what is done. */
  #open(title: string, verb: string, fields: HTMLElement | HTMLElement[], planned: () => Plan): void {
    const effect = element('p', { class: 'deed-effect', role: 'status' });
    const rows = element('div', { class: 'deed-rows' });
    const sql = element('code', {});
    const submit = this.#submit(verb);
    const own = [fields].flat();
    const look = async (): Promise<void> => {
      const turn = (this.#turn += 1);
      const plan = planned();
      sql.textContent = plan.sql;
      submit.disabled = true;
      effect.className = 'deed-effect';
      effect.textContent = 'Looking …';
      try {
        const found = await plan.preview();
        if (turn !== this.#turn) return;
        fill(rows, ...found.map(showDifference));
        const { affectedRows } = await plan.attempt();
        if (turn !== this.#turn) return;
        const changes = affectedRows > 0 || plan.defines === true || found.some(({ fate }) => fate !== undefined);
        const what = affectedRows > 0 ? plural(affectedRows, 'row') : 'Definitions';
        effect.textContent = changes ? `${what} will change. The past stays.` : 'Nothing would change.';
        submit.disabled = !changes;
      } catch (error) {
        if (turn !== this.#turn) return;
        effect.className = 'deed-effect deed-problem';
        effect.textContent = messageOf(error);
      }
    };
    const run = async (): Promise<void> => {
      submit.disabled = true;
      try {
        await this.#finish(await planned().run());
      } catch (error) {
        effect.className = 'deed-effect deed-problem';
        effect.textContent = messageOf(error);
      }
    };
    const text = element('p', { class: 'deed-sql' }, sql, copyButton('Copy SQL', () => sql.textContent ?? ''));
    this.#fill(title, () => void run(), ...own, effect, rows, text, buttons(submit, this.#cancel()));
    for (const node of own) node.addEventListener('change', () => void look());
    void look();
  }

  #fill(title: string, onSubmit: () => void, ...content: (HTMLElement | false)[]): void {
    const form = element(
      'form',
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            onSubmit();
          },
        },
      },
      element('h2', { id: 'deed-title' }, title),
      ...content,
    );
    fill(this.#dialog, form);
    this.#dialog.showModal();
  }

  /** What was done is seen in the present; a name is seen where one is. */
  async #finish(done: RunResult | undefined, stays = false): Promise<void> {
    this.#dialog.close();
    await this.#onDone(stays ? null : (done?.seq ?? null));
  }

  #submit(label: string): HTMLButtonElement {
    return element('button', { class: 'deed-do', type: 'submit' }, label);
  }

  #cancel(): HTMLElement {
    return element('button', { type: 'button', on: { click: () => this.#dialog.close() } }, 'Cancel');
  }
}

/** Runs a statement and takes it back. */
function attempt(db: DatabaseApi, sql: string): Promise<RunResult> {
  return db.transaction(async (tx) => {
    const { affectedRows, seq } = await tx.query(sql);
    await tx.rollback();
    return { affectedRows, seq };
  });
}

function field(label: string, input: HTMLElement): HTMLElement {
  return element('label', { class: 'deed-field' }, element('span', {}, label), input);
}

function buttons(...own: HTMLElement[]): HTMLElement {
  return element('div', { class: 'deed-buttons' }, ...own);
}

function messageOf(error: unknown): string {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? error.message : String(error);
  return [error.message, error.detail].filter((part) => part !== undefined).join(': ');
}
