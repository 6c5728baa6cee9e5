/** What the page remembers between visits; a browser that forbids it gets the defaults. */

const PREFIX = 'driftdb-playground.';

/** A longer text in the editor is not kept between visits. */
const DRAFT_LENGTH_MAX = 100_000;

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows and full disks: the page works without.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function forget(name: string): void {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // As above.
  }
}

/** The text that stood in the editor when a data set's database was open last. */
export const keptDraft = (dataSet: string): string | null => recall(`draft.${dataSet}`);

export function keepDraft(dataSet: string, text: string): void {
  if (text.length <= DRAFT_LENGTH_MAX) remember(`draft.${dataSet}`, text);
}
