/** Which storage the databases are on: the choice, what is in use, and what becomes of the data. */

import { byId, element, fill } from './dom';
import { CHOICES, chosenStorage, describeStorage, STORAGE_NAMES } from './open';
import type { Choice } from './open';
import type { Playground } from './playground';
import type { Workspace } from './workspace';

export function startStoragePicker(playground: Playground, workspace: Workspace): void {
  const select = byId<HTMLSelectElement>('storage');
  const startOver = byId<HTMLButtonElement>('start-over');
  const option = (choice: Choice): HTMLElement => element('option', { value: choice }, STORAGE_NAMES[choice]);
  fill(select, ...CHOICES.map(option));
  select.value = chosenStorage();
  select.addEventListener('change', async () => {
    if (!(await workspace.useStorage(select.value as Choice))) select.value = chosenStorage();
  });

  playground.db.follow((db) => {
    const chip = byId('storage-chip');
    select.value = chosenStorage();
    chip.hidden = db === undefined;
    startOver.disabled = db === undefined;
    byId('storage-note').textContent = db ? describeStorage(db.info) : '';
    if (!db) return;
    const { storage, persistent, reason, recovery } = db.info;
    const readOnly = recovery?.readOnly;
    chip.textContent = `${STORAGE_NAMES[storage]} · ${readOnly ? 'read only' : persistent ? 'kept' : 'not kept'}`;
    chip.title = readOnly?.message ?? reason;
    chip.classList.toggle('fleeting', !persistent || Boolean(readOnly));
  });

  // The second click within a few seconds means it.
  let armed: ReturnType<typeof setTimeout> | undefined;
  const disarm = (): void => {
    clearTimeout(armed);
    armed = undefined;
    startOver.textContent = 'Start over';
    startOver.classList.remove('armed');
  };
  startOver.addEventListener('click', () => {
    if (armed === undefined) {
      startOver.textContent = 'Delete it with all its history?';
      startOver.classList.add('armed');
      armed = setTimeout(disarm, 4000);
    } else {
      disarm();
      void workspace.startOver();
    }
  });
}
