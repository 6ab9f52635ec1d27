/**
 * Changes of single keys. One watch of the store serves all who wait, so a change costs one look-up, however many keys are
 * waited for. It is open while anyone waits.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../store/clock.ts';
import type { Store, Watch } from '../../store/store.ts';

/** Milliseconds until the watch is opened again after the store has ended it, such as for a resync with etcd. */
const reopenPause = 100;

export class KeyChanges {
  readonly #store: Pick<Store, 'watch' | 'revision'>;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #waiting = new Map<string, Set<() => void>>();
  /** The watch outlives the request that opens it, and stays out of its trace. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #watch: Watch | undefined;
  #cancelReopening: (() => void) | undefined;

  constructor(store: Pick<Store, 'watch' | 'revision'>, clock: Pick<Clock, 'after'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Calls back once, after the first change of the key that the index did not show before this call. May also call back
   * without one: when changes may have been missed. So register first, then read. Returns what takes the call back.
   */
  once(key: string, wake: () => void): () => void {
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    waiting.add(wake);
    if (this.#watch === undefined && this.#cancelReopening === undefined) this.#open(false);
    return () => {
      if (!waiting.delete(wake) || waiting.size > 0 || this.#waiting.get(key) !== waiting) return;
      this.#waiting.delete(key);
      this.#closeIfIdle();
    };
  }

  /** `isAgain`: changes between the watch before and this one are not delivered. */
  #open(isAgain: boolean): void {
    this.#outside(() => {
      let isOpen = false;
      const watch = this.#store.watch(this.#store.revision(), {
        opened: () => {
          isOpen = true;
          if (isAgain && this.#watch === watch) this.#wakeAll();
        },
        revision: ({ changes }) => {
          if (this.#watch !== watch) return;
          for (const { key } of changes) this.#wake(key);
          this.#closeIfIdle();
        },
        end: () => {
          if (this.#watch !== watch) return;
          this.#watch = undefined;
          this.#cancelReopening = this.#clock.after(reopenPause, () => {
            this.#cancelReopening = undefined;
            this.#open(true);
          });
          // Not at each try to open it again: the first that succeeds wakes them.
          if (isOpen) this.#wakeAll();
        },
      });
      this.#watch = watch;
    });
  }

  #wake(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    for (const wake of waiting) wake();
  }

  #wakeAll(): void {
    for (const key of [...this.#waiting.keys()]) this.#wake(key);
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#waiting.size > 0) return;
    this.#watch?.close();
    this.#watch = undefined;
    this.#cancelReopening?.();
    this.#cancelReopening = undefined;
  }
}
