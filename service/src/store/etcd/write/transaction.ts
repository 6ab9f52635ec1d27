/** A transaction of etcd: what requests write, as operations, and what its answer says to each of them. */
import type { Written } from '../../store.ts';
import type { Layout } from '../layout.ts';
import type { RequestOp, ResponseOp, TxnResponse } from '../wire/messages.ts';
import { deadlineOf } from './lease-id.ts';
import { roomFor, type WriterLimits } from './write-queue.ts';

/** What one request writes. */
export interface WriteSet {
  /** The last value of each key; undefined: the key is deleted. */
  readonly values: ReadonlyMap<string, Buffer | undefined>;
  /** The lease of all values; undefined: they stay. */
  readonly lease: string | undefined;
  /** Keys to delete that may have expired, which does not count as deleted. */
  readonly doubtful: ReadonlySet<string>;
  /** Whether any key is deleted. */
  readonly deletes: boolean;
}

export interface Outcome extends Written {
  /** Keys that were there and are not any more. */
  readonly deleted: number;
}

/** Of a request that changed nothing. `revision`: the store's. */
export function unchanged(timeline: string, revision: number): Outcome {
  return { timeline, revision, deleted: 0, overwritten: 0 };
}

/** Keys to delete that have expired, as many as there is room to look at. `expired`: see Known. */
export function doubtfulOf(
  values: WriteSet['values'],
  limits: WriterLimits,
  expired: (key: string) => number | undefined,
): WriteSet['doubtful'] {
  const found = new Set<string>();
  const room = roomFor(limits) - values.size;
  for (const [key, value] of values) {
    if (found.size >= room) break;
    if (value === undefined && expired(key) !== undefined) found.add(key);
  }
  return found;
}

export class Transaction {
  /** In etcd's terms. */
  readonly operations: RequestOp[];
  /** Where the deletions of a request are among the operations. */
  readonly #deletions = new Map<WriteSet, number[]>();
  /** The requests of which not all values stand afterwards, or that put none, each with its place. */
  readonly #overwritten = new Map<WriteSet, number>();

  /**
   * Of several values for a key the last stays, since etcd takes a key once in a transaction; a key that one request
   * deletes must not be in another. `token`: see ADR 0010.
   */
  constructor(layout: Layout, token: Buffer, writes: readonly WriteSet[]) {
    // Every transaction puts the head key, deletions too: it is what barriers wait for. So a full etcd (NOSPACE), which
    // takes deletions alone, refuses these as well: without the put, other replicas would not notice a deletion.
    this.operations = [{ request_put: { key: layout.head, value: token } }];
    const last = new Map<string, WriteSet>();
    for (const write of writes) for (const key of write.values.keys()) last.set(key, write);
    if (writes.length > 1) this.#findOverwritten(writes, last);
    for (const [key, write] of last) this.#add(write, key, layout.encode(key));
  }

  #findOverwritten(writes: readonly WriteSet[], last: ReadonlyMap<string, WriteSet>): void {
    for (const [i, write] of writes.entries()) {
      let putsNone = true;
      let isReplaced = false;
      for (const [key, value] of write.values) {
        if (value === undefined) continue;
        putsNone = false;
        if (last.get(key) !== write) isReplaced = true;
      }
      if (putsNone || isReplaced) this.#overwritten.set(write, i + 1);
    }
  }

  /** The outcome of the request when the transaction was executed; `now`: Unix milliseconds. */
  outcome(write: WriteSet, timeline: string, { header, responses }: TxnResponse, now: number): Outcome {
    const { revision } = header;
    const deleted = this.#deletedBy(write, responses, now);
    const overwritten = this.#overwritten.get(write);
    return overwritten === undefined ? { timeline, revision, deleted } : { timeline, revision, deleted, overwritten };
  }

  #add(write: WriteSet, key: string, etcdKey: Buffer): void {
    const value = write.values.get(key);
    if (value !== undefined) {
      const { lease } = write;
      this.operations.push({ request_put: { key: etcdKey, value, ...(lease === undefined ? {} : { lease }) } });
      return;
    }
    if (write.doubtful.has(key)) this.operations.push({ request_range: { key: etcdKey, keys_only: true } });
    this.operations.push({ request_delete_range: { key: etcdKey } });
    const places = this.#deletions.get(write);
    if (places === undefined) this.#deletions.set(write, [this.operations.length - 1]);
    else places.push(this.operations.length - 1);
  }

  /** Keys that the request deleted, not counting those that had expired at `now` (Unix milliseconds). */
  #deletedBy(write: WriteSet, responses: readonly ResponseOp[], now: number): number {
    let deleted = 0;
    for (const place of this.#deletions.get(write) ?? []) {
      if ((responses[place]?.response_delete_range?.deleted ?? 0) === 0) continue;
      const [before] = this.operations[place - 1]?.request_range
        ? (responses[place - 1]?.response_range?.kvs ?? [])
        : [];
      const deadline = deadlineOf(before?.lease);
      if (deadline === undefined || deadline > now) deleted++;
    }
    return deleted;
  }
}
