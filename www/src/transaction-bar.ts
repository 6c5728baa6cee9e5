/**
 * The transaction that was begun in the editor and has not ended: said plainly, with the ways to end it, and asked about before
 * it would be lost.
 */

import { byId, element, fill } from './dom';
import type { Playground } from './playground';
import { META } from './runner';

type End = 'COMMIT' | 'ROLLBACK';

export interface TransactionBarOptions {
  onEnded: () => Promise<void>;
  onError: (error: unknown, statement: string) => void;
}

export class TransactionBar {
  readonly #playground: Playground;
  readonly #options: TransactionBarOptions;
  readonly #bar = byId('transaction');
  readonly #dialog = byId<HTMLDialogElement>('leaving');

  constructor(playground: Playground, options: TransactionBarOptions) {
    this.#playground = playground;
    this.#options = options;
    playground.transaction.follow(() => this.#show());
    addEventListener('beforeunload', (event) => {
      if (playground.transaction.value !== 'none') event.preventDefault();
    });
  }

  get #failed(): boolean {
    return this.#playground.transaction.value === 'failed';
  }

  /** Whether the database may be left: asks what is to become of the transaction, where there is one. */
  async mayLeave(): Promise<boolean> {
    if (this.#playground.transaction.value === 'none') return true;
    const choice = await this.#ask();
    return choice !== undefined && this.#end(choice);
  }

  #show(): void {
    this.#bar.hidden = this.#playground.transaction.value === 'none';
    if (this.#bar.hidden) return;
    const [title, more] = this.#failed
      ? ['The transaction has failed.', 'A statement in it went wrong; nothing of it can be kept.']
      : ['A transaction is open.', 'What it changes is seen here alone, and kept once it is committed.'];
    fill(
      this.#bar,
      element('p', {}, element('strong', {}, title), ' ', more),
      element(
        'div',
        { class: 'actions' },
        !this.#failed && button('Commit', () => void this.#end('COMMIT')),
        button('Roll back', () => void this.#end('ROLLBACK')),
      ),
    );
  }

  /** Answers whether it has ended. */
  async #end(how: End): Promise<boolean> {
    let failure: unknown;
    await this.#playground.db.value?.exec(how, { meta: META }).catch((error: unknown) => (failure = error));
    await this.#playground.refresh();
    await this.#options.onEnded();
    if (failure) this.#options.onError(failure, how);
    return this.#playground.transaction.value === 'none';
  }

  /** What is to become of it; undefined: it is to stay. */
  #ask(): Promise<End | undefined> {
    const dialog = this.#dialog;
    return new Promise((resolve) => {
      const choose = (choice: End | undefined) => (): void => {
        resolve(choice);
        dialog.close();
      };
      dialog.addEventListener('close', () => resolve(undefined), { once: true });
      fill(
        dialog,
        element('h2', { id: 'leaving-title' }, this.#failed ? 'The transaction has failed' : 'A transaction is open'),
        element('p', {}, 'It ends when another database is opened.'),
        element(
          'div',
          { class: 'actions' },
          button('Stay here', choose(undefined)),
          button('Roll back', choose('ROLLBACK')),
          !this.#failed && button('Commit', choose('COMMIT')),
        ),
      );
      dialog.showModal();
    });
  }
}

function button(label: string, run: () => void): HTMLButtonElement {
  return element('button', { type: 'button', on: { click: run } }, label);
}
