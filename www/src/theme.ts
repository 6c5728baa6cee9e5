/** Dark or light: the system's, until the button chooses one. */

import { byId } from './dom';
import { remember } from './settings';
import { Signal } from './signal';

type Theme = 'dark' | 'light';

const system = matchMedia('(prefers-color-scheme: dark)');

function current(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return system.matches ? 'dark' : 'light';
}

/** For drawings that style sheets do not reach. */
export const theme = new Signal<Theme>(current());

export function startTheme(): void {
  const button = byId<HTMLButtonElement>('theme');
  button.addEventListener('click', () => {
    const next = current() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    remember('theme', next);
    theme.set(next);
  });
  system.addEventListener('change', () => theme.set(current()));
  theme.follow((now) => {
    button.setAttribute('aria-label', `Switch to the ${now === 'dark' ? 'light' : 'dark'} theme`);
  });
}
