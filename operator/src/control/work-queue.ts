/**
 * A queue of names: a name waits at most once, is given to one worker at a time, and one that is added while a worker
 * has it is handed out again afterwards. Failed names come back after a backoff of their own.
 * The semantics of client-go's workqueue.
 */
import type { Clock } from '../clock.ts';
import type { QueueMetrics } from '../metrics/queue-metrics.ts';
import { type BackoffOptions, backoffMs } from './backoff.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly backoff: BackoffOptions;
  readonly metrics: QueueMetrics;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Waiting for a worker, in order, with the time each was added. */
  readonly #waiting = new Map<string, number>();
  /** With a worker, with the time it was handed out. */
  readonly #active = new Map<string, number>();
  /** Added again while with a worker. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** Due later; only the soonest time of a name counts. */
  readonly #later = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  readonly #idle: ((name: string | undefined) => void)[] = [];
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    options.metrics.observe(() => this.#active.values(), options.clock);
  }

  /** Names that wait for a worker. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** Milliseconds that the name longest with a worker has been there. */
  longestMs(): number {
    const now = this.#options.clock.now();
    return Math.max(0, ...[...this.#active.values()].map((startedAt) => now - startedAt));
  }

  add(name: string): void {
    if (this.#closed || this.#waiting.has(name) || this.#again.has(name)) return;
    this.#options.metrics.added();
    if (this.#active.has(name)) {
      this.#again.add(name);
      return;
    }
    this.#waiting.set(name, this.#options.clock.now());
    this.#serve();
  }

  addAfter(name: string, ms: number): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    const at = clock.now() + ms;
    const known = this.#later.get(name);
    if (known !== undefined && known.at <= at) return;
    known?.cancel();
    const cancel = clock.after(ms, () => {
      this.#later.delete(name);
      this.add(name);
    });
    this.#later.set(name, { at, cancel });
  }

  /** Adds a name that failed, after a wait that doubles with each failure since it was last forgotten. */
  retry(name: string): void {
    const failures = (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, failures);
    this.#options.metrics.retried();
    this.addAfter(name, backoffMs(failures, this.#options.backoff));
  }

  /** Forgets a name's failures. */
  forget(name: string): void {
    this.#failures.delete(name);
  }

  /** Resolves to the next name, which belongs to the caller until done; undefined once the queue is closed. */
  next(): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    if (this.#closed) resolve(undefined);
    else {
      this.#idle.push(resolve);
      this.#serve();
    }
    return promise;
  }

  /** Gives a name back. */
  done(name: string): void {
    const startedAt = this.#active.get(name);
    if (startedAt === undefined) return;
    this.#active.delete(name);
    this.#options.metrics.worked(this.#options.clock.now() - startedAt);
    if (!this.#again.delete(name) || this.#closed) return;
    this.#waiting.set(name, this.#options.clock.now());
    this.#serve();
  }

  /** Drops what waits and releases the workers that wait; names that are with a worker are not interrupted. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    for (const resolve of this.#idle.splice(0)) resolve(undefined);
    this.#options.metrics.depth(0);
  }

  #serve(): void {
    const { clock, metrics } = this.#options;
    for (const [name, addedAt] of this.#waiting) {
      const resolve = this.#idle.shift();
      if (resolve === undefined) break;
      this.#waiting.delete(name);
      this.#active.set(name, clock.now());
      metrics.waited(clock.now() - addedAt);
      resolve(name);
    }
    metrics.depth(this.#waiting.size);
  }
}
