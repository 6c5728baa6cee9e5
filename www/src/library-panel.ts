/** The data sets to choose from, and the example queries of the one that is open. */

import { DATA_SETS } from './datasets';
import type { Example } from './datasets/script';
import { byId, element, fill } from './dom';
import type { Workspace } from './workspace';

export interface LibraryOptions {
  onExample: (example: Example) => void;
  onOpen: () => void;
}

export function startLibrary(workspace: Workspace, { onExample, onOpen }: LibraryOptions): void {
  const list = byId('data-sets');
  const buttons = DATA_SETS.map((dataSet) =>
    element(
      'button',
      {
        class: 'entry',
        type: 'button',
        data: { set: dataSet.id },
        on: {
          click: () => {
            onOpen();
            void workspace.open(dataSet);
          },
        },
      },
      element('span', { class: 'entry-title' }, dataSet.title),
      element('span', { class: 'entry-sentence' }, dataSet.sentence),
    ),
  );
  fill(list, ...buttons.map((button) => element('li', {}, button)));
  workspace.dataSet.follow(({ id }) => {
    for (const button of buttons) {
      if (button.dataset['set'] === id) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  });
  workspace.examples.follow((examples) => {
    byId('examples-section').hidden = examples.length === 0;
    fill(
      byId('examples'),
      ...examples.map((example) => element('li', {}, exampleButton(example, () => onExample(example)))),
    );
  });
}

function exampleButton({ title, sentence }: Example, run: () => void): HTMLElement {
  return element(
    'button',
    { class: 'entry', type: 'button', on: { click: run } },
    element('span', { class: 'entry-title' }, title),
    element('span', { class: 'entry-sentence' }, sentence),
  );
}
