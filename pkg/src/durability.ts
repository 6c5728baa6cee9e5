/**
 * Makes durable what an engine has committed, and gives the replies that were held for that.
 *
 * ```text
 *   held -> write and flush, one for all of a turn -> durable -> answered
 * ```
 *
 * In idle moments it lets the engine do what has time: checkpoints, files ahead of need.
 */

import { Answer, type Engine } from './engine.js';
import { DatabaseError, describe } from './error.js';
import type { HeldReplies } from './held.js';
import type { Notices } from './notices.js';
import { storePieces } from './opener.js';
import type { Running } from './running.js';
import { asError } from './storage/idb.js';
import { Delay } from './timer.js';

const IDLE_MS = 40;
const MAINTAIN_MS = 5;
const RELAXED_FLUSH_MS = 250;

export class Durability {
  readonly #idle = new Delay(IDLE_MS, () => void this.#rest());
  readonly #relaxedFlush = new Delay(RELAXED_FLUSH_MS, () => this.flush());
  #storing: Promise<void> | undefined;

  /** `isBusy` says whether there is better to do than maintenance. */
  constructor(
    readonly running: Running,
    readonly held: HeldReplies,
    readonly notices: Notices,
    readonly isBusy: () => boolean,
  ) {}

  /** Makes what was committed durable, and answers what was held for that. */
  settle(): void {
    const { running } = this;
    const { engine } = running;
    if (!engine) return;
    if (engine.wasm.applied_seq() > engine.wasm.durable_seq()) {
      const answer = running.guard(() => (this.#relaxed ? engine.wasm.write() : engine.wasm.flush()));
      if (answer === undefined) return;
      if (answer === Answer.Failed) return running.discard(DatabaseError.fromWire(engine.takeError()));
      if (running.storage.pieces) void this.store();
      if (this.#relaxed) this.#relaxedFlush.plan();
    }
    this.#release();
  }

  /**
   * Answers what was held, if there is nothing to be stored for it; what is to be stored is left to a turn, which does so for several calls
   * together. Answers whether it did.
   */
  settleAtOnce(): boolean {
    const { engine, storage } = this.running;
    const isStored = storage.kind === 'memory' || !engine || engine.wasm.applied_seq() <= engine.wasm.durable_seq();
    if (isStored) {
      this.settle();
      this.planIdle();
    }
    return isStored;
  }

  #release(): void {
    const durable = this.running.engine?.wasm.durable_seq() ?? -1;
    this.held.release(durable);
    // What is merely written may be lost with the system, which is then no loss to be reported.
    this.#tell(durable, !this.#relaxed);
  }

  #tell(seq: number, isStored: boolean): void {
    if (isStored) this.running.stored = Math.max(seq, this.running.stored);
    this.notices.tell(seq, isStored);
  }

  /** Stores the pieces that the engine has written, one transaction after another, until there are none. */
  store(): Promise<void> {
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = undefined;
    });
    return this.#storing;
  }

  async #storeAll(): Promise<void> {
    const { running } = this;
    const { engine, storage } = running;
    const target = storage.pieces;
    if (!target || !engine) return;
    const isStill = () => engine === running.engine;
    try {
      for (;;) {
        const { wasm } = engine;
        const stored = await storePieces(engine, target, wasm.applied_seq() === wasm.durable_seq(), isStill);
        this.#release();
        // What had no room is given up at once, before a commit goes with it; none follows when the engine is being closed.
        if (target.isFull && isStill() && !running.closed) this.#maintain(engine);
        if (!stored) return;
      }
    } catch (error) {
      if (isStill()) running.discard(asError(error) as DatabaseError);
    }
  }

  /** Replies are given when a commit is written. Files alone can tell that from flushed; IndexedDB has its own way. */
  get #relaxed(): boolean {
    return this.running.opening.durability === 'relaxed' && this.running.storage.files !== undefined;
  }

  /** Makes durable what was written. */
  flush(): void {
    const { engine } = this.running;
    if (!engine) return;
    const answer = this.running.guard(() => engine.wasm.flush());
    if (answer === Answer.Failed) this.running.discard(DatabaseError.fromWire(engine.takeError()));
    else if (answer === Answer.Done && this.#relaxed) this.#tell(engine.wasm.applied_seq(), true);
  }

  /** Gives the engine what it waits for at storage. */
  async provide(): Promise<void> {
    await this.#makeFiles();
    if (this.running.storage.pieces) await this.store();
  }

  // -- maintenance ------------------------------------------------------------------------------

  planIdle(): void {
    if (!this.running.closed) this.#idle.plan();
  }

  async #rest(): Promise<void> {
    const { running } = this;
    const { engine } = running;
    if (!engine || running.closed) return;
    // Also between the calls of an application that makes one after another, or it would fill the files that there are.
    await this.#makeFiles();
    // Its pieces go by themselves: for want of room a checkpoint is given up, but a commit among them would be refused.
    await this.#storing;
    if (engine !== running.engine || running.closed || this.isBusy()) return;
    const hasMore = this.#maintain(engine);
    if (running.storage.pieces) void this.store();
    if (hasMore) this.planIdle();
  }

  #maintain(engine: Engine): boolean {
    const answer = this.running.guard(() => engine.wasm.maintain(MAINTAIN_MS));
    if (answer === Answer.Failed) this.running.discard(DatabaseError.fromWire(engine.takeError()));
    return answer === Answer.Again;
  }

  async #makeFiles(): Promise<void> {
    try {
      const { files } = this.running.storage;
      if (files?.needsFiles) await files.makeFiles();
    } catch {
      // No more files for now: the engine goes on with those it has, and says so when it cannot.
    }
  }

  // -- the end ----------------------------------------------------------------------------------

  /** Plans nothing any more. */
  stop(): void {
    this.#idle.stop();
    this.#relaxedFlush.stop();
  }

  /** Lets the engine write and flush what it has left; a failure of that is an error. */
  async closeEngine(): Promise<void> {
    const { running } = this;
    const { engine } = running;
    while (engine && engine === running.engine) {
      const answer = running.guard(() => engine.wasm.close());
      if (answer === Answer.Failed) throw DatabaseError.fromWire(engine.takeError());
      if (answer === Answer.Done) return this.#flushFiles();
      await this.store();
    }
    if (engine) throw running.failure;
  }

  /** What the engine wrote since its last flush: zeros ahead, a watermark. */
  #flushFiles(): void {
    try {
      this.running.storage.files?.flushNow();
    } catch (error) {
      throw new DatabaseError('IO', `a flush failed: ${describe(error)}`, { cause: error });
    }
  }
}
