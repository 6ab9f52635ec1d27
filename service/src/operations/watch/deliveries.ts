/**
 * What waits for the clients of all watches: how much memory it takes together, and when it is sent. Streams take turns, so
 * that one change for thousands of them delays nothing else for long.
 */
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import { type Buffers, unboundedBuffers } from '../../flow-control/socket-buffers/socket-buffers.ts';
import { type Clock, systemClock } from '../../store/clock.ts';
import type { Change, Revision } from '../../store/store.ts';
import { inTurns } from './in-turns.ts';
import { SharedRevision } from './shared-revision.ts';

export interface Receiver {
  /** The number of the oldest revision that it has not sent; undefined: there is none. */
  readonly oldest: number | undefined;
  /** Its client has to take something before more can be sent. */
  readonly isBlocked: boolean;
  /** Sends what can be sent; returns its bytes. */
  deliver(): number;
  /** Gives back what it holds, and takes nothing more. It is cut soon. */
  drop(): void;
  /** Ends the watch at once. */
  cut(): void;
}

/** Milliseconds of sending in a turn of the event loop, and in one while a write is on its way to the disk, which takes several turns. */
const turnTime = 4;
const turnTimeBesideWrites = 1;
/** Streams and bytes after which the time is looked at: what is written goes out only then. */
const streamsPerLook = 32;
const bytesPerLook = 512 * 1024;
/** Bytes of what a stream notes of a revision that it has to send. */
const entryBytes = 16;
/** Milliseconds until what the system holds is looked at again, when it is too much for more to be sent. */
const bufferPause = 50;
/** Milliseconds that clients which catch up wait for room before those make some that take nothing. */
const roomWait = 1000;

export interface DeliveriesOptions {
  /** Bytes that may wait for all clients together. */
  readonly most: number;
  /** Default: nothing else wants short turns. */
  readonly scheduler?: Pick<EventLoopScheduler, 'isWriting' | 'restAfter'>;
  /** Default: nothing bounds what the system holds of what was sent. */
  readonly buffers?: Buffers | undefined;
  readonly clock?: Pick<Clock, 'now' | 'after'>;
}

const alone = { isWriting: false, restAfter: () => 0 } as const;

export class Deliveries {
  readonly #most: number;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #scheduler: Pick<EventLoopScheduler, 'isWriting' | 'restAfter'>;
  readonly #buffers: Buffers;
  readonly #receivers = new Set<Receiver>();
  /** In the order in which they have become so. */
  readonly #ready = new Set<Receiver>();
  #scheduled = false;
  /** The last turn of sending: how long it was, and when it ended. */
  #took = 0;
  #ended = 0;
  #bytes = 0;
  #made = 0;
  #last: SharedRevision | undefined;
  /** Those that wait. Watches of tokens with other prefixes get other parts of the same revision in turn. */
  readonly #shared = new WeakMap<readonly Change[], SharedRevision>();
  #waitingForRoom: (() => void)[] = [];
  /** Set while somebody waits for room. */
  #pressure: (() => void) | undefined;

  constructor({ most, scheduler = alone, buffers = unboundedBuffers, clock = systemClock }: DeliveriesOptions) {
    this.#buffers = buffers;
    this.#most = most;
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Bytes that wait for clients. What several wait for counts once. */
  get bytes(): number {
    return this.#bytes;
  }

  /** There is no room for what somebody has missed. */
  get isTight(): boolean {
    return this.#bytes > this.#most / 2;
  }

  join(receiver: Receiver): void {
    this.#receivers.add(receiver);
  }

  leave(receiver: Receiver): void {
    this.#receivers.delete(receiver);
    this.#ready.delete(receiver);
  }

  /** The same for all streams that get the same revision, one after the other. */
  share(revision: Revision, timeline: string): SharedRevision {
    const last = this.#last;
    if (last?.changes === revision.changes && last.timeline === timeline) return last;
    const known = this.#shared.get(revision.changes);
    const shared = known?.timeline === timeline ? known : new SharedRevision(revision, timeline, this.#made++);
    this.#last = shared;
    return shared;
  }

  /** A stream waits to send it. Cuts those off that are furthest behind when all together hold too much. */
  hold(shared: SharedRevision): void {
    this.#bytes += entryBytes;
    if (shared.holders++ === 0) {
      this.#bytes += shared.size;
      this.#shared.set(shared.changes, shared);
    }
    if (this.#bytes > this.#most) this.#cutSlowest((this.#most * 3) / 4);
  }

  release(shared: SharedRevision): void {
    this.#bytes -= entryBytes;
    if (--shared.holders === 0) {
      this.#bytes -= shared.size;
      this.#shared.delete(shared.changes);
      if (shared === this.#last) this.#last = undefined;
    }
    if (this.#waitingForRoom.length > 0 && !this.isTight) {
      const waiting = this.#waitingForRoom;
      this.#waitingForRoom = [];
      for (const go of waiting) go();
    }
  }

  /** Undefined: there is room for what somebody has missed. Each holds it for itself, so they leave half to what happens. */
  room(): Promise<void> | undefined {
    if (!this.isTight) return undefined;
    this.#press();
    return new Promise((resolve) => this.#waitingForRoom.push(resolve));
  }

  /** Until there is room: clients that took something a moment ago may take nothing any more. */
  #press(): void {
    this.#pressure ??= this.#clock.after(roomWait, () => {
      this.#pressure = undefined;
      if (this.#waitingForRoom.length > 0) this.#cutSlowest(this.#most / 2, true);
      if (this.#waitingForRoom.length > 0) this.#press();
    });
  }

  /** It has something to send, and its client takes it. */
  ready(receiver: Receiver): void {
    this.#ready.add(receiver);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const rest = this.#scheduler.restAfter(this.#took) - (this.#clock.now() - this.#ended);
    if (rest > 0) this.#clock.after(rest, () => this.#takeTurn());
    else setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    if (this.#buffers.isFull) {
      this.#clock.after(bufferPause, () => this.#takeTurn());
      return;
    }
    const now = this.#clock.now();
    this.#send(now, now + (this.#scheduler.isWriting ? turnTimeBesideWrites : turnTime));
  }

  /** Node writes in the next tick what it was given in this one: then the time is known. */
  #send(began: number, end: number): void {
    let streams = 0;
    let bytes = 0;
    for (const receiver of this.#ready) {
      this.#ready.delete(receiver);
      bytes += receiver.deliver();
      if (++streams === streamsPerLook || bytes >= bytesPerLook) break;
    }
    this.#buffers.sent(bytes);
    process.nextTick(() => {
      const now = this.#clock.now();
      if (this.#ready.size > 0 && now < end && !this.#buffers.isFull) return this.#send(began, end);
      this.#took = now - began;
      this.#ended = now;
      this.#scheduled = false;
      if (this.#ready.size > 0) this.#schedule();
    });
  }

  /** Those whose clients take nothing go first, the ones that wait for the oldest revisions before others. */
  #cutSlowest(most: number, onlyBlocked = false): void {
    const behind = [...this.#receivers].filter(
      ({ oldest, isBlocked }) => oldest !== undefined && (isBlocked || !onlyBlocked),
    );
    behind.sort((a, b) => Number(b.isBlocked) - Number(a.isBlocked) || (a.oldest ?? 0) - (b.oldest ?? 0));
    const dropped: Receiver[] = [];
    for (const receiver of behind) {
      if (this.#bytes <= most) break;
      receiver.drop();
      dropped.push(receiver);
    }
    // There may be thousands, of which some have left by then.
    inTurns(dropped, (receiver) => this.#receivers.has(receiver) && receiver.cut(), this.#clock);
  }
}
