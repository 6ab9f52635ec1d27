/** What the store writes: sets and deletions, with conditions and times to live. */
import { overloaded, Problem, unavailable } from '@kvstore/core/problem.ts';
import type { Clock } from '../../clock.ts';
import type { Condition, Deletion, Pair, SetOptions, Written } from '../../store.ts';
import type { Layout } from '../layout.ts';
import type { ConditionalWriter } from './conditional.ts';
import type { Leases } from './leases.ts';
import type { Outcome, WriteSet } from './transaction.ts';
import { checkSize, roomFor, type WriterLimits } from './write-queue.ts';
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
  readonly writer: Writer;
  readonly conditional: ConditionalWriter;
  readonly leases: Leases;
  readonly known: Known;
  /** The timeline that the index is on. */
  readonly timeline: () => string;
  readonly barrier: () => Promise<void>;
  /** False: the index is of no timeline of the store yet, or no longer. */
  readonly synced: () => boolean;
  readonly layout: Layout;
  readonly limits: WriterLimits;
  readonly clock: Clock;
  readonly requestTimeout: number;
}

/** Deletions, and writes with a condition or a time to live, under way; one more is refused. */
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
    const set = { values, lease: undefined, doubtful: none };
    const { clock, requestTimeout, writer, synced } = this.#options;
    const deadline = clock.now() + requestTimeout;
    if (ttl === undefined && condition === undefined) {
      if (this.#closed) throw unavailable('The store is closed.');
      if (synced()) return await writer.write(set, deadline);
    }
    const write = () =>
      ttl === undefined ? this.#write(set, condition, deadline) : this.#leased(set, ttl, condition, deadline);
    return await this.#tracked(write);
  }

  /** See Store.delete. */
  delete(keys: readonly string[], condition?: Condition): Promise<Deletion> {
    const values = new Map(keys.map((key) => [key, undefined]));
    const set = { values, lease: undefined, doubtful: none };
    const deadline = this.#options.clock.now() + this.#options.requestTimeout;
    return this.#tracked(() =>
      condition === undefined ? this.#delete(set, deadline) : this.#write(set, condition, deadline),
    );
  }

  /** Resolves when every accepted request is answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await this.#options.writer.close();
  }

  #tracked<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable('The store is closed.'));
    if (this.#underWay.size >= maxUnderWay) {
      const message = `${maxUnderWay} deletions and writes with conditions are under way already.`;
      return Promise.reject(overloaded(message));
    }
    const done = action();
    this.#underWay.add(done);
    const forget = () => void this.#underWay.delete(done);
    done.then(forget, forget);
    return done;
  }

  async #leased(set: WriteSet, ttl: number, condition: Condition | undefined, deadline: number): Promise<Outcome> {
    const { clock, layout, leases, limits } = this.#options;
    checkSize(set.values, layout, limits);
    const lease = await leases.grant(clock.wall() + ttl * 1000, deadline);
    try {
      return await this.#write({ ...set, lease }, condition, deadline);
    } catch (error) {
      // Revoking deletes what hangs on a lease: only when that is certainly nothing.
      if (error instanceof Problem && error.code !== 'outcome-unknown') leases.revoke(lease);
      throw error;
    }
  }

  async #delete(set: WriteSet, deadline: number): Promise<Deletion> {
    const { barrier, known, layout, limits, timeline } = this.#options;
    checkSize(set.values, layout, limits);
    const keys = [...set.values.keys()];
    // A replica that is behind may lack a key, or not know that it has expired since.
    await barrier();
    // If they are not there, nothing changes, the revision neither.
    if (!keys.some((key) => known.has(key))) {
      return { timeline: timeline(), revision: known.revision(), deleted: 0, overwritten: 0 };
    }
    const room = roomFor(limits) - keys.length;
    const doubtful = new Set(keys.filter((key) => known.expired(key) !== undefined).slice(0, room));
    return await this.#write({ ...set, doubtful }, undefined, deadline);
  }

  /**
   * Until the index is synced, the name of the store's timeline is not known: an entity tag that was given before would
   * match nothing, although the value stands.
   */
  async #late(set: WriteSet, deadline: number): Promise<Outcome> {
    await this.#options.barrier();
    return this.#options.writer.write(set, deadline);
  }

  #write(set: WriteSet, condition: Condition | undefined, deadline: number): Promise<Outcome> {
    const { writer, conditional, synced } = this.#options;
    if (condition !== undefined) return conditional.write(set, condition, deadline);
    return synced() ? writer.write(set, deadline) : this.#late(set, deadline);
  }
}
