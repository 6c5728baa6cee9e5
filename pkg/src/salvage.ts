/** Salvage, where the engine runs: the storage of a new database beside that of the damaged one, which is only read. */

import { Answer, type Engine } from './engine.js';
import { DatabaseError, toWire } from './error.js';
import { failed, NO_RESULTS } from './held.js';
import { accessTo, deleteDatabase, note, openStorage, storePieces } from './opener.js';
import type { Opening, Reply, Request } from './protocol.js';
import { asError } from './storage/idb.js';
import type { OpenStorage } from './storage/storage.js';
import { parseUrl } from './url.js';

/** What is to become of it; by any other number it goes on. */
export const Part = { begin: 0, leave: 2, finish: 3 } as const;

export class Salvage {
  #to: { storage: OpenStorage; url: string } | undefined;

  /** Begins a salvage, goes on with it as `ask` has the engine do, ends it, or leaves it with all that it has written. */
  async answer(engine: Engine, opening: Opening, { from, to }: Request & { kind: 'salvage' }, ask: () => number | undefined): Promise<Reply> {
    try {
      if (from === Part.begin) await this.#begin(engine, opening, to);
      if (from === Part.finish) await this.#finish();
      else if (from === Part.leave) await this.leave();
      else return { results: await this.#step(engine, ask) };
      return { results: NO_RESULTS };
    } catch (error) {
      await this.leave();
      return failed(toWire(asError(error)));
    }
  }

  async #begin(engine: Engine, opening: Opening, url: string): Promise<void> {
    await this.leave();
    const { storage } = await openStorage({ ...opening, url, salvage: false, create: true, acceptDataLoss: true });
    if (!storage.fresh || storage.kind === 'memory') {
      await storage.close();
      throw new DatabaseError('INVALID_PARAMETER_VALUE', `what is salvaged becomes a new database in storage, which '${url}' is not`);
    }
    this.#to = { storage, url };
    engine.beginSalvage(...accessTo(storage, () => engine));
  }

  async #step(engine: Engine, ask: () => number | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const { storage } = this.#to ?? {};
    if (!storage) throw new DatabaseError('CANCELLED', 'no salvage is under way');
    const answer = ask();
    if (answer === undefined) throw new DatabaseError('ENGINE_CRASHED', 'the engine failed while it salvaged');
    if (answer === Answer.Failed) throw DatabaseError.fromWire(engine.takeError());
    const results = engine.takeOutput();
    await storage.files?.makeFiles();
    if (storage.pieces) {
      engine.wasm.swap_pieces();
      try {
        while (await storePieces(engine, storage.pieces, false));
      } finally {
        engine.wasm.swap_pieces();
      }
    }
    return results;
  }

  async #finish(): Promise<void> {
    const to = this.#to;
    if (!to) return;
    to.storage.files?.flushNow();
    await note(to.storage, parseUrl(to.url));
    this.#to = undefined;
    await to.storage.close();
  }

  /** Takes away what is not whole. */
  async leave(): Promise<void> {
    const to = this.#to;
    this.#to = undefined;
    if (!to) return;
    await to.storage.close();
    await deleteDatabase(to.url);
  }
}
