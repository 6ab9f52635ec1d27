/** What the store writes: sets and deletions, with conditions and times to live. */
import { overloaded, Problem, unavailable } from '@kvstore/core/problem.ts';
import type { Clock } from '../../clock.ts';
import type { Condition, Deletion, Incremented, Pair, SetOptions, TransactionParts, Written } from '../../store.ts';
import type { Layout } from '../layout.ts';
import { type Requirement, requirement, requirementOf } from './comparisons.ts';
import type { ConditionalWriter } from './conditional.ts';
import type { IncrementSet } from './increments.ts';
import type { Leases } from './leases.ts';
import { doubtfulOf, type Outcome, unchanged, type WriteSet } from './transaction.ts';
import { checkSize, type Gathered, type WriterLimits } from './write-queue.ts';
import type { Writer } from './writer.ts';

/** What the index knows of a key. */
export interface Known {
  /** Is it there, and has it not expired? */
  has(key: string): boolean;
  /** The version of a key that has expired but is in etcd still. */
  expired(key: string): number | undefined;
  revision(): number;
}

export interface MutationsOptions {
  readonly writer: Writer<WriteSet, Outcome>;
  readonly increments: Writer<IncrementSet, Incremented>;
  readonly conditional: ConditionalWriter;
  readonly leases: Leases;
  readonly known: Known;
  /** The timeline that the index is on. */
  readonly timeline: () => string;
  /** Resolves when the index is as new as the call, for those keys. */
  readonly barrier: (keys: readonly string[]) => Promise<void>;
  /** False: the index is of no timeline of the store yet, or no longer. */
  readonly synced: () => boolean;
  readonly layout: Layout;
  readonly limits: WriterLimits;
  readonly clock: Clock;
  readonly requestTimeout: number;
}

/** Deletions, transactions, and writes with a condition or a time to live, under way; one more is refused. */
const maxUnderWay = 2000;

const none: ReadonlySet<string> = new Set();

export class Mutations {
  readonly #options: MutationsOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: MutationsOptions) {
    this.#options = options;
  }

  /** See Store.set. */
  async set(pairs: readonly Pair[], { condition, ttl }: SetOptions = {}): Promise<Written> {
    const values = new Map<string, Buffer>();
    for (const { key, value } of pairs) values.set(key, Buffer.from(value));
    const set = { values, lease: undefined, doubtful: none, deletes: false };
    const { writer, synced } = this.#options;
    const deadline = this.#deadline();
    if (ttl === undefined && condition === undefined) {
      if (this.#closed) throw unavailable('The store is closed.');
      if (synced()) return await writer.write(set, deadline);
    }
    const required = condition === undefined ? undefined : requirementOf(values.keys(), condition);
    return await this.#tracked(() => this.#withTtl(set, ttl, required, deadline));
  }

  /** See Store.delete. */
  delete(keys: readonly string[], condition?: Condition): Promise<Deletion> {
    const values = new Map(keys.map((key) => [key, undefined]));
    const set = { values, lease: undefined, doubtful: none, deletes: true };
    const required = condition === undefined ? undefined : requirementOf(values.keys(), condition);
    return this.#tracked(() => this.#write(set, required, this.#deadline()));
  }

  /** See Store.transact. */
  transact({ conditions, pairs, deletes, ttl }: TransactionParts): Promise<Deletion> {
    const values = new Map<string, Buffer | undefined>();
    for (const { key, value } of pairs) values.set(key, Buffer.from(value));
    for (const key of deletes) values.set(key, undefined);
    const set = { values, lease: undefined, doubtful: none, deletes: deletes.length > 0 };
    const required = conditions.size === 0 ? undefined : requirement(conditions);
    return this.#tracked(() => this.#withTtl(set, ttl, required, this.#deadline()));
  }

  /** See Store.increment. */
  async increment(values: ReadonlyMap<string, bigint>): Promise<Incremented> {
    const { increments, synced } = this.#options;
    const set = { values, lease: undefined, deletes: false };
    const deadline = this.#deadline();
    if (this.#closed) throw unavailable('The store is closed.');
    if (synced()) return await increments.write(set, deadline);
    return await this.#tracked(() => this.#late(increments, set, deadline));
  }

  /** Resolves when every accepted request is answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await Promise.all([this.#options.writer.close(), this.#options.increments.close()]);
  }

  #tracked<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable('The store is closed.'));
    if (this.#underWay.size >= maxUnderWay) {
      const message = `${maxUnderWay} deletions, transactions and writes with conditions are under way already.`;
      return Promise.reject(overloaded(message));
    }
    const done = action();
    this.#underWay.add(done);
    const forget = () => void this.#underWay.delete(done);
    done.then(forget, forget);
    return done;
  }

  #deadline(): number {
    return this.#options.clock.now() + this.#options.requestTimeout;
  }

  #withTtl(set: WriteSet, ttl: number | undefined, required: Requirement | undefined, deadline: number) {
    return ttl === undefined ? this.#write(set, required, deadline) : this.#leased(set, ttl, required, deadline);
  }

  async #leased(set: WriteSet, ttl: number, required: Requirement | undefined, deadline: number): Promise<Outcome> {
    const { clock, layout, leases, limits } = this.#options;
    checkSize(set.values, layout, limits);
    const lease = await leases.grant(clock.wall() + ttl * 1000, deadline);
    try {
      return await this.#write({ ...set, lease }, required, deadline);
    } catch (error) {
      // Revoking deletes what hangs on a lease: only when that is certainly nothing.
      if (error instanceof Problem && error.code !== 'outcome-unknown') leases.revoke(lease);
      throw error;
    }
  }

  /** Deletes without a condition, and may set as well. */
  async #delete(set: WriteSet, deadline: number): Promise<Outcome> {
    const { barrier, known, layout, limits, timeline } = this.#options;
    checkSize(set.values, layout, limits);
    // A replica that is behind may lack a key, or not know that it has expired since.
    await barrier([...set.values.keys()]);
    // If they are not there, nothing changes, the revision neither.
    const isGone = [...set.values].every(([key, value]) => value === undefined && !known.has(key));
    if (isGone) return unchanged(timeline(), known.revision());
    const doubtful = doubtfulOf(set.values, limits, (key) => known.expired(key));
    return await this.#gathered({ ...set, doubtful }, deadline);
  }

  /**
   * Until the index is synced, the name of the store's timeline is not known: an entity tag that was given before would
   * match nothing, although the value stands.
   */
  async #late<S extends Gathered, O>(writer: Writer<S, O>, set: S, deadline: number): Promise<O> {
    await this.#options.barrier([]);
    return writer.write(set, deadline);
  }

  #write(set: WriteSet, required: Requirement | undefined, deadline: number): Promise<Outcome> {
    if (required !== undefined) return this.#options.conditional.write(set, required, deadline);
    return set.deletes ? this.#delete(set, deadline) : this.#gathered(set, deadline);
  }

  #gathered(set: WriteSet, deadline: number): Promise<Outcome> {
    const { writer, synced } = this.#options;
    return synced() ? writer.write(set, deadline) : this.#late(writer, set, deadline);
  }
}
