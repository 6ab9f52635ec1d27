/**
 * Applies revisions to the index in their order, when they are stable (ADR 0290): all that wait, up to a limit, in one
 * transaction.
 */
import { nextTurn } from '../../clock.ts';
import type { Change, Revision } from '../../store.ts';
import type { Head } from '../read/head.ts';
import type { Stability } from '../readers/stability.ts';
import { type EtcdRevision, isAside } from './changes.ts';
import type { AppliedRevisions, Replica } from './replica.ts';

/** Changes of a transaction, about: more would hold up the event loop. */
const maxChanges = 1000;
/** Changes that may wait before the watch is held back. */
const highWater = 20_000;

export class Applier {
  readonly #replica: Replica;
  readonly #stability: Pick<Stability, 'stable'>;
  readonly #onApplied: (revisions: readonly Revision[]) => Promise<void> | undefined;
  readonly #onError: (error: unknown) => void;
  #waiting: EtcdRevision[] = [];
  #changes = 0;
  #running: Promise<void> | undefined;
  #isOver = false;

  constructor(
    replica: Replica,
    stability: Pick<Stability, 'stable'>,
    onApplied: (revisions: readonly Revision[]) => Promise<void> | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#replica = replica;
    this.#stability = stability;
    this.#onApplied = onApplied;
    this.#onError = onError;
  }

  /**
   * More than enough waits for the index. What is not stable may be as much as it likes: what makes it stable may be the
   * deletion of a reader's key, which comes by the watch.
   */
  get isFull(): boolean {
    return this.#running !== undefined && this.#changes >= highWater;
  }

  /** Revisions that were received and are not in the index. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The newest revision that is applied or will be. */
  get newest(): number {
    return this.#waiting.at(-1)?.revision ?? this.#replica.applied;
  }

  add(revisions: readonly EtcdRevision[]): void {
    if (this.#isOver) return;
    for (const revision of revisions) {
      this.#waiting.push(revision);
      this.#changes += revision.changes.length;
    }
    this.goOn();
  }

  /** More may be stable than before. */
  goOn(): void {
    if (this.#hasStable()) this.#running ??= this.#run();
  }

  #hasStable(): boolean {
    const [first] = this.#waiting;
    return first !== undefined && first.revision <= this.#stability.stable;
  }

  /** Resolves when everything that was stable is applied, or applying has failed. */
  async drained(): Promise<void> {
    await this.#running;
  }

  /** As `drained`. What is added from now on is left out: it comes again by the next watch, which has an applier of its own. */
  end(): Promise<void> {
    this.#isOver = true;
    return this.drained();
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasStable()) {
        // Others have their turn, and what arrives in this one is applied with it.
        await nextTurn();
        const { count, ...gathered } = this.#gather();
        if (count === 0) break;
        this.#replica.apply(gathered);
        this.#changes -= gathered.changes.length;
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

  #gather(): AppliedRevisions & { readonly count: number } {
    const { stable } = this.#stability;
    const changes: Change[] = [];
    let head: Head | undefined;
    let revision: number | undefined;
    let upTo = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (waiting.revision > stable) break;
      changes.push(...waiting.changes);
      head = waiting.head ?? head;
      upTo = waiting.revision;
      if (!isAside(waiting)) revision = upTo;
      count++;
      if (changes.length >= maxChanges) break;
    }
    return { changes, head, revision, upTo, count };
  }
}
