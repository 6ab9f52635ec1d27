/** A revision as watches send it: each of its events is put together once, however many watches send it. */
import { oneLine } from '@kvstore/core/pair-line.ts';
import { idOf } from '../../answers/entity-tag.ts';
import type { Change, Revision } from '../../store/store.ts';

export interface WatchFilter {
  readonly prefix: string;
  readonly suffix: string;
}

/** Bytes that a change takes beside its key and value. */
const overhead = 200;

export class SharedRevision {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly timeline: string;
  /** In the order in which they were made: the lowest is the oldest. */
  readonly number: number;
  /** Streams that have not sent all of it yet. */
  holders = 0;
  #size: number | undefined;
  readonly #events: (Buffer | undefined)[] = [];

  constructor({ revision, changes }: Revision, timeline: string, number: number) {
    this.revision = revision;
    this.changes = changes;
    this.timeline = timeline;
    this.number = number;
  }

  /** Bytes that it takes in memory, about. */
  get size(): number {
    this.#size ??= this.changes.reduce((sum, change) => sum + sizeOf(change), 0);
    return this.#size;
  }

  /** Bytes of what fits the filter, about; 0: nothing does. `skip`: changes at its beginning that are left out. */
  sizeFor(filter: WatchFilter, skip: number): number {
    if (skip === 0 && filter.prefix === '' && filter.suffix === '') return this.size;
    let size = 0;
    for (let i = skip; i < this.changes.length; i++) {
      const change = this.changes[i] as Change;
      if (fits(change, filter)) size += sizeOf(change);
    }
    return size;
  }

  /** The events for a filter. What has expired by `now` (Unix milliseconds) is left out: its removal is sent later. */
  eventsFor(filter: WatchFilter, skip: number, now: number): readonly Buffer[] {
    const events: Buffer[] = [];
    for (let i = skip; i < this.changes.length; i++) {
      const change = this.changes[i] as Change;
      if (!fits(change, filter) || (change.expires !== undefined && change.expires <= now)) continue;
      this.#events[i] ??= this.#eventOf(change, i);
      events.push(this.#events[i] as Buffer);
    }
    return events;
  }

  #eventOf(change: Change, i: number): Buffer {
    const { revision, timeline, changes } = this;
    const place = i === changes.length - 1 ? { after: revision, skip: 0 } : { after: revision - 1, skip: i + 1 };
    return Buffer.from(eventText(change, idOf({ timeline, ...place })));
  }
}

function fits({ key }: Change, { prefix, suffix }: WatchFilter): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix);
}

/** The change itself and its event. */
function sizeOf({ key, value = '' }: Change): number {
  return 2 * (key.length + value.length) + overhead;
}

function eventText({ key, value, revision, expires }: Change, id: string): string {
  const name = value === undefined ? 'delete' : 'set';
  const members = [`"key":${JSON.stringify(key)}`];
  // White space between the tokens of JSON that something else has put into etcd would end the line.
  if (value !== undefined) members.push(`"value":${oneLine(value)}`);
  members.push(`"revision":${revision}`);
  if (expires !== undefined) members.push(`"expires":${expires}`);
  return `event: ${name}\nid: ${id}\ndata: {${members.join(',')}}\n\n`;
}
