/**
 * Makes reads linearizable: a read of the head key says which revision is the newest, and requests that came before
 * that read was sent may read the index once it has applied it. All who wait share one such read, one at a time; no
 * request joins a read that was sent before it came (its answer may be older than a write its client knows of).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { unavailable } from '@kvstore/core/problem.ts';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { BatchWindow } from '../../batch-window.ts';
import { type Clock, nextTurn, pause } from '../../clock.ts';
import type { Span, Spans } from '../../spans.ts';
import type { EtcdMetrics, ResyncCause } from '../etcd-metrics.ts';
import { HistoryChanged, type Replica } from '../replicate/replica.ts';
import type { HeadRead } from './head.ts';

/** Those who came between two reads. */
interface Cohort {
  requests: number;
  /** Of those that are sampled. */
  readonly spans: Span[];
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly cancelDeadline: () => void;
  over: boolean;
}

export interface BarrierOptions {
  readonly replica: Replica;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly spans: Spans;
  /** Milliseconds that a request waits at most. */
  readonly requestTimeout: number;
  /** A linearizable read of the head key that takes at most so many milliseconds. */
  readonly readHead: (timeout: number) => Promise<HeadRead>;
  /** The head key does not fit the index's history. */
  readonly onContradiction: (cause: ResyncCause) => void;
  /** The index waits for this revision. */
  readonly onAwaited: (revision: number) => void;
  /** Observes how long the index is waited for. */
  readonly waiting?: (reached: Promise<void>) => Promise<void>;
}

export class Barrier {
  readonly #options: BarrierOptions;
  readonly #waiting = new Set<Cohort>();
  readonly #window: BatchWindow;
  /** The reads go on for later requests: not in the context of the one that began them. */
  readonly #outside = AsyncLocalStorage.snapshot();
  /** Whom newcomers join. */
  #open: Cohort | undefined;
  #running = false;
  #closed = false;
  #lastError: unknown;
  /** When the read of the head key was sent whose revision the index shows. */
  #freshAt: number | undefined;

  constructor(options: BarrierOptions) {
    this.#options = options;
    this.#window = new BatchWindow(options.clock);
  }

  /** The index shows everything that was acknowledged by then, by the clock; undefined: it has not been known to yet. */
  get freshAt(): number | undefined {
    return this.#freshAt;
  }

  /** Resolves when the index shows every write acknowledged before the call. Rejects with Problem `unavailable`. */
  wait(): Promise<void> {
    if (this.#closed) return Promise.reject(unavailable('The store is closed.'));
    const cohort = this.#open ?? this.#newCohort();
    cohort.requests++;
    const span = this.#options.spans.current();
    if (span !== undefined) cohort.spans.push(span);
    this.#window.arrived(cohort.requests);
    if (!this.#running) void this.#outside(() => this.#run());
    return cohort.promise;
  }

  close(): void {
    this.#closed = true;
    for (const cohort of this.#waiting) end(cohort, unavailable('The store is closed.'));
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    const { replica, clock, metrics, spans, requestTimeout, readHead, onContradiction } = this.#options;
    this.#running = true;
    while (this.#waiting.size > 0) {
      // Requests that came in the same turn of the event loop share the read.
      await nextTurn();
      this.#open = undefined;
      const riding = [...this.#waiting];
      const before = { applied: replica.applied, head: replica.head };
      const start = clock.now();
      try {
        const served = riding.reduce((sum, { requests }) => sum + requests, 0);
        const sampled = () => riding.flatMap((cohort) => cohort.spans);
        const timeout = Math.max(100, requestTimeout / 5);
        const read = await spans.shared('store.read-head', served, sampled, () => readHead(timeout));
        const now = clock.now();
        this.#lastError = undefined;
        const contradiction = replica.contradiction(read, before);
        if (contradiction !== undefined) onContradiction(contradiction);
        metrics.barrierRequests.observe(served);
        for (const cohort of riding) this.#waiting.delete(cohort);
        void this.#settle(riding, read.revision, start);
        const newcomers: Cohort | undefined = this.#open;
        await this.#window.wait((newcomers as Cohort | undefined)?.requests ?? 0, served, now - start);
      } catch (error) {
        this.#lastError = error;
        await pause(clock, 20);
      }
    }
    this.#running = false;
  }

  /** The next read goes out while these wait for the index. */
  async #settle(cohorts: readonly Cohort[], revision: number, sentAt: number): Promise<void> {
    const { replica, onAwaited, waiting } = this.#options;
    try {
      const reached = replica.reach(revision);
      if (reached !== undefined) {
        onAwaited(revision);
        await (waiting === undefined ? reached : waiting(reached));
      }
      this.#freshAt = Math.max(this.#freshAt ?? sentAt, sentAt);
      for (const cohort of cohorts) end(cohort);
    } catch (error) {
      if (!(error instanceof HistoryChanged)) throw error;
      for (const cohort of cohorts) if (!cohort.over) this.#waiting.add(cohort);
      if (this.#closed) this.close();
      else if (!this.#running && this.#waiting.size > 0) void this.#run();
    }
  }

  #newCohort(): Cohort {
    const { clock, metrics, requestTimeout } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const start = clock.now();
    const cancelDeadline = clock.after(requestTimeout, () => {
      this.#waiting.delete(cohort);
      if (this.#open === cohort) this.#open = undefined;
      const why = this.#lastError === undefined ? 'the index is behind' : messageOf(this.#lastError);
      end(cohort, unavailable(`No fresh read within ${requestTimeout} ms.`, why));
    });
    const cohort: Cohort = { requests: 0, spans: [], promise, resolve, reject, cancelDeadline, over: false };
    const observe = () => metrics.barrierDuration.observe((clock.now() - start) / 1000);
    promise.then(observe, observe);
    this.#waiting.add(cohort);
    this.#open = cohort;
    return cohort;
  }
}

function end(cohort: Cohort, error?: Error): void {
  if (cohort.over) return;
  cohort.over = true;
  cohort.cancelDeadline();
  if (error === undefined) cohort.resolve();
  else cohort.reject(error);
}
