/** Applies revisions to the index in their order: all that wait, up to a limit, in one transaction. */
import { nextTurn } from '../../clock.ts';
import type { Change, Revision } from '../../store.ts';
import type { Head } from '../read/head.ts';
import type { EtcdRevision } from './changes.ts';
import type { Replica } from './replica.ts';

/** Changes of a transaction, about: more would hold up the event loop. */
const maxChanges = 1000;
/** Changes that may wait before the watch is held back. */
const highWater = 20_000;

export class Applier {
  readonly #replica: Replica;
  readonly #onApplied: (revisions: readonly Revision[]) => Promise<void> | undefined;
  readonly #onError: (error: unknown) => void;
  #waiting: EtcdRevision[] = [];
  #changes = 0;
  #running: Promise<void> | undefined;

  constructor(
    replica: Replica,
    onApplied: (revisions: readonly Revision[]) => Promise<void> | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#replica = replica;
    this.#onApplied = onApplied;
    this.#onError = onError;
  }

  get isFull(): boolean {
    return this.#changes >= highWater;
  }

  /** The newest revision that is applied or will be. */
  get newest(): number {
    return this.#waiting.at(-1)?.revision ?? this.#replica.applied;
  }

  add(revisions: readonly EtcdRevision[]): void {
    for (const revision of revisions) {
      this.#waiting.push(revision);
      this.#changes += revision.changes.length;
    }
    if (this.#waiting.length > 0) this.#running ??= this.#run();
  }

  /** Resolves when everything that was added is applied, or applying has failed. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        // Others have their turn, and what arrives in this one is applied with it.
        await nextTurn();
        const { changes, head, revision, count } = this.#gather();
        this.#replica.apply(changes, head, revision);
        this.#changes -= changes.length;
        const told = this.#onApplied(this.#waiting.splice(0, count));
        if (told !== undefined) await told;
      }
    } catch (error) {
      this.#waiting = [];
      this.#changes = 0;
      this.#onError(error);
    } finally {
      this.#running = undefined;
    }
  }

  #gather() {
    const changes: Change[] = [];
    let head: Head | undefined;
    let revision = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      changes.push(...waiting.changes);
      head = waiting.head ?? head;
      revision = waiting.revision;
      count++;
      if (changes.length >= maxChanges) break;
    }
    return { changes, head, revision, count };
  }
}
