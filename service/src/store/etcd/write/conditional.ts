/** Writes with a condition: each is a transaction of its own, whose comparisons etcd makes. */
import { unavailable } from '@kvstore/core/problem.ts';
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../clock.ts';
import { otherTimelineFailed, preconditionFailed } from '../../embedded/write.ts';
import type { Condition } from '../../store.ts';
import type { EtcdClient } from '../connect/client.ts';
import { NotExecuted, within } from '../connect/not-executed.ts';
import type { Layout } from '../layout.ts';
import type { TxnRequest, TxnResponse } from '../wire/messages.ts';
import { comparisons, isExpired, looks } from './comparisons.ts';
import { type Outcome, Transaction, type WriteSet } from './transaction.ts';
import type { WriteNonces } from './write-nonces.ts';
import { problemOf } from './write-problems.ts';
import { checkSize, type WriterLimits } from './write-queue.ts';

export interface ConditionalOptions {
  readonly client: Pick<EtcdClient, 'callLeader'>;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly nonces: WriteNonces;
  /** The timeline that the index is on. */
  readonly timeline: () => string;
  /** The revision of the newest write that the index shows; 0: there is none. */
  readonly newest: () => number;
  readonly limits: WriterLimits;
  readonly requestTimeout: number;
  /** Resolves when the index is as new as the call. */
  readonly barrier: () => Promise<void>;
  /** The version of a key that has expired but is in etcd still; undefined: it has not, or is not there. */
  readonly expired: (key: string) => number | undefined;
}

interface Write {
  readonly set: WriteSet;
  readonly condition: Condition;
  /** By the clock. */
  readonly deadline: number;
  readonly size: Parameters<typeof problemOf>[2];
}

/** Pause before a transaction that was not executed is tried again. */
const retryPause = 50;

export class ConditionalWriter {
  readonly #options: ConditionalOptions;

  constructor(options: ConditionalOptions) {
    this.#options = options;
  }

  /** Rejects with Problem `precondition-failed`, or as Store.set does. */
  async write(set: WriteSet, condition: Condition, deadline: number): Promise<Outcome> {
    const { layout, clock, limits, requestTimeout } = this.#options;
    // Keys are compared, written, and looked at when the condition fails.
    const size = { bytes: checkSize(set.values, layout, limits, 3), operations: set.values.size };
    const write = { set, condition, deadline, size };
    await this.#fresh(condition);
    for (;;) {
      const result = await this.#try(write);
      if (!(result instanceof NotExecuted)) return result;
      const late = () =>
        unavailable(`etcd did not take the write within ${requestTimeout} ms; nothing was written.`, result.cause);
      await within(clock, deadline, late, async () => {
        await pause(clock, retryPause);
        // etcd may have been put back to an earlier state meanwhile, where the same revision stands for another value.
        await this.#fresh(condition);
      });
    }
  }

  /** Waits until the index is as new as the call. Throws Problem `precondition-failed` for a version of another timeline. */
  async #fresh(condition: Condition): Promise<void> {
    const { barrier, timeline } = this.#options;
    await barrier();
    const { version } = condition;
    if (typeof version === 'object' && version.timeline !== timeline()) throw otherTimelineFailed(version, timeline());
  }

  /** The index is fresh: what it knows of expired keys is all that the request can meet, younger ones have not expired. */
  async #try(write: Write): Promise<Outcome | NotExecuted> {
    const { layout, nonces, clock, expired, timeline, newest } = this.#options;
    const { set, condition } = write;
    const keys = [...set.values.keys()];
    const before = new Map(keys.map((key) => [key, expired(key) ?? 0]));
    const name = timeline();
    const known = { newest: newest(), expired: before };
    for (;;) {
      const compare = comparisons(layout, keys, condition, known);
      const transaction = new Transaction(layout, nonces.next(), [set]);
      const request = { compare, success: transaction.operations, failure: looks(layout, keys, condition) };
      const response = await this.#send(request, write);
      if (response instanceof NotExecuted) return response;
      if (response.succeeded) {
        const outcome = transaction.outcome(set, name, response, clock.wall());
        // Keys that had to be absent were not there, or had expired, which does not count.
        return condition.absent ? { ...outcome, deleted: 0 } : outcome;
      }
      const [head, ...found] = response.responses.map(({ response_range }) => response_range?.kvs[0]);
      if ((head?.mod_revision ?? 0) < known.newest) return new NotExecuted('etcd was put back to an earlier state.');
      if (!condition.absent) throw preconditionFailed(keys[0] ?? '', condition);
      keys.forEach((key, i) => {
        const there = found[i];
        if (there !== undefined && !isExpired(there, clock.wall())) throw preconditionFailed(key, condition);
        before.set(key, there?.mod_revision ?? 0);
      });
    }
  }

  /** Sends it once, and only to a member that is connected. Throws a Problem. */
  async #send(request: TxnRequest, { deadline, size }: Write): Promise<TxnResponse | NotExecuted> {
    const { client, clock } = this.#options;
    const left = deadline - clock.now();
    if (left <= 0) return new NotExecuted('The time of the request is over.');
    try {
      // A request that waited for a connection could reach an etcd that was put back meanwhile.
      return await client.callLeader<TxnResponse>('txn', request, left, { onlyConnected: true });
    } catch (error) {
      const meaning = meaningOf(error);
      if (meaning !== 'not-executed') throw problemOf(meaning, error, size);
      return new NotExecuted(error);
    }
  }
}
