/**
 * What a page remembers of its stored databases in a place that fails apart from their storage: the last
 * commit known to be durable, in `localStorage`. When a browser has lost the storage (a damaged
 * IndexedDB is deleted without a word), opening the database finds the memory of it and raises
 * `DATA_LOSS` rather than show an empty database.
 *
 * Workers have no `localStorage`; an engine that an application runs in its own worker does without, and has only the
 * witness (`storage/witness.ts`), which tells of a database that is gone and not of a part of one.
 */

import type { Sentinel } from './protocol.js';

const WRITE_AFTER = 250;

type Kind = 'opfs' | 'idb';

const keyOf = (kind: Kind, name: string) => `driftdb:${kind}:${name}`;

function storage(): Storage | undefined {
  try {
    return typeof window === 'undefined' ? undefined : window.localStorage;
  } catch {
    return undefined; // a page may be forbidden to use it
  }
}

export function readSentinel(kind: Kind, name: string): Sentinel | undefined {
  try {
    const text = storage()?.getItem(keyOf(kind, name));
    const seq: unknown = text ? (JSON.parse(text) as Sentinel).seq : undefined;
    return typeof seq === 'number' ? { seq } : undefined;
  } catch {
    return undefined;
  }
}

export function clearSentinels(name: string, kinds: Kind[]): void {
  for (const kind of kinds) storage()?.removeItem(keyOf(kind, name));
}

/** Answers with the function to call whenever more commits are durable. It writes the first at once, then now and then. */
export function sentinelWriter(kind: Kind, name: string): { update(seq: number): void; finish(): void } {
  let known: number | undefined;
  let written: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    timer = undefined;
    if (known === written || known === undefined) return;
    written = known;
    try {
      storage()?.setItem(keyOf(kind, name), JSON.stringify({ seq: known } satisfies Sentinel));
    } catch {
      // Full or forbidden: the database works without.
    }
    timer = setTimeout(write, WRITE_AFTER);
  };
  return {
    update(seq) {
      known = seq;
      if (timer === undefined) write();
    },
    finish() {
      clearTimeout(timer);
      write();
      clearTimeout(timer);
    },
  };
}
