/**
 * Writes: requests that wait while a transaction is under way are gathered into the next one. One is in flight at a
 * time, unless it stalls: then it is left to end by itself, and the next goes to another member. A transaction is sent
 * once: when its outcome is not known, its requests get `outcome-unknown`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Problem, unavailable } from '@kvstore/core/problem.ts';
import { meaningOf, messageOf } from '@kvstore/etcd/call-error.ts';
import { BatchWindow } from '../../batch-window.ts';
import { type Clock, nextTurn, pause } from '../../clock.ts';
import { type Spans, spansOf } from '../../spans.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Endpoint } from '../connect/endpoint.ts';
import type { EtcdMetrics } from '../etcd-metrics.ts';
import { HistoryChanged } from '../replicate/replica.ts';
import type { TxnRequest, TxnResponse } from '../wire/messages.ts';
import { outcomeUnknown, problemOf } from './write-problems.ts';
import { type Gathered, type Write, WriteQueue, type WriterLimits } from './write-queue.ts';

export interface WriterOptions {
  readonly client: Pick<EtcdClient, 'member' | 'callLeader' | 'avoid'>;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly spans: Spans;
  readonly limits: WriterLimits;
  /** Milliseconds that a request waits at most. */
  readonly requestTimeout: number;
}

/** A transaction of several requests. */
export interface Flight<W> {
  readonly request: TxnRequest;
  /**
   * Answers the requests that were executed, at once or when they may be acknowledged. Returns those that were not and are
   * to be sent again: none, as a rule.
   */
  land(response: TxnResponse): Landed<W>;
}

export type Landed<W> = readonly W[] | Promise<readonly W[]>;

/** Of what kind the requests are. */
export interface Gathering<S extends Gathered, O> {
  /** About what the request takes, never less. Throws Problem `too-many-pairs` or `body-too-large`. */
  bytes(set: S): number;
  /** Operations or comparisons that it takes, whichever are more. */
  operations(set: S): number;
  flight(writes: readonly Write<S, O>[]): Flight<Write<S, O>>;
}

/** Milliseconds that the next transaction waits for the acknowledgements of this one: then its clients have more to send. */
const acknowledgementTime = 50;
/** How often requests that have waited too long are looked for. */
const sweepInterval = 50;
/** Milliseconds to look for a connected member before requests that have waited too long are looked for again. */
const connectTimeout = 500;
/** Pause before a transaction that was not executed is tried again. */
const retryPause = 50;

