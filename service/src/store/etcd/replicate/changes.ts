/** Turns the events of a watch into changes of the index, whole revisions at a time. */
import type { Change, Revision } from '../../store.ts';
import { decodeValue, type Layout, within } from '../layout.ts';
import { type Head, noHead, tokenOf } from '../read/head.ts';
import type { WatchEvent, WatchResponse } from '../wire/messages.ts';
import { deadlineOf } from '../write/lease-id.ts';
import { parseTimeline } from './timeline-key.ts';

/** A revision with what it says about the store's history. */
export interface EtcdRevision extends Revision {
  /** Set when the revision wrote the head key. */
  readonly head: Head | undefined;
  /** Set when the revision wrote or removed the timeline's key: the name there, empty for none. */
  readonly timeline?: string;
}

/** Called for keys and values that no pair can have. */
export type OnForeign = (etcdKey: Buffer, why: string) => void;

export class RevisionReader {
  readonly #layout: Layout;
  readonly #onForeign: OnForeign;
  /** Events of a revision that may go on in the next response. */
  #open: WatchEvent[] = [];

  constructor(layout: Layout, onForeign: OnForeign) {
    this.#layout = layout;
    this.#onForeign = onForeign;
  }

  /**
   * The revisions that are complete with this response. A response marked as fragment is continued by the next one,
   * in the middle of a revision perhaps; events come in the order of their revisions.
   */
  read({ events, fragment }: WatchResponse): EtcdRevision[] {
    const all = this.#open.length === 0 ? events : this.#open.concat(events);
    const revisions: EtcdRevision[] = [];
    let start = 0;
    for (let i = 1; i <= all.length; i++) {
      if (i < all.length && all[i]?.kv.mod_revision === all[start]?.kv.mod_revision) continue;
      if (i === all.length && fragment) break;
      revisions.push(this.#revision(all.slice(start, i)));
      start = i;
    }
    this.#open = all.slice(start);
    return revisions;
  }

  #revision(events: readonly WatchEvent[]): EtcdRevision {
    const revision = events[0]?.kv.mod_revision ?? 0;
    let head: Head | undefined;
    let timeline: string | undefined;
    const changes: Change[] = [];
    for (const { type, kv } of events) {
      if (!within(this.#layout.keys, kv.key)) {
        if (kv.key.equals(this.#layout.head)) head = headOf({ type, kv });
        else if (kv.key.equals(this.#layout.timeline)) timeline = parseTimeline(kv.value).name ?? '';
        continue;
      }
      const key = this.#layout.decode(kv.key);
      if (key === undefined) {
        if (type === 'PUT') this.#onForeign(kv.key, 'not a key');
        continue;
      }
      // Checked for every writer: a full sync sees no transactions, and must come to the same pairs.
      const value = type === 'PUT' ? decodeValue(kv.value) : undefined;
      if (type === 'PUT' && value === undefined) this.#onForeign(kv.key, 'not JSON');
      const expires = value === undefined ? undefined : deadlineOf(kv.lease);
      changes.push(expires === undefined ? { key, value, revision } : { key, value, revision, expires });
    }
    return timeline === undefined ? { revision, changes, head } : { revision, changes, head, timeline };
  }
}

function headOf({ type, kv }: WatchEvent): Head {
  return type === 'PUT' ? { revision: kv.mod_revision, token: tokenOf(kv.value) } : noHead;
}
