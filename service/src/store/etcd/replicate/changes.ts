/** Turns the events of a watch into changes of the index, whole revisions at a time. */
import type { Change, Revision } from '../../store.ts';
import { decodeValue, type Layout, within } from '../layout.ts';
import type { ReaderChanges } from '../lease/state.ts';
import { type Head, noHead, tokenOf } from '../read/head.ts';
import { nameOf } from '../readers/reader-list.ts';
import type { WatchEvent, WatchResponse } from '../wire/messages.ts';
import { deadlineOf } from '../write/lease-id.ts';
import { parseTimeline } from './timeline-key.ts';

/** A revision with what it says about the store's history. */
export interface EtcdRevision extends Revision {
  /** Set when the revision wrote the head key. */
  readonly head: Head | undefined;
  /** Set when the revision wrote or removed the timeline's key: the name there, empty for none. */
  readonly timeline?: string;
  /** Set when the revision changed readers' keys or notices. */
  readonly readers?: ReaderEvents;
}

/** What a revision changed of the readers' keys and the notices, with the values of new keys by their ids. */
export interface ReaderEvents extends ReaderChanges {
  readonly joined: string[];
  readonly left: string[];
  readonly noticed: { readonly id: string; readonly name: string }[];
  readonly values: Map<string, Buffer>;
}

/** It changed only what replicas agree on among themselves: the store's revision stays where it is. */
export function isAside({ changes, head, timeline, readers }: EtcdRevision): boolean {
  return readers !== undefined && changes.length === 0 && head === undefined && timeline === undefined;
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
    let readers: ReaderEvents | undefined;
    const changes: Change[] = [];
    for (const { type, kv } of events) {
      if (!within(this.#layout.keys, kv.key)) {
        if (kv.key.equals(this.#layout.head)) head = headOf({ type, kv });
        else if (kv.key.equals(this.#layout.timeline)) timeline = parseTimeline(kv.value).name ?? '';
        else readers = this.#ofReaders({ type, kv }, readers);
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
    const found = { revision, changes, head };
    if (timeline === undefined && readers === undefined) return found;
    return { ...found, ...(timeline === undefined ? {} : { timeline }), ...(readers === undefined ? {} : { readers }) };
  }

  #ofReaders({ type, kv }: WatchEvent, known: ReaderEvents | undefined): ReaderEvents | undefined {
    const { readers, notices, synced } = this.#layout;
    const reader = readers.idOf(kv.key);
    const noticed = notices.idOf(kv.key);
    if (reader === undefined && noticed === undefined && !kv.key.equals(synced)) return known;
    const events: ReaderEvents = known ?? { joined: [], left: [], noticed: [], values: new Map() };
    if (reader !== undefined && type === 'PUT') {
      events.joined.push(reader);
      events.values.set(reader, kv.value);
    } else if (reader !== undefined) events.left.push(reader);
    else if (noticed !== undefined && type === 'PUT') events.noticed.push({ id: noticed, name: nameOf(kv.value) });
    return events;
  }
}

function headOf({ type, kv }: WatchEvent): Head {
  return type === 'PUT' ? { revision: kv.mod_revision, token: tokenOf(kv.value) } : noHead;
}
