/**
 * A client that keeps a copy of the store: it reads everything, watches from there, and applies what comes. It
 * reconnects at random, to any replica, and compares its copy with the store at the same revision now and then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../wait-for.ts';
import type { Target } from '../call.ts';
import { labelOf } from '../registers.ts';
import type { Tagged } from '../tags.ts';
import { type StreamEvent, watch } from './event-stream.ts';
import type { Revisions } from './revisions.ts';
import { differences, forms, type Held, mayExpire, readView, type View, ViewError } from './view.ts';

export interface MirrorOptions {
  readonly name: string;
  readonly replicas: readonly Target[];
  readonly random: () => number;
  /** Of the keys that it copies. */
  readonly prefix: string;
  /** Of all mirrors with this prefix. */
  readonly revisions: Revisions;
}

/** Milliseconds that a watch lasts, at the most. */
const longestWatch = 1500;

const idPattern = /^([0-9a-z]{8})-(\d+)(?:\.(\d+))?$/;

export class Mirror {
  readonly violations: string[] = [];
  /** Comparisons with the store at one revision. */
  compared = 0;
  readonly #options: MirrorOptions;
  readonly #running: Promise<void>;
  #stopped = false;
  #copy = new Map<string, Held>();
  /** Undefined: it has no copy. */
  #lastId: string | undefined;
  #timeline = '';
  /** The last event that it took; Infinity: the last of its revision. */
  #revision = 0;
  #index = Number.POSITIVE_INFINITY;
  /** Of the revision that is not complete. */
  #texts: string[] = [];
  #values: Tagged[] = [];
  #from = 0;
  #count = 0;
  /** To be compared with, when everything until its revision was applied. */
  #view: View | undefined;
  /** While a view is read, events wait: the copy must not pass its revision. */
  #waiting: StreamEvent[] | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when the copy was compared with what the replicas show. Something must change meanwhile. */
  async finish(): Promise<void> {
    const { name, replicas } = this.#options;
    const from = this.compared;
    try {
      await waitFor('a comparison with the store', () => this.compared > from + 2 * replicas.length);
    } catch (error) {
      this.violations.push(`${name}: ${(error as Error).message}`);
    }
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#endSpan();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (this.#lastId === undefined) await this.#begin();
        else await this.#follow(this.#lastId);
      } catch (error) {
        this.#failed(error);
      }
      if (this.#lastId === undefined) await sleep(20);
    }
  }

  async #read(): Promise<View | undefined> {
    const { prefix, random } = this.#options;
    return readView(this.#replica(), prefix, forms[Math.floor(random() * forms.length)] ?? 'object');
  }

  async #begin(): Promise<void> {
    const view = await this.#read();
    if (view === undefined) return;
    this.#copy = new Map(view.pairs);
    this.#lastId = view.tag.slice(1, -1);
    this.#timeline = view.timeline;
    this.#revision = view.revision;
    this.#index = Number.POSITIVE_INFINITY;
    this.#from = view.revision;
    this.#view = undefined;
  }

  async #follow(lastId: string): Promise<void> {
    const { prefix, random } = this.#options;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), random() * longestWatch);
    const check = this.#view === undefined && random() < 0.5 ? this.#check(random() * 500) : undefined;
    try {
      const query = prefix === '' ? '' : `?prefix=${encodeURIComponent(prefix)}`;
      const { status } = await watch(`${this.#replica()}/watch${query}`, lastId, over.signal, (event) => {
        if (this.#waiting === undefined) this.#take(event);
        else this.#waiting.push(event);
      });
      // The history does not go back so far: it is compacted, or was lost with a process of the embedded store.
      if (status === 410) this.#forget();
      else if (status !== undefined) await sleep(50);
    } finally {
      clearTimeout(timer);
      over.abort();
      await check;
    }
  }

  /** Reads a view to compare the copy with. */
  async #check(delay: number): Promise<void> {
    await sleep(delay);
    const waiting: StreamEvent[] = [];
    this.#waiting = waiting;
    const before = this.#revision;
    try {
      const view = await this.#read();
      if (view !== undefined && view.revision < before) {
        throw new ViewError(`the store showed revision ${view.revision} after a watch had brought ${before}`);
      }
      this.#view = view;
      if (this.#index === Number.POSITIVE_INFINITY) this.#compareAt(before);
    } catch (error) {
      this.#failed(error);
    }
    this.#waiting = undefined;
    try {
      for (const event of waiting) this.#take(event);
    } catch (error) {
      this.#failed(error);
    }
  }

  #take({ type, id, data }: StreamEvent): void {
    if (this.#lastId === undefined || (type !== 'set' && type !== 'delete')) return;
    const [, timeline, digits, place] = idPattern.exec(id ?? '') ?? [];
    const revision = Number(digits);
    const index = place === undefined ? Number.POSITIVE_INFINITY : Number(place);
    const { key, value, expires, revision: told } = parseEvent(data);
    if (timeline !== this.#timeline || told !== revision) throw new ViewError(`an event has the id ${id}: ${data}`);
    if (revision < this.#revision || (revision === this.#revision && index <= this.#index)) {
      throw new ViewError(`event ${id} came after ${this.#lastId}`);
    }
    if (revision > this.#revision) {
      this.#complete();
      // Nothing happened between.
      this.#compareAt(revision - 1);
    }
    this.#lastId = id;
    this.#revision = revision;
    this.#index = index;
    this.#apply(type, key, JSON.stringify(value), expires);
    if (index !== Number.POSITIVE_INFINITY) return;
    this.#complete();
    this.#compareAt(revision);
  }

  #apply(type: 'set' | 'delete', key: string, value: string, expires: number | undefined): void {
    if (type === 'set') this.#copy.set(key, { value, expires });
    else this.#copy.delete(key);
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

  /** The copy is what the store held at this revision, and since the one of the event before. */
  #compareAt(revision: number): void {
    const view = this.#view;
    if (view === undefined || view.revision > revision) return;
    this.#view = undefined;
    this.compared++;
    const { name } = this.#options;
    for (const difference of differences(this.#copy, view).slice(0, 10)) this.violations.push(`${name}: ${difference}`);
  }

  /** Connections fail while there are faults. What an answer says that it must not is noted, and the copy begins anew. */
  #failed(error: unknown): void {
    if (!(error instanceof ViewError)) return;
    this.violations.push(`${this.#options.name}: ${error.message}`);
    this.#forget();
  }

  #forget(): void {
    this.#endSpan();
    this.#lastId = undefined;
  }

  #endSpan(): void {
    if (this.#lastId === undefined) return;
    const to = this.#index === Number.POSITIVE_INFINITY ? this.#revision : this.#revision - 1;
    this.#options.revisions.watched({ from: this.#from, to, count: this.#count });
    this.#texts = [];
    this.#values = [];
    this.#count = 0;
    this.#from = to;
  }

  #replica(): string {
    const { replicas, random } = this.#options;
    return replicas[Math.floor(random() * replicas.length)]?.url ?? '';
  }
}

function parseEvent(data: string): Event {
  try {
    return JSON.parse(data) as Event;
  } catch (cause) {
    throw new ViewError(`an event is not JSON: ${data}`, { cause });
  }
}

interface Event {
  readonly key: string;
  readonly value?: unknown;
  readonly revision: number;
  readonly expires?: number;
}
