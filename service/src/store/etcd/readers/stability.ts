/**
 * What this replica knows of readers and of what they have received (ADR 0290). It drives the functions of ../lease, and
 * says when something has changed. The index shows what is stable, and nothing else.
 */
import type { Clock } from '../../clock.ts';
import { PendingKeys } from '../lease/pending.ts';
import { acceptReport, receive, resume, sync } from '../lease/receive.ts';
import { isSettled, show, stableUpTo } from '../lease/stability.ts';
import type { ReplicaState, Report } from '../lease/state.ts';
import type { EtcdRevision } from '../replicate/changes.ts';
import { addressOf, type FoundReaders, type ReaderAddress } from './reader-list.ts';

/** What the index that a process begins with holds. */
export interface FirstIndex {
  readonly timeline: string;
  readonly shown: number;
  /** 0: nothing but stable revisions. */
  readonly base: number;
}

export interface StabilityListener {
  /** More may be stable than before, or the readers are others. */
  changed?(): void;
  /** The watch has brought this revision, and what it changes is pending. */
  received?(revision: number, changesKeys: boolean): void;
}

export class Stability {
  readonly #clock: Pick<Clock, 'now'>;
  /** False: nothing reads by lease here, so nothing asks which keys are pending. */
  readonly #keepsKeys: boolean;
  readonly #listeners: StabilityListener[] = [];
  #state: ReplicaState;
  #addresses = new Map<string, ReaderAddress>();
  #isListed = false;

  constructor(clock: Pick<Clock, 'now'>, keepsKeys: boolean) {
    this.#clock = clock;
    this.#keepsKeys = keepsKeys;
    const nothing = { timeline: '', received: 0, shown: 0, base: 0, readers: [], own: undefined };
    this.#state = { ...nothing, pending: new PendingKeys() };
  }

  /** For as long as the store is open. */
  listen(listener: StabilityListener): void {
    this.#listeners.push(listener);
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** Is the list of readers known? A process reads it first of all (R10). */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Is there a replica that reads by lease? */
  get hasReaders(): boolean {
    return this.#state.readers.length > 0;
  }

  /** Does the index hold nothing but stable revisions? */
  get isSettled(): boolean {
    return isSettled(this.#state);
  }

  /** The newest revision that the index may show; 0: nothing yet. */
  get stable(): number {
    const stable = stableUpTo(this.#state);
    return this.#isListed && stable >= this.#state.base ? stable : 0;
  }

  /** Undefined: no replica can reach it. */
  addressOf(id: string): ReaderAddress | undefined {
    return this.#addresses.get(id);
  }

  /** The index that the process has found. */
  begin({ timeline, shown, base }: FirstIndex): void {
    const received = Math.max(shown, base);
    this.#state = { ...this.#state, timeline, received, shown, base };
  }

  /** The index goes on from where it is: `list` is of its revision or of a later one. */
  resume(list: FoundReaders): void {
    this.#state = resume(this.#state, list, this.#clock.now(), new PendingKeys());
    this.#listed(list);
  }

  /** A full sync has put all of the list's revision into the index. */
  sync(list: FoundReaders): void {
    this.#state = sync(this.#state, list, this.#clock.now(), new PendingKeys());
    this.#listed(list);
  }

  #listed({ addresses }: FoundReaders): void {
    this.#addresses = new Map(addresses);
    this.#isListed = true;
    this.#changed();
  }

  /** Whole revisions of the watch, in order. */
  receive(revisions: readonly EtcdRevision[]): void {
    const now = this.#clock.now();
    for (const each of revisions) {
      const { revision, changes, readers } = each;
      const keys = this.#keepsKeys ? changes.map(({ key }) => key) : [];
      for (const [id, value] of readers?.values ?? []) {
        const address = addressOf(value);
        if (address !== undefined) this.#addresses.set(id, address);
      }
      this.#state = receive(this.#state, readers === undefined ? { revision, keys } : { revision, keys, readers }, now);
      for (const id of readers?.left ?? []) this.#addresses.delete(id);
      if (readers !== undefined) this.#changed();
      for (const listener of this.#listeners) listener.received?.(revision, changes.length > 0);
    }
  }

  report(report: Report): void {
    this.update((state) => acceptReport(state, report));
  }

  /** The index shows everything up to the revision now. */
  applied(revision: number): void {
    this.#state = show(this.#state, revision);
  }

  /** `step`: a function of ../lease. */
  update(step: (state: ReplicaState) => ReplicaState): void {
    const next = step(this.#state);
    if (next === this.#state) return;
    this.#state = next;
    this.#changed();
  }

  #changed(): void {
    const { base } = this.#state;
    // What a full sync brought is in the index already.
    if (!this.isSettled && this.stable >= base) this.#state = show(this.#state, base);
    for (const listener of this.#listeners) listener.changed?.();
  }
}
