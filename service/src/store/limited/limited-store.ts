/**
 * The store as a token sees it that is limited to prefixes. Every operation for such a token gets this one and no other,
 * so that an operation which is added can neither show nor change a key outside; a method that Store gains does not compile
 * here until it is limited, too.
 */
import type {
  Change,
  Condition,
  Deletion,
  Incremented,
  Pair,
  ReadKeys,
  Revision,
  SetOptions,
  Snapshot,
  Store,
  TransactionParts,
  Watch,
  Watcher,
  Written,
} from '../store.ts';
import { LimitedReader, LimitedSnapshot } from './limited-reader.ts';
import type { Scope } from './scope.ts';

/** It has no `listen`: what is cached is of the whole store. */
export class LimitedStore extends LimitedReader implements Store {
  readonly #store: Store;
  /** By all changes of a revision: watches of the scope that get the same ones share what is sent. */
  readonly #cut = new WeakMap<readonly Change[], readonly Change[]>();

  constructor(store: Store, scope: Scope) {
    super(store, scope);
    this.#store = store;
  }

  searchBounded(by: 'prefix' | 'suffix', text: string, most: number): string[] | undefined {
    const found: string[] = [];
    let left = most;
    for (const prefix of this.scope.within(by === 'prefix' ? text : '')) {
      // By suffix too: how many keys of others end with it must not matter.
      const keys = this.#store.searchBounded('prefix', prefix, left);
      if (keys === undefined) return undefined;
      left -= keys.length;
      for (const key of keys) if (by === 'prefix' || key.endsWith(text)) found.push(key);
    }
    return found;
  }

  barrier(keys?: ReadKeys): Promise<void> | undefined {
    return this.#store.barrier(keys);
  }

  isWhole(): boolean {
    return this.#store.isWhole();
  }

  /** Rejects with Problem `outside-prefixes` as well. */
  async set(pairs: readonly Pair[], options?: SetOptions): Promise<Written> {
    for (const { key } of pairs) this.scope.check(key);
    return this.#store.set(pairs, options);
  }

  /** Rejects with Problem `outside-prefixes` as well. */
  async delete(keys: readonly string[], condition?: Condition): Promise<Deletion> {
    for (const key of keys) this.scope.check(key);
    return this.#store.delete(keys, condition);
  }

  /** Rejects with Problem `outside-prefixes` as well, also for a key that is only in a condition. */
  async transact(transaction: TransactionParts): Promise<Deletion> {
    for (const key of transaction.conditions.keys()) this.scope.check(key);
    for (const { key } of transaction.pairs) this.scope.check(key);
    for (const key of transaction.deletes) this.scope.check(key);
    return this.#store.transact(transaction);
  }

  /** Rejects with Problem `outside-prefixes` as well. */
  async increment(amounts: ReadonlyMap<string, bigint>): Promise<Incremented> {
    for (const key of amounts.keys()) this.scope.check(key);
    return this.#store.increment(amounts);
  }

  watch(after: number, on: Watcher, timeline?: string): Watch {
    const limited: Watcher = {
      opened: () => on.opened(),
      room: () => on.room?.(),
      revision: (revision) => {
        const changes = this.#changesOf(revision);
        if (changes.length > 0) return on.revision({ revision: revision.revision, changes });
      },
      end: (problem) => on.end(problem),
    };
    return this.#store.watch(after, limited, timeline);
  }

  timeline(): string {
    return this.#store.timeline();
  }

  snapshot(): Snapshot {
    return new LimitedSnapshot(this.#store.snapshot(), this.scope);
  }

  age(): number | undefined {
    return this.#store.age?.();
  }

  notReady(): string | undefined {
    return this.#store.notReady();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Numbered anew: an event's id counts the changes that the token sees. */
  #changesOf({ changes }: Revision): readonly Change[] {
    const known = this.#cut.get(changes);
    if (known !== undefined) return known;
    const within = changes.filter(({ key }) => this.scope.has(key));
    const cut = within.length === changes.length ? changes : within;
    this.#cut.set(changes, cut);
    return cut;
  }
}
