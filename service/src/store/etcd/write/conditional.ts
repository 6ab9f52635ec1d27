/** Writes with a condition: each is a transaction of its own, whose comparisons etcd makes. */
import { unavailable } from '@kvstore/core/problem.ts';
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../clock.ts';
import { holds } from '../../conditions-failed.ts';
import type { Version } from '../../store.ts';
import type { EtcdClient } from '../connect/client.ts';
import { NotExecuted, within } from '../connect/not-executed.ts';
import type { Layout } from '../layout.ts';
import { HistoryChanged } from '../replicate/replica.ts';
import type { TxnRequest, TxnResponse } from '../wire/messages.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { comparisons, isExpired, looks, type Requirement } from './comparisons.ts';
import { doubtfulOf, type Outcome, Transaction, unchanged, type WriteSet } from './transaction.ts';
import type { WriteNonces } from './write-nonces.ts';
import { outcomeUnknown, problemOf } from './write-problems.ts';
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
  readonly acknowledgements: Pick<Acknowledgements, 'confirm'>;
  /** Resolves when the index is as new as the call, for those keys. */
  readonly barrier: (keys: readonly string[]) => Promise<void>;
  /** The version of a key that has expired but is in etcd still; undefined: it has not, or is not there. */
  readonly expired: (key: string) => number | undefined;
}

interface Write {
  readonly set: WriteSet;
  readonly required: Requirement;
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

  /** Rejects with the Problem of the requirement, or as Store.set does. Without a value to write it only compares. */
  async write(set: WriteSet, required: Requirement, deadline: number): Promise<Outcome> {
    const { layout, clock, limits, requestTimeout, barrier } = this.#options;
    const bytes = checkSize(set.values, layout, limits, required.conditions.keys());
    const size = { bytes, operations: set.values.size };
    const write = { set, required, deadline, size };
    const keys = [...set.values.keys(), ...required.conditions.keys()];
    await barrier(keys);
    for (;;) {
      const result = await this.#try(write);
      if (!(result instanceof NotExecuted)) return result;
      const late = () =>
        unavailable(`etcd did not take the write within ${requestTimeout} ms; nothing was written.`, result.cause);
      await within(clock, deadline, late, async () => {
        await pause(clock, retryPause);
        // etcd may have been put back to an earlier state meanwhile, where the same revision stands for another value.
        await barrier(keys);
      });
    }
  }

  /** The index is fresh: what it knows of expired keys is all that the request can meet, younger ones have not expired. */
  async #try(write: Write): Promise<Outcome | NotExecuted> {
    const { layout, nonces, clock, limits, expired, timeline, newest, acknowledgements } = this.#options;
    const { conditions, problem } = write.required;
    const before = new Map([...conditions.keys()].map((key) => [key, expired(key) ?? 0]));
    const set = { ...write.set, doubtful: doubtfulOf(write.set.values, limits, expired) };
    const known = { timeline: timeline(), newest: newest(), expired: before };
    for (;;) {
      const compare = comparisons(layout, conditions, known);
      const transaction = new Transaction(layout, nonces.next(), [set]);
      const failure = looks(layout, conditions);
      const isCheck = set.values.size === 0;
      const confirmed = acknowledgements.confirm({
        compare,
        success: isCheck ? failure.slice(0, 1) : transaction.operations,
        failure,
      });
      const response = await this.#send(confirmed.request, write);
      if (response instanceof NotExecuted) return response;
      const [head, ...found] = response.responses.map(({ response_range }) => response_range?.kvs[0]);
      const shown = () => this.#shown(write, () => confirmed.found(response, head?.mod_revision ?? 0));
      if (response.succeeded) {
        if (isCheck) return (await shown()) ?? unchanged(known.timeline, head?.mod_revision ?? 0);
        await this.#acknowledged(write, confirmed.written(response));
        const outcome = transaction.outcome(set, known.timeline, response, clock.wall());
        return wasAbsent(set, conditions) ? { ...outcome, deleted: 0 } : outcome;
      }
      if ((head?.mod_revision ?? 0) < known.newest) return new NotExecuted('etcd was put back to an earlier state.');
      const failed = new Map<string, Version | undefined>();
      let i = 0;
      for (const [key, condition] of conditions) {
        const there = found[i++];
        const isGone = there === undefined || isExpired(there, clock.wall());
        const revision = isGone ? undefined : there.mod_revision;
        if (!holds(condition, revision, known.timeline)) {
          failed.set(key, revision === undefined ? undefined : { timeline: known.timeline, revision });
        }
        before.set(key, isGone ? (there?.mod_revision ?? 0) : 0);
      }
      if (failed.size === 0) continue;
      const otherwise = await shown();
      if (otherwise !== undefined) return otherwise;
      throw problem(failed, known.timeline);
    }
  }

  /** Rejects with Problem `outcome-unknown`. */
  async #acknowledged({ deadline }: Write, acknowledged: Promise<void> | undefined): Promise<void> {
    const { clock, requestTimeout } = this.#options;
    if (acknowledged === undefined) return;
    const late = () => outcomeUnknown(`it was not acknowledged within ${requestTimeout} ms`);
    await within(clock, deadline, late, () => acknowledged);
  }

  /** Undefined: what the transaction found may be shown. Rejects with Problem `unavailable`. */
  async #shown({ deadline }: Write, found: () => Promise<void> | undefined): Promise<NotExecuted | undefined> {
    const { clock, requestTimeout } = this.#options;
    const late = () => unavailable(`What etcd holds was not known to all replicas within ${requestTimeout} ms.`);
    try {
      const shown = found();
      if (shown !== undefined) await within(clock, deadline, late, () => shown);
      return undefined;
    } catch (error) {
      if (error instanceof HistoryChanged) return new NotExecuted('etcd was put back to an earlier state.');
      throw error;
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

/** Every key to delete had to be absent: it was not there, or had expired, which does not count. */
function wasAbsent({ values }: WriteSet, conditions: Requirement['conditions']): boolean {
  return [...values].every(([key, value]) => value !== undefined || conditions.get(key) === 'absent');
}
