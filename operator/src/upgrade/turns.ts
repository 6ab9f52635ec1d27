/**
 * A new version of the operator may make pods from something else than the one before, for every KvStore in the same
 * moment. They take turns: a few at once, and a pause after each. What is wrong with the new version then shows in the
 * first of them, and stops there.
 */
import type { Clock } from '../clock.ts';
import type { KvStore } from '../kvstore.ts';
import type { UpgradeMetrics } from '../metrics/upgrade-metrics.ts';
import { isWithin, type Window } from './window.ts';

export interface TurnsOptions {
  readonly clock: Clock;
  /** The time of day. */
  readonly now: () => Date;
  /** How many KvStores have their turn at once. */
  readonly atOnce: number;
  /** Milliseconds between the end of a turn and the next one. */
  readonly pauseMs: number;
  /** When turns may begin; undefined: at any time. */
  readonly window: Window | undefined;
  readonly metrics: UpgradeMetrics;
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #active = new Set<string>();
  readonly #waiting = new Set<string>();
  #nextAt: number;

  /** The first turn begins after a pause too: a former operator may have been killed in the middle of one. */
  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#nextAt = options.clock.now() + options.pauseMs;
  }

  /**
   * Whether the KvStore's pods may be made anew now for a reason that is not in its own spec. Its turn lasts until it
   * has settled. One that changes at its own wish, or serves nobody, is not held up and takes no turn.
   */
  take(kvstore: KvStore): boolean {
    const key = keyOf(kvstore);
    if (this.#active.has(key)) return true;
    if (isOwnWish(kvstore)) {
      this.#stopWaiting(key);
      return true;
    }
    const { atOnce, clock, now, window } = this.#options;
    const isOpen = window === undefined || isWithin(window, now());
    if (!isOpen || this.#active.size >= atOnce || clock.now() < this.#nextAt) {
      this.#waiting.add(key);
      this.#tell();
      return false;
    }
    this.#active.add(key);
    this.#stopWaiting(key);
    return true;
  }

  isWaiting(kvstore: KvStore): boolean {
    return this.#waiting.has(keyOf(kvstore));
  }

  /** Its turn, if it had one, is over: it has all that is wanted and is ready. */
  settled(kvstore: KvStore): void {
    if (!this.#active.delete(keyOf(kvstore))) return;
    this.#nextAt = this.#options.clock.now() + this.#options.pauseMs;
    this.#tell();
  }

  /** It is gone, or left as it is. */
  forget(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.#active.delete(key);
    this.#stopWaiting(key);
  }

  #stopWaiting(key: string): void {
    this.#waiting.delete(key);
    this.#tell();
  }

  #tell(): void {
    this.#options.metrics.set(this.#active.size, this.#waiting.size);
  }
}

function keyOf({ metadata }: KvStore): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** A spec that was not worked on before, or no clients that a restart could disturb. */
function isOwnWish({ metadata, status }: KvStore): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return status?.observedGeneration !== metadata.generation || ready?.status !== 'True';
}
