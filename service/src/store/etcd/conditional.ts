/** Writes with a condition: each is a transaction of its own, whose comparisons etcd makes. */
import { type Clock, pause } from '../clock.ts';
import type { Condition } from '../store.ts';
import { otherTimelineFailed, preconditionFailed } from '../write.ts';
import { unavailable } from './barrier.ts';
import { meaningOf } from './call-error.ts';
import type { EtcdClient } from './client.ts';
import type { Layout } from './layout.ts';
import { deadlineOf } from './lease-id.ts';
import type { Tokens } from './tokens.ts';
import { type Outcome, Transaction, type WriteSet } from './transaction.ts';
import type { Compare, KeyValue, TxnRequest, TxnResponse } from './wire/messages.ts';
import { problemOf } from './write-problems.ts';
import { checkSize, type WriterLimits } from './write-queue.ts';

export interface ConditionalOptions {
  readonly client: EtcdClient;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly tokens: Tokens;
  /** The timeline that the index is on. */
  readonly timeline: () => string;
  readonly limits: WriterLimits;
  readonly requestTimeout: number;
  /** Resolves when the index is as new as the call. */
  readonly barrier: () => Promise<void>;
  /** The version of a key that has expired but is in etcd still; undefined: it has not, or is not there. */
  readonly expired: (key: string) => number | undefined;
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
    const { layout, tokens, clock, limits, expired, timeline } = this.#options;
    // Keys are compared, written, and looked at when the condition fails.
    const size = { bytes: checkSize(set.values, layout, limits, 3), operations: set.values.size };
    // From here on the index knows of every expired key that the request could meet: younger ones have not expired yet.
    await this.#fresh(condition);
    const keys = [...set.values.keys()];
    const before = new Map(keys.map((key) => [key, expired(key) ?? 0]));
    for (;;) {
      const compare = keys.map((key) => comparison(layout.encode(key), condition, before.get(key) ?? 0));
      const transaction = new Transaction(layout, tokens.next(), [set]);
      const look = { keys_only: true };
      // The answer says what is in the way of a key that must not exist; the other conditions need no more than a no.
      const failure = condition.absent
        ? keys.map((key) => ({ request_range: { key: layout.encode(key), ...look } }))
        : [];
      const request: TxnRequest = { compare, success: transaction.operations, failure };
      const name = timeline();
      const response = await this.#send(request, condition, deadline, size);
      if (response.succeeded) {
        const outcome = transaction.outcome(set, name, response, clock.wall());
        // Keys that had to be absent were not there, or had expired, which does not count.
        return condition.absent ? { ...outcome, deleted: 0 } : outcome;
      }
      if (!condition.absent) throw preconditionFailed(keys[0] ?? '', condition);
      keys.forEach((key, i) => {
        const [found] = response.responses[i]?.response_range?.kvs ?? [];
        if (found !== undefined && !isExpired(found, clock.wall())) throw preconditionFailed(key, condition);
        before.set(key, found?.mod_revision ?? 0);
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

  /** Sends it until it was executed, at most once. Throws a Problem. */
  async #send(
    request: TxnRequest,
    condition: Condition,
    deadline: number,
    size: Parameters<typeof problemOf>[2],
  ): Promise<TxnResponse> {
    const { client, clock, requestTimeout } = this.#options;
    let lastError: unknown;
    for (;;) {
      const left = deadline - clock.now();
      if (left <= 0) {
        throw unavailable(`etcd did not take the write within ${requestTimeout} ms; nothing was written.`, lastError);
      }
      try {
        return await client.callLeader<TxnResponse>('txn', request, left);
      } catch (error) {
        const meaning = meaningOf(error);
        if (meaning !== 'not-executed') throw problemOf(meaning, error, size);
        lastError = error;
        await pause(clock, Math.min(retryPause, left));
        // etcd may have been put back to an earlier state meanwhile, where the same revision stands for another value.
        await this.#fresh(condition);
      }
    }
  }
}

/** `expired`: the version at which the key counts as absent, 0 for none. */
function comparison(key: Buffer, { absent, version }: Condition, expired: number): Compare {
  if (absent) return { key, result: 'Equal', mod_revision: expired };
  if (version === 'any') return { key, result: 'Greater', mod_revision: expired };
  // No version is -1.
  const revision = version?.revision ?? 0;
  return { key, result: 'Equal', mod_revision: revision === 0 || revision === expired ? -1 : revision };
}

function isExpired({ lease }: KeyValue, now: number): boolean {
  const deadline = deadlineOf(lease);
  return deadline !== undefined && deadline <= now;
}
