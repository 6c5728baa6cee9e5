/** The library as a drawer, on screens that have no room for it beside the rest. */

import { byId } from './dom';

const wide = matchMedia('(min-width: 1000px)');

export class Drawer {
  readonly #drawer = byId('library');
  readonly #button = byId<HTMLButtonElement>('menu');
  readonly #veil = byId('veil');
  #open = false;

  constructor() {
    this.#button.addEventListener('click', () => this.#set(!this.#open));
    this.#veil.addEventListener('click', () => this.close());
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    wide.addEventListener('change', () => this.#set(false));
    this.#set(false);
  }

  close(): void {
    if (!this.#open) return;
    this.#set(false);
    this.#button.focus();
  }

  #set(open: boolean): void {
    this.#open = open && !wide.matches;
    this.#drawer.classList.toggle('open', this.#open);
    // Out of sight is out of reach of the keyboard.
    this.#drawer.inert = !wide.matches && !this.#open;
    this.#veil.hidden = !this.#open;
    this.#button.setAttribute('aria-expanded', String(this.#open));
    if (this.#open) this.#drawer.querySelector<HTMLElement>('button')?.focus();
  }
}
