/** Removes expired keys. No read shows them any more by then: this only makes room, and notifies watchers. */
import type { Clock } from '../clock.ts';
import type { KeyIndex } from '../index/key-index.ts';

/** Keys of one transaction: more would hold up the requests that share it. */
const maxKeys = 1000;
/** Milliseconds to the next try when they could not be removed. */
const retryPause = 1000;
/** Milliseconds that a timer can take; a wall clock that is set is noticed by then as well. */
const longest = 60_000;

export class Expiry {
  readonly #index: KeyIndex;
  readonly #clock: Clock;
  readonly #remove: (keys: readonly string[]) => Promise<unknown>;
  #cancel: (() => void) | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #removing = false;
  #stopped = false;

  constructor(index: KeyIndex, clock: Clock, remove: (keys: readonly string[]) => Promise<unknown>) {
    this.#index = index;
    this.#clock = clock;
    this.#remove = remove;
  }

  /** After each write: is there something to wait for? */
  schedule(): void {
    const next = this.#index.nextDeadline;
    const now = this.#clock.wall();
    // A timer that should have fired by now was set before the wall clock was.
    const isWaiting = this.#wakeAt <= next && this.#wakeAt > now;
    if (this.#stopped || this.#removing || isWaiting || next === Number.POSITIVE_INFINITY) return;
    this.#wake(Math.max(0, next - now));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #wake(wait: number): void {
    this.#cancel?.();
    const delay = Math.min(wait, longest);
    this.#wakeAt = this.#clock.wall() + delay;
    this.#cancel = this.#clock.after(delay, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#removing = true;
    let failed = false;
    try {
      for (let keys = this.#index.due(maxKeys); keys.length > 0 && !this.#stopped; keys = this.#index.due(maxKeys)) {
        await this.#remove(keys);
      }
    } catch {
      // A full disk, or too much to do: writes report it to their clients. These keys are not shown, and wait.
      failed = true;
    }
    this.#removing = false;
    // What is due and cannot be removed is damaged.
    const stuck = failed || this.#index.nextDeadline <= this.#clock.wall();
    if (stuck && !this.#stopped) this.#wake(retryPause);
    else this.schedule();
  }
}
