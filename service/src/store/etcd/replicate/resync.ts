/** Full sync: reads everything at one revision, in pages, and changes in the index what differs. */
import { compareKeys } from '@kvstore/core/key.ts';
import { nextTurn } from '../../clock.ts';
import type { KeyIndex } from '../../index/key-index.ts';
import type { Change } from '../../store.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { ResyncCause } from '../etcd-metrics.ts';
import { decodeValue, type Layout } from '../layout.ts';
import { readHead } from '../read/head.ts';
import type { KeyValue } from '../wire/messages.ts';
import { deadlineOf } from '../write/lease-id.ts';
import type { OnForeign } from './changes.ts';
import type { Replica } from './replica.ts';
import { changedMeanwhile, pageTimeout, SyncPages } from './sync-pages.ts';

export interface ResyncOptions {
  readonly client: EtcdClient;
  readonly layout: Layout;
  readonly index: KeyIndex;
  readonly replica: Replica;
  readonly prefix: string;
  readonly onForeign: OnForeign;
  readonly signal: AbortSignal;
}

/** Differences that are gathered before they are written: as long as they fit, the whole sync is one transaction. */
const maxGathered = 2500;
const maxGatheredBytes = 8 << 20;
/** Changes of one transaction, when it takes several. */
const maxPart = 2000;
/**
 * `interim`: the timeline while etcd cannot be given one. Resolves with the number of keys that differed. Throws
 * EtcdCallError, and an Error when the cluster changed meanwhile.
 */
export async function resync(options: ResyncOptions, cause: ResyncCause, interim?: string): Promise<number> {
  const { client, layout, replica, prefix, signal } = options;
  const diff = new Diff(options);
  let differed = 0;
  let writing: Promise<void> = Promise.resolve();
  const pages = new SyncPages(client, layout);
  const first = await pages.first();
  let coming = Promise.resolve(first.page);
  const timeline = interim ?? first.timeline;
  if (timeline === undefined) throw new Error('The timeline of the store was removed from etcd.');
  for (;;) {
    const page = await coming;
    if (signal.aborted) throw new Error('The store is closed.');
    const last = page.kvs.at(-1)?.key;
    const more = page.more && last !== undefined;
    if (more) {
      // Fetched while this one is compared.
      coming = pages.next(last);
      coming.catch(() => {});
    }
    diff.add(page.kvs, !more);
    if (!more) break;
    if (diff.isFull) {
      differed += diff.changes.length;
      // Written while the next page comes; that one has other keys.
      await writing;
      writing = applyParts(replica, diff.take(), cause);
      writing.catch(() => {});
    }
    await nextTurn();
  }
  await writing;
  const { revision, clusterId } = pages;
  if (diff.isFull) {
    differed += diff.changes.length;
    await applyParts(replica, diff.take(), cause);
  }
  const { head } = first;
  const now = await readHead(client, layout, pageTimeout, revision);
  if (now.clusterId !== clusterId || now.revision !== head.revision || now.token !== head.token)
    throw changedMeanwhile();
  differed += diff.changes.length;
  const state = { head, revision, clusterId, prefix, timeline, isSettled: interim === undefined };
  await replica.finish(diff.take(), { ...state, readers: first.readers }, cause);
  return differed;
}

/** In transactions that don't hold up the event loop. */
async function applyParts(replica: Replica, changes: readonly Change[], cause: ResyncCause): Promise<void> {
  for (let i = 0; i < changes.length; i += maxPart) await replica.applyPart(changes.slice(i, i + maxPart), cause);
}

/** Compares pages, in key order, with the index. */
class Diff {
  changes: Change[] = [];
  readonly #index: KeyIndex;
  readonly #layout: Layout;
  readonly #onForeign: OnForeign;
  /** Nothing to compare with: every key is new. */
  readonly #fresh: boolean;
  #bytes = 0;
  /** The last key of the page before. */
  #after: string | undefined;

  constructor({ index, layout, onForeign }: ResyncOptions) {
    this.#index = index;
    this.#layout = layout;
    this.#onForeign = onForeign;
    this.#fresh = index.size() === 0;
  }

  get isFull(): boolean {
    return this.changes.length >= maxGathered || this.#bytes >= maxGatheredBytes;
  }

  take(): Change[] {
    const { changes } = this;
    this.changes = [];
    this.#bytes = 0;
    return changes;
  }

  add(kvs: readonly KeyValue[], isLast: boolean): void {
    const ours = this.#fresh ? undefined : this.#index.everyKey(this.#after)[Symbol.iterator]();
    let own = ours?.next();
    const inOrder = this.#pairs(kvs);
    for (const change of inOrder) {
      const { key, value, revision, expires } = change;
      // Keys of the index that come before etcd's next one are gone from etcd.
      while (own !== undefined && !own.done && before(own.value, key)) {
        this.#change({ key: own.value, value: undefined, revision });
        own = ours?.next();
      }
      const same = own !== undefined && !own.done && own.value === key;
      if (same) own = ours?.next();
      const entry = same ? this.#index.get(key) : undefined;
      const known = entry?.version === revision && entry.value === value && this.#index.expires(key) === expires;
      if (!known) this.#change(change);
      this.#after = key;
    }
    while (isLast && own !== undefined && !own.done) {
      this.#change({ key: own.value, value: undefined, revision: 0 });
      own = ours?.next();
    }
    ours?.return?.();
  }

  *#pairs(kvs: readonly KeyValue[]): Iterable<Change> {
    for (const kv of kvs) {
      const key = this.#layout.decode(kv.key);
      const value = key === undefined ? undefined : decodeValue(kv.value);
      if (key !== undefined && value !== undefined) {
        const expires = deadlineOf(kv.lease);
        yield { key, value, revision: Number(kv.mod_revision), ...(expires === undefined ? {} : { expires }) };
      } else this.#onForeign(kv.key, key === undefined ? 'not a key' : 'not JSON');
    }
  }

  #change(change: Change): void {
    this.changes.push(change);
    this.#bytes += change.key.length + (change.value?.length ?? 0);
  }
}

function before(a: string, b: string): boolean {
  return compareKeys(a, b) < 0;
}
