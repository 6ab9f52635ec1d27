/** A copy of the store that is kept by the events of a watch, and what it has seen. */
import type { ServerEvent } from '@kvstore/core/event-stream.js';
import { labelOf } from '../history/registers.ts';
import type { Tagged } from '../judge/tags.ts';
import { parseEvent } from './event.ts';
import type { Revisions } from './revisions.ts';
import { type Held, mayExpire, type View, ViewError } from './view.ts';

export interface CopyOptions {
  readonly name: string;
  readonly revisions: Revisions;
  /** The copy is what the store held at this revision, and since the one of the event before. */
  readonly onRevision: (revision: number) => void;
}

export class Copy {
  readonly #options: CopyOptions;
  #pairs = new Map<string, Held>();
  /** Undefined: there is no copy. */
  #lastId: string | undefined;
  #timeline = '';
  /** The last event that it took; Infinity: the last of its revision. */
  #revision = 0;
  #written = 0;
  #index = Number.POSITIVE_INFINITY;
  /** Of the revision that is not complete. */
  #texts: string[] = [];
  #values: Tagged[] = [];
  #from = 0;
  #count = 0;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  get pairs(): ReadonlyMap<string, Held> {
    return this.#pairs;
  }

  /** Where a watch goes on. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  get revision(): number {
    return this.#revision;
  }

  /**
   * The newest revision that a client wrote, as far as can be told. etcd ends the leases of keys that have expired by
   * itself: a fresh read, which hides those keys anyhow, does not wait for it.
   */
  get written(): number {
    return this.#written;
  }

  /** All events of its revision were taken. */
  get isWhole(): boolean {
    return this.#index === Number.POSITIVE_INFINITY;
  }

  begin(view: View): void {
    this.#pairs = new Map(view.pairs);
    this.#lastId = view.tag.slice(1, -1);
    this.#timeline = view.timeline;
    this.#revision = view.revision;
    this.#written = view.revision;
    this.#index = Number.POSITIVE_INFINITY;
    this.#from = view.revision;
  }

  /** Throws ViewError for an event that must not come. */
  take({ event: type, id, data }: ServerEvent): void {
    if (this.#lastId === undefined || (type !== 'set' && type !== 'delete')) return;
    const { timeline, revision, index, key, value, expires } = parseEvent(id, data);
    if (timeline !== this.#timeline) throw new ViewError(`an event has the id ${id}: ${data}`);
    if (revision < this.#revision || (revision === this.#revision && index <= this.#index)) {
      throw new ViewError(`event ${id} came after ${this.#lastId}`);
    }
    if (revision > this.#revision) {
      this.#complete();
      // Nothing happened between.
      this.#options.onRevision(revision - 1);
    }
    this.#lastId = id;
    this.#revision = revision;
    this.#index = index;
    this.#apply(type, key, value, expires);
    if (type === 'set' || !mayExpire(key)) this.#written = revision;
    if (!this.isWhole) return;
    this.#complete();
    this.#options.onRevision(revision);
  }

  /** From here on there is none. */
  forget(): void {
    this.endSpan();
    this.#lastId = undefined;
  }

  /** What was watched until here is noted. */
  endSpan(): void {
    if (this.#lastId === undefined) return;
    const to = this.isWhole ? this.#revision : this.#revision - 1;
    this.#options.revisions.watched({ from: this.#from, to, count: this.#count });
    this.#texts = [];
    this.#values = [];
    this.#count = 0;
    this.#from = to;
  }

  #apply(type: 'set' | 'delete', key: string, value: string, expires: number | undefined): void {
    if (type === 'set') this.#pairs.set(key, { value, expires });
    else this.#pairs.delete(key);
    if (mayExpire(key)) return;
    this.#texts.push(`${type} ${key} ${type === 'set' ? value : ''}`);
    const tag = `"${this.#timeline}-${this.#revision}"`;
    if (type === 'set') this.#values.push({ register: key, value: labelOf(value), tag });
  }

  /** All events of the revision were taken. */
  #complete(): void {
    if (this.#texts.length === 0) return;
    this.#options.revisions.seen(this.#options.name, this.#revision, this.#texts, this.#values);
    this.#count++;
    this.#texts = [];
    this.#values = [];
  }
}
