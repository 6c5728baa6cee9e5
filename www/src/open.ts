/** Opening databases: one per data set and storage, and one of the visitor's own. */

import { Database } from 'driftdb-wasm';
import type { DatabaseApi, DatabaseInfo, StorageKind } from 'driftdb-wasm';
import { recall, remember } from './settings';

/** What the visitor chose; `auto` takes the best that the browser has. */
export const CHOICES = ['auto', 'opfs', 'idb', 'memory'] as const;
export type Choice = (typeof CHOICES)[number];

/** Each has a database of its own. */
export const DATA_SET_NAMES = ['own', 'orders', 'users', 'inventory', 'stocks'] as const;

export const STORAGE_NAMES: Record<StorageKind | 'auto', string> = {
  auto: 'Automatic',
  opfs: 'OPFS',
  idb: 'IndexedDB',
  memory: 'Memory',
  file: 'Files',
};

export function chosenStorage(): Choice {
  const stored = recall('storage');
  return CHOICES.find((choice) => choice === stored) ?? 'auto';
}

export function chooseStorage(choice: Choice): void {
  remember('storage', choice);
}

/** The name of the data set that was open last. */
export function lastDataSet(): string {
  const stored = recall('dataset') ?? '';
  return DATA_SET_NAMES.find((name) => name === stored) ?? DATA_SET_NAMES[0];
}

export interface OpenRequest {
  /** Of a data set, or `own`. */
  name: string;
  choice: Choice;
  /** Starts anew where an earlier database was lost. */
  acceptDataLoss?: boolean;
}

/** One at a time: all are opened in one worker. */
export async function openDatabase({ name, choice, acceptDataLoss }: OpenRequest): Promise<DatabaseApi> {
  return Database.open(`${choice}://playground-${name}`, {
    wasm: globalThis.engine,
    worker: globalThis.runningWorker(),
    allowFallback: choice === 'auto' ? 'memory' : undefined,
    acceptDataLoss,
  });
}

/** The last commit that opening found; null where there was none. */
export function lastCommit({ recovery }: DatabaseInfo): number | null {
  return recovery && recovery.commits > 0 ? recovery.commits - 1 : null;
}

/** Closes the database and destroys what it kept. */
export async function destroy(db: DatabaseApi): Promise<void> {
  const { storage, name } = db.info;
  await db.close();
  if (storage !== 'memory') await Database.delete(`${storage}://${name}`);
}

/** Where the data is, what becomes of it, and what was found when it was opened. */
export function describeStorage(info: DatabaseInfo): string {
  const { readOnly, torn } = info.recovery ?? {};
  if (readOnly) return `It can be read and not changed: ${readOnly.message}.`;
  if (torn) {
    return 'Kept on this device. The browser had ended in the middle of a write, which was cut off; all that was confirmed is here.';
  }
  return info.persistent
    ? 'Kept on this device: it survives reloads and restarts, past included.'
    : 'Kept in memory: it is forgotten when this tab is closed or reloaded.';
}
