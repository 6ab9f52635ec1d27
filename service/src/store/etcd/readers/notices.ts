/**
 * Readers that do not report what they have received keep writes waiting: a notice in etcd ends their leases, and their
 * keys are deleted when those are over for certain (ADR 0290, R13).
 */
import { randomBytes } from 'node:crypto';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../clock.ts';
import { removable } from '../lease/lease.ts';
import { awaitedReaders } from '../lease/stability.ts';
import type { Reader } from '../lease/state.ts';
import type { Log } from '../options.ts';
import type { ConnectionState, Connections } from './connections.ts';
import { OwnPauses } from './own/own-pauses.ts';
import type { ReaderKeys } from './reader-keys.ts';
import type { ReaderMetrics, StallCause } from './reader-metrics.ts';
import type { Stability } from './stability.ts';
import { callTime, removalTime } from './times.ts';

export interface NoticesOptions {
  readonly stability: Stability;
  readonly connections: Pick<Connections, 'stateOf'>;
  readonly keys: ReaderKeys;
  readonly clock: Clock;
  readonly metrics: Pick<ReaderMetrics, 'stalls' | 'notices'>;
  readonly log: Log;
}

/** Milliseconds between looks. Looks are counted, so the time that this process did not run is no time that a reader had. */
const interval = 50;
/** Looks at a reader that reports nothing new before it gets a notice: 250 ms. */
const reportLooks = 5;
/** The same for one whose first connection is still to be made, and where processes have too little processor: a second. */
const slowReportLooks = 20;
/** And for one that cannot be reached while nothing waits for it. */
const idleLooks = 40;
/** A report that took so many looks is slow. */
const slowLooks = 2;
/** Milliseconds for which reports count as slow after one that was, and after a pause of this process. */
const slowTime = 30_000;
/** Milliseconds after a pause of this process: readers have ended its connections, which are made anew. */
const reconnectTime = slowReportLooks * interval;

/** Milliseconds before etcd is asked again when a call failed. */
const retryPause = 1000;

interface Wait {
  /** A report of it ends the wait. */
  readonly revision: number;
  /** The newest that was reported when the wait began. */
  readonly heard: number;
  looks: number;
  /** Writes waited too long for it. */
  isStall: boolean;
}

export class Notices {
  readonly #options: NoticesOptions;
  readonly #waits = new Map<string, Wait>();
  /** Readers about which etcd is being asked. */
  readonly #asking = new Set<string>();
  readonly #pauses: OwnPauses;
  #cancel: (() => void) | undefined;
  /** By the clock. */
  #slowAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#pauses = new OwnPauses(options.clock);
    const hasOthers = () => !this.#isClosed && this.#others().length > 0;
    options.stability.listen({
      changed: () => {
        this.#pauses.watch(hasOthers);
        this.look();
      },
      received: () => this.look(),
    });
  }

  /** Something has changed. */
  look(): void {
    if (this.#cancel !== undefined || this.#isClosed || !this.#hasWork()) return;
    this.#cancel = this.#options.clock.after(interval, () => {
      // Timers come before sockets are read: what came while this process did not run is looked at first.
      const immediate = setImmediate(() => {
        this.#cancel = undefined;
        this.#count();
        this.look();
      });
      this.#cancel = () => clearImmediate(immediate);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#pauses.stop();
  }

  #hasWork(): boolean {
    const { state } = this.#options.stability;
    if (state.readers.length === 0) return false;
    return awaitedReaders(state).length > 0 || this.#others().some((reader) => this.#isInTrouble(reader));
  }

  #others(): readonly Reader[] {
    const { readers, own } = this.#options.stability.state;
    return readers.filter(({ id }) => id !== own?.id);
  }

  #isInTrouble({ id, notice }: Reader): boolean {
    return notice !== undefined || this.#options.connections.stateOf(id) !== 'connected';
  }

  #count(): void {
    const { stability, clock } = this.#options;
    const awaited = new Set(awaitedReaders(stability.state));
    const others = this.#others();
    for (const id of this.#waits.keys()) if (!others.some((reader) => reader.id === id)) this.#waits.delete(id);
    for (const reader of others) this.#wait(reader, awaited.has(reader.id));
    for (const { id, notice } of removable(stability.state, clock.now(), removalTime)) {
      if (id !== stability.state.own?.id) void this.#ask(id, () => this.#remove(id, notice));
    }
  }

  #wait(reader: Reader, isAwaited: boolean): void {
    const { stability, connections, metrics, clock } = this.#options;
    const { id, since, reported } = reader;
    const heard = Math.max(since, reported);
    const connection = connections.stateOf(id);
    const before = this.#waits.get(id);
    const hasReported = connection === 'connected' && (!isAwaited || heard >= (before?.revision ?? 0));
    if (hasReported && (before?.looks ?? 0) >= slowLooks) this.#slowAt = clock.now();
    if (!isAwaited && hasReported) {
      this.#waits.delete(id);
      return;
    }
    if (before === undefined || hasReported) {
      this.#waits.set(id, { revision: stability.state.received, heard, looks: 0, isStall: false });
      return;
    }
    before.looks++;
    if (before.looks < this.#looksAllowed(isAwaited, connection)) return;
    const cause = connection !== 'connected' ? 'unreachable' : heard > before.heard ? 'behind' : 'silent';
    if (isAwaited && !before.isStall) metrics.stalls.inc({ cause });
    before.isStall ||= isAwaited;
    if (reader.notice === undefined) void this.#ask(id, () => this.#notice(id, cause));
  }

  /** Looks. The connections of a process that dies break, so slow reports do not make its stall longer. */
  #looksAllowed(isAwaited: boolean, connection: ConnectionState): number {
    if (!isAwaited) return idleLooks;
    if (connection === 'never') return slowReportLooks;
    const areSlow =
      connection === 'broken'
        ? this.#pauses.endedWithin(reconnectTime)
        : this.#pauses.endedWithin(slowTime) || this.#options.clock.now() < this.#slowAt + slowTime;
    return areSlow ? slowReportLooks : reportLooks;
  }

  async #notice(id: string, cause: StallCause): Promise<void> {
    const { keys, metrics, log, stability } = this.#options;
    const name = randomBytes(16).toString('hex');
    if (!(await keys.notice(id, name, callTime))) return;
    metrics.notices.inc();
    const address = stability.addressOf(id)?.address;
    log.warn(
      { id, address, cause },
      `Another replica that reads by lease does not report (${cause}): its lease is ended.`,
    );
  }

  async #remove(id: string, notice: string): Promise<void> {
    await this.#options.keys.removeNoticed(id, notice, callTime);
  }

  /** One call for a reader at a time. */
  async #ask(id: string, call: () => Promise<void>): Promise<void> {
    if (this.#asking.has(id)) return;
    this.#asking.add(id);
    try {
      await call();
    } catch (error) {
      const { log, clock } = this.#options;
      if (this.#isClosed) return;
      log.warn({ err: error, id }, `The lease of another replica cannot be ended now: ${messageOf(error)}`);
      await pause(clock, retryPause);
    } finally {
      this.#asking.delete(id);
    }
  }
}
