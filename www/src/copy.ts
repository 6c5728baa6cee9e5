/** Buttons that copy, and say whether they could. */

import { element } from './dom';

export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed here';
    }
  };
  const button = element('button', { class: 'quiet', type: 'button', on: { click: () => void copy() } }, label);
  return button;
}
