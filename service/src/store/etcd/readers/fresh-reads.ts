/** Makes reads of the index fresh: by this replica's lease without a call to etcd, else by the barrier. */
import { unavailable } from '@kvstore/core/problem.ts';
import type { Clock } from '../../clock.ts';
import type { Spans } from '../../spans.ts';
import type { KeyFilter, ReadKeys } from '../../store.ts';
import { within } from '../connect/not-executed.ts';
import type { Reads } from '../lease/state.ts';
import type { Barrier } from '../read/barrier.ts';
import { HistoryChanged, type Replica } from '../replicate/replica.ts';
import type { ReaderMetrics, Waiter } from './reader-metrics.ts';
import type { Readers } from './readers.ts';

export interface FreshReadsOptions {
  readonly readers: Pick<Readers, 'target'>;
  readonly barrier: Pick<Barrier, 'wait'>;
  readonly replica: Pick<Replica, 'reach'>;
  readonly clock: Clock;
  readonly spans: Spans;
  readonly metrics: Pick<ReaderMetrics, 'stabilityWait'>;
  /** Milliseconds that a request waits at most. */
  readonly requestTimeout: number;
}

export class FreshReads {
  readonly #options: FreshReadsOptions;

  constructor(options: FreshReadsOptions) {
    this.#options = options;
  }

  /** Undefined: the index is fresh; else resolves when it is. Rejects with Problem `unavailable`. */
  wait(keys: ReadKeys): Promise<void> | undefined {
    const { readers, replica, spans, barrier } = this.#options;
    const target = readers.target(readsOf(keys));
    if (target === undefined) return spans.own('store.barrier', () => barrier.wait());
    const reached = replica.reach(target);
    return reached === undefined ? undefined : this.#reached(reached);
  }

  async #reached(reached: Promise<void>): Promise<void> {
    const { clock, spans, metrics, requestTimeout, barrier } = this.#options;
    const late = () => unavailable(`What is being written was not known to all replicas within ${requestTimeout} ms.`);
    const deadline = clock.now() + requestTimeout;
    try {
      await spans.own('store.stable', () => timed(metrics, 'read', () => within(clock, deadline, late, () => reached)));
    } catch (error) {
      if (!(error instanceof HistoryChanged)) throw error;
      await spans.own('store.barrier', () => barrier.wait());
    }
  }
}

/** Observes how long an answer waits. */
export async function timed(
  { stabilityWait }: Pick<ReaderMetrics, 'stabilityWait'>,
  waiter: Waiter,
  wait: () => Promise<void>,
): Promise<void> {
  const done = stabilityWait.startTimer({ waiter });
  try {
    await wait();
  } finally {
    done();
  }
}

function readsOf(keys: ReadKeys): Reads {
  return typeof keys === 'string' || isList(keys) ? keys : holds(keys);
}

function isList(keys: ReadKeys): keys is readonly string[] {
  return Array.isArray(keys);
}

/** Where it says more than what a key has in it, more keys may be looked at than are found. */
function holds({ prefix = '', suffix = '', contains = '' }: KeyFilter): (key: string) => boolean {
  return (key) => key.startsWith(prefix) && key.endsWith(suffix) && key.includes(contains);
}
