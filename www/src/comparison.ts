/**
 * Two moments beside each other: a second thumb on the slider, and in place of the results what is not the same in
 * the tables at both.
 */

import { DatabaseError } from 'driftdb-wasm';
import { differences, showDifference } from './difference';
import { byId, element, fill } from './dom';
import { formatCount } from './format';
import { Latest } from './latest';
import type { Playground } from './playground';

export class Comparison {
  readonly #playground: Playground;
  readonly #button = byId<HTMLButtonElement>('compare');
  readonly #thumb = byId<HTMLInputElement>('slider-from');
  readonly #panel = byId('comparison');
  readonly #list = byId('differences');
  readonly #asking = new Latest<null>(() => this.#ask());

  constructor(playground: Playground) {
    this.#playground = playground;
    this.#button.addEventListener('click', () => (this.#on ? this.close() : this.#open()));
    byId('comparison-close').addEventListener('click', () => this.close());
    byId('comparison-swap').addEventListener('click', () => this.#swap());
    for (const place of [this.#panel, this.#thumb]) {
      place.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') this.close();
      });
    }
    this.#thumb.addEventListener('input', () => playground.comparedWith.set(Number(this.#thumb.value)));
    playground.comparedWith.follow(() => this.#show());
    playground.moment.follow(() => this.#show());
    playground.commits.follow((commits) => {
      playground.comparedWith.set(null);
      commits?.last.follow(() => this.#show());
    });
  }

  get #on(): boolean {
    return this.#playground.comparedWith.value !== null;
  }

  get #last(): number {
    return this.#playground.commits.value?.last.value ?? -1;
  }

  close(): void {
    if (!this.#on) return;
    this.#playground.comparedWith.set(null);
    this.#button.focus();
  }

  /** With the commit before the one that is shown: what that one did. */
  #open(): void {
    const shown = this.#playground.moment.value ?? this.#last;
    this.#playground.comparedWith.set(shown > 0 ? shown - 1 : Math.min(1, this.#last));
    this.#thumb.focus();
  }

  #swap(): void {
    const from = this.#playground.comparedWith.value;
    if (from === null) return;
    const shown = this.#playground.moment.value ?? this.#last;
    this.#playground.goTo(from);
    this.#playground.comparedWith.set(shown);
  }

  #show(): void {
    const from = this.#playground.comparedWith.value;
    const on = from !== null;
    this.#button.disabled = this.#last < 1;
    if (!on && this.#panel.hidden) return;
    this.#button.setAttribute('aria-pressed', String(on));
    document.documentElement.classList.toggle('comparing', on);
    this.#panel.hidden = !on;
    byId('results').hidden = on;
    this.#thumb.hidden = !on;
    if (!on) return fill(this.#list);
    this.#thumb.max = String(this.#last);
    this.#thumb.value = String(from);
    this.#thumb.setAttribute('aria-valuetext', `compared with seq ${from}`);
    const to = this.#playground.moment.value;
    byId('comparison-title').textContent = `From seq ${formatCount(from)} to ${to === null ? 'now' : `seq ${formatCount(to)}`}`;
    void this.#asking.request(null);
  }

  async #ask(): Promise<void> {
    const { db, comparedWith, moment } = this.#playground;
    const from = comparedWith.value;
    if (!db.value || from === null) return;
    try {
      const found = await differences(db.value, from, moment.value ?? this.#last);
      if (!this.#on || this.#asking.superseded) return;
      const same = element('p', { class: 'empty-note' }, 'Every table is the same at both moments.');
      fill(this.#list, ...(found.length > 0 ? found.map(showDifference) : [same]));
    } catch (error) {
      if (this.#asking.superseded || db.value?.closed) return;
      const message = error instanceof DatabaseError ? error.message : String(error);
      fill(this.#list, element('p', { class: 'empty-note' }, message));
    }
  }
}
