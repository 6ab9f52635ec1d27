/**
 * A new version of the operator may make pods from something else than the one before, for every KvStore in the same
 * moment. They take turns: a few at once, and a pause after each. What is wrong with the new version then shows in the
 * first of them, and stops there.
 */
import type { Clock } from '../clock.ts';
import type { KvStore } from '../kvstore.ts';
import type { UpgradeMetrics } from '../metrics/upgrade-metrics.ts';
import { conditionOf } from '../status/conditions.ts';
import { isRolledOut, knownFaults, type UpgradeState } from './turn-end.ts';
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
  /** By KvStore: what was wrong with it before its turn. */
  readonly #active = new Map<string, string>();
  readonly #waiting = new Set<string>();
  /**
   * Those that change at their own wish, until they have settled. A fault may stop the work on a new spec halfway, and the
   * status names that spec nevertheless.
   */
  readonly #changing = new Set<string>();
  #nextAt: number;

  /** The first turn begins after a pause too: a former operator may have been killed in the middle of one. */
  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#nextAt = options.clock.now() + options.pauseMs;
  }

  /** To be called at the start of each pass: a spec that was not worked on before is the KvStore's own wish. */
  begin(kvstore: KvStore): void {
    const { metadata, status } = kvstore;
    if (status?.observedGeneration !== metadata.generation) this.#changing.add(keyOf(kvstore));
  }

  /**
   * Whether the KvStore's pods may be made anew now for a reason that is not in its own spec. Its turn lasts
   * until it has rolled out. A KvStore whose own spec changes, or that is not ready, does not wait and takes no turn.
   */
  take(kvstore: KvStore): boolean {
    const key = keyOf(kvstore);
    if (this.#active.has(key)) return true;
    if (this.#changing.has(key) || !isReady(kvstore)) {
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
    this.#active.set(key, knownFaults(kvstore));
    this.#stopWaiting(key);
    return true;
  }

  isWaiting(kvstore: KvStore): boolean {
    return this.#waiting.has(keyOf(kvstore));
  }

  /**
   * To be called at the end of each pass. Ends the turn of a KvStore that has rolled out: a fault that was there before,
   * or that has nothing to do with its pods, must not keep the others from theirs.
   */
  passed(kvstore: KvStore, state: UpgradeState): void {
    const key = keyOf(kvstore);
    // A spec that a fault keeps from the pods is still to come.
    if (state.isApplied && isRolledOut(kvstore, state)) this.#changing.delete(key);
    const known = this.#active.get(key);
    if (known === undefined || !isRolledOut(kvstore, state, known)) return;
    this.#active.delete(key);
    this.#nextAt = this.#options.clock.now() + this.#options.pauseMs;
    this.#tell();
  }

  /** It is gone, or left as it is. */
  forget(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.#active.delete(key);
    this.#changing.delete(key);
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

/** Otherwise it has no clients that a restart could disturb. */
function isReady({ status }: KvStore): boolean {
  return conditionOf(status, 'Ready')?.status === 'True';
}