export class Writer<S extends Gathered, O> {
  readonly #options: WriterOptions;
  readonly #gathering: Gathering<S, O>;
  readonly #queue: WriteQueue<Write<S, O>>;
  readonly #window: BatchWindow;
  readonly #flights = new Set<readonly Write<S, O>[]>();
  /** The transactions go on for later requests: not in the context of the one that began them. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #lastError: unknown;
  #busy = false;
  #stopSweep: (() => void) | undefined;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: WriterOptions, gathering: Gathering<S, O>) {
    this.#options = options;
    this.#gathering = gathering;
    this.#queue = new WriteQueue(options.limits);
    this.#window = new BatchWindow(options.clock);
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Writes in one transaction with others. Rejects with a Problem, as Store.set does. */
  write(set: S, deadline: number): Promise<O> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw unavailable('The store is closed.');
      const { clock, spans } = this.#options;
      const bytes = this.#gathering.bytes(set);
      const operations = this.#gathering.operations(set);
      const span = spans.current();
      this.#queue.push({ set, bytes, operations, deadline, resolve, reject, span });
      this.#window.arrived(this.#queue.length);
      this.#stopSweep ??= clock.after(sweepInterval, () => this.#sweep());
      if (!this.#busy) void this.#outside(() => this.#run());
    });
  }

  /** Resolves when every accepted request is answered, which takes no longer than their deadlines. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#queue.length > 0 || this.#flights.size > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    this.#stopSweep?.();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    // Requests that came in the same turn of the event loop are written together.
    await nextTurn();
    while (this.#queue.length > 0) {
      // What is in the queue has certainly not been sent, so requests stay there while no member is connected.
      if (!(await this.#connected())) continue;
      const writes = this.#queue.take();
      const start = this.#options.clock.now();
      const answered = await this.#sendBatch(writes);
      await this.#window.wait(this.#queue.length, answered, this.#options.clock.now() - start);
    }
    this.#busy = false;
  }

  async #connected(): Promise<boolean> {
    const { client, clock } = this.#options;
    try {
      await client.member(connectTimeout);
      return true;
    } catch (error) {
      this.#lastError = error;
      await pause(clock, retryPause);
      return false;
    }
  }

  /** Ends when the next transaction may be sent. Resolves with how many were answered, or may be soon. */
  async #sendBatch(writes: readonly Write<S, O>[]): Promise<number> {
    const { client, clock, metrics, spans, requestTimeout } = this.#options;
    let unanswered: readonly Write<S, O>[] = [];
    metrics.batchRequests.observe(writes.length);
    this.#flights.add(writes);
    const { promise: stalled, resolve: stall } = Promise.withResolvers<void>();
    let cancelStall = () => {};
    const onSent = (endpoint: Endpoint) => {
      cancelStall = clock.after(Math.max(100, requestTimeout / 5), () => {
        client.avoid(endpoint);
        stall();
      });
    };
    const { request, land } = this.#gathering.flight(writes);
    const sampled = () => spansOf(writes);
    const transact = () => client.callLeader<TxnResponse>('txn', request, requestTimeout, { onSent });
    const done = spans
      .shared('store.transaction', writes.length, sampled, transact)
      .then(
        async (response) => {
          cancelStall();
          const landed = land(response);
          if (landed instanceof Promise) cancelStall = clock.after(acknowledgementTime, stall);
          unanswered =
            landed instanceof Promise
              ? await spans.shared('store.stable', writes.length, sampled, () => landed)
              : landed;
          if (unanswered.length > 0) this.#retry(unanswered, this.#lastError);
        },
        (error: unknown) => this.#failed(writes, error),
      )
      .finally(() => {
        cancelStall();
        this.#flights.delete(writes);
        this.#checkIdle();
      });
    await Promise.race([done, stalled]);
    return writes.length - unanswered.length;
  }

  async #failed(writes: readonly Write<S, O>[], error: unknown): Promise<void> {
    const { clock } = this.#options;
    const meaning = meaningOf(error);
    const single = writes.length === 1;
    if (meaning === 'not-executed') {
      this.#retry(writes, error);
      await pause(clock, retryPause);
    } else if ((meaning === 'too-large' || meaning === 'too-many-operations') && !single) {
      // etcd's limits are lower than ours say: nothing was written, and smaller transactions may do.
      this.#queue.lowerLimit(meaning, writes);
      this.#retry(writes, error);
    } else if (meaning === 'lease-lost' && !single) {
      // Somebody has revoked one of the leases: nothing was written, and the others can do without it.
      const leased = writes.filter(({ set }) => set.lease !== undefined);
      this.#retry(
        writes.filter(({ set }) => set.lease === undefined),
        error,
      );
      reject(leased, problemOf(meaning, error, { bytes: 0, operations: 0 }));
    } else {
      const [first] = writes;
      reject(writes, problemOf(meaning, error, { bytes: first?.bytes ?? 0, operations: first?.operations ?? 0 }));
    }
  }

  /** After a transaction that was not executed. Only writes without an answer to their client are ever sent again. */
  #retry(writes: readonly Write<S, O>[], error: unknown): void {
    this.#lastError = error;
    this.#queue.putBack(writes);
    // Whose time is over since the last look must not be sent any more.
    this.#rejectOverdue();
    if (!this.#busy) void this.#run();
  }

  /** Answers requests that have waited too long in the queue. */
  #rejectOverdue(): void {
    const { clock, requestTimeout } = this.#options;
    const overdue = this.#queue.takeOverdue(clock.now());
    if (overdue.length === 0) return;
    const message = `etcd did not take the write within ${requestTimeout} ms; nothing was written.`;
    reject(overdue, unavailable(message, this.#lastError));
  }

  /** Answers requests whose time is over. */
  #sweep(): void {
    this.#stopSweep = undefined;
    this.#rejectOverdue();
    const { clock, requestTimeout } = this.#options;
    const now = clock.now();
    for (const writes of this.#flights) {
      const overdue = writes.filter(({ deadline }) => deadline <= now);
      reject(overdue, outcomeUnknown(`it was not acknowledged within ${requestTimeout} ms`));
      // Nothing waits for it any more, least of all the end of this process.
      if (overdue.length === writes.length) this.#flights.delete(writes);
    }
    if (this.#queue.length > 0 || this.#flights.size > 0) {
      this.#stopSweep = this.#options.clock.after(sweepInterval, () => this.#sweep());
    }
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#queue.length > 0 || this.#flights.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function reject(writes: readonly Write<Gathered, never>[], problem: Problem): void {
  for (const write of writes) write.reject(problem);
}

/**
 * Answers requests of a transaction that was executed, when they may be acknowledged. `may`: see Confirmed. What was
 * carried out in another history is sent again when it wrote nothing.
 */
export function answered<W extends Write<Gathered, never>>(
  requests: readonly W[],
  may: (response: TxnResponse) => Promise<void> | undefined,
  response: TxnResponse,
  answer: () => void,
): Landed<W> {
  const failed = (error: unknown): readonly W[] => {
    if (error instanceof HistoryChanged) return requests;
    reject(requests, error instanceof Problem ? error : outcomeUnknown(messageOf(error), error));
    return [];
  };
  const done = (): readonly W[] => {
    answer();
    return [];
  };
  try {
    const acknowledged = may(response);
    return acknowledged === undefined ? done() : acknowledged.then(done).catch(failed);
  } catch (error) {
    return failed(error);
  }
}
