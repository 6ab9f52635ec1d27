/** One watch's answer: changes as events, signs of life between them, and an end that says why. */
import type { Writable } from 'node:stream';
import { Problem } from '@kvstore/core/problem.ts';
import { idOf, type Position } from '../../answers/entity-tag.ts';
import { problemText } from '../../answers/problem.ts';
import type { Revision, Store, Watch, Watcher } from '../../store/store.ts';
import type { Deliveries, Receiver } from './deliveries.ts';
import type { SharedRevision, WatchFilter } from './shared-revision.ts';

export interface ChangeStreamLimits {
  /** Milliseconds between signs of life. */
  readonly heartbeat: number;
  /** Bytes that may wait for one client, except for a moment; a client that takes less than happens is cut off. */
  readonly maxBacklog: number;
  /** Milliseconds in which a client must take something of what was sent to it, as it is told. */
  readonly stallTimeout: number;
}

export interface ChangeStreamOptions {
  /** What the client receives. */
  readonly to: Writable;
  readonly filter: WatchFilter;
  readonly position: Position;
  readonly limits: ChangeStreamLimits;
  readonly deliveries: Deliveries;
  /** Closes the connection of a client that takes nothing, soon: thousands may be cut at once. Default: at once. */
  readonly close?: () => void;
  /** Called with what ended it, when that was not the client. */
  readonly onProblem: (problem: Problem) => void;
  /** Unix milliseconds. */
  readonly wall?: () => number;
}

/** Milliseconds in which a client may catch up with what happened at once. */
const catchUpTime = 1000;
/** Backlogs that are too much even for a moment. */
const mostBacklogs = 16;

/** What a client that catches up may have waiting when more is read for it. */
const fewBytes = 64 * 1024;
const fewRevisions = 64;

export class ChangeStream implements Receiver {
  readonly #options: ChangeStreamOptions;
  readonly #wall: () => number;
  #watch: Watch | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #ended = false;
  #isDropped = false;
  /** Not written yet, the oldest first. */
  #waiting: SharedRevision[] = [];
  #waitingBytes = 0;
  /** Written, and not all taken by the system yet. */
  #written: SharedRevision[] = [];
  /** When more than the backlog began to wait. */
  #behindSince: number | undefined;
  /** Called when nothing waits any more. */
  #onIdle: (() => void) | undefined;
  /** One for all writes: the system has taken what was written. */
  readonly #onTaken = () => {
    if (this.#ended || this.#options.to.writableLength > 0) return;
    this.#releaseWritten();
    if (!this.#isBusy()) this.#idle();
  };

  constructor(options: ChangeStreamOptions) {
    this.#options = options;
    this.#wall = options.wall ?? Date.now;
  }

  get oldest(): number | undefined {
    return (this.#written[0] ?? this.#waiting[0])?.number;
  }

  get isBlocked(): boolean {
    return this.#options.to.writableNeedDrain;
  }

  /** Resolves when the stream has begun, with `begin` called first. Rejects with the Problem of one that cannot. */
  async open(store: Store, begin: () => void): Promise<void> {
    const { to, position, limits, deliveries } = this.#options;
    const opened = Promise.withResolvers<void>();
    let open = false;
    const watcher: Watcher = {
      opened: () => {
        open = true;
        begin();
        to.write(`: watching\nid: ${idOf(position)}\n\n`);
        this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeat);
        opened.resolve();
      },
      room: () => this.#room(),
      revision: (revision) => this.#add(revision),
      end: (problem) => {
        if (open) this.end(problem);
        else opened.reject(problem);
      },
    };
    deliveries.join(this);
    to.on('drain', () => this.#drained());
    to.once('close', () => {
      this.#stop();
      opened.resolve();
    });
    this.#watch = store.watch(position.after, watcher, position.timeline);
    await opened.promise;
  }

  /** Its client took nothing for the stall timeout. */
  stalled(): void {
    this.end(new Problem('slow-consumer', `Nothing was taken for ${this.#options.limits.stallTimeout} ms.`));
  }

  /** The last event, and the end. A client that does not take it is cut off as any other (flow-control/stalled-clients.ts). */
  end(problem: Problem): void {
    // A client that takes what happens misses nothing of it.
    this.deliver();
    if (this.#finish(problem)) this.#tellEnd(problem);
  }

  drop(): void {
    this.#isDropped = true;
    this.#release();
  }

  cut(): void {
    const problem = new Problem('slow-consumer', 'Too much waits for clients of watches, and this one is behind.');
    const isBlocked = this.isBlocked;
    if (!this.#finish(problem)) return;
    // What it has not taken is memory until then.
    if (isBlocked) this.#close();
    else this.#tellEnd(problem);
  }

  deliver(): number {
    const { to, filter, deliveries } = this.#options;
    let bytes = 0;
    let sent = 0;
    while (sent < this.#waiting.length && !to.writableNeedDrain) {
      const shared = this.#waiting[sent++] as SharedRevision;
      const skip = this.#skipOf(shared);
      this.#waitingBytes -= shared.sizeFor(filter, skip);
      const events = shared.eventsFor(filter, skip, this.#wall());
      if (events.length === 0) {
        deliveries.release(shared);
        continue;
      }
      this.#written.push(shared);
      for (const [i, event] of events.entries()) {
        bytes += event.length;
        to.write(event, i === events.length - 1 ? this.#onTaken : undefined);
      }
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    if (!this.#isBusy()) this.#idle();
    return bytes;
  }

  /** Changes at its beginning that the client knows already. */
  #skipOf({ revision }: SharedRevision): number {
    const { after, skip } = this.#options.position;
    return revision === after + 1 ? skip : 0;
  }

  /** False: it had ended already. */
  #finish(problem: Problem): boolean {
    if (this.#ended) return false;
    this.#stop();
    this.#options.onProblem(problem);
    return true;
  }

  #close(): void {
    const { to, close } = this.#options;
    if (close === undefined) to.destroy();
    else close();
  }

  #tellEnd(problem: Problem): void {
    this.#options.to.end(`event: error\ndata: ${problemText(problem)}\n\n`);
  }

  #stop(): void {
    const { deliveries } = this.#options;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    this.#watch?.close();
    deliveries.leave(this);
    this.#release();
    this.#idle();
  }

  #release(): void {
    this.#releaseWritten();
    for (const shared of this.#waiting) this.#options.deliveries.release(shared);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #releaseWritten(): void {
    const written = this.#written;
    if (written.length === 0) return;
    this.#written = [];
    for (const shared of written) this.#options.deliveries.release(shared);
  }

  /** Also sends how far the watch has come, so that a client that receives no change for long can go on from here. */
  #beat(): void {
    // What is on its way is a sign of life, and the client is not further than that.
    if (this.#isBusy() || this.#ended) return;
    const { position, to } = this.#options;
    const after = this.#watch?.position ?? 0;
    const reached = after > position.after ? { ...position, after, skip: 0 } : position;
    to.write(`: alive\nid: ${idOf(reached)}\n\n`);
  }

  #add(revision: Revision): void {
    const { position, filter, deliveries, limits, to } = this.#options;
    if (this.#ended || this.#isDropped) return;
    const shared = deliveries.share(revision, position.timeline);
    const size = shared.sizeFor(filter, this.#skipOf(shared));
    if (size === 0) return;
    this.#waiting.push(shared);
    this.#waitingBytes += size;
    deliveries.hold(shared);
    if (this.#isDropped) return;
    // One that has more to send is ready already, or waits for its client.
    if (!to.writableNeedDrain) {
      this.#behindSince = undefined;
      if (this.#waiting.length === 1) deliveries.ready(this);
    } else if (this.#isSlow()) {
      this.end(new Problem('slow-consumer', `More than ${limits.maxBacklog} bytes wait for this client.`));
    }
  }

  /**
   * Much may happen at once; a client that has not caught up after a moment takes less than happens. To be asked while it is
   * blocked: until then it is not the client that lets it wait.
   */
  #isSlow(): boolean {
    const { to, limits } = this.#options;
    const waiting = this.#waitingBytes + to.writableLength;
    if (waiting <= limits.maxBacklog) {
      this.#behindSince = undefined;
      return false;
    }
    this.#behindSince ??= performance.now();
    return waiting > mostBacklogs * limits.maxBacklog || performance.now() - this.#behindSince > catchUpTime;
  }

  /** One that was dropped is so until it is cut: its client has not come as far as its watch. */
  #isBusy(): boolean {
    return this.#isDropped || this.#waiting.length > 0 || this.#written.length > 0 || this.isBlocked;
  }

  #isFull(): boolean {
    return this.isBlocked || this.#waitingBytes > fewBytes || this.#waiting.length > fewRevisions;
  }

  /** For what it catches up with: little is read for it before the client has taken what was. */
  #room(): Promise<void> | undefined {
    return this.#isFull() || this.#options.deliveries.isTight ? this.#waitForRoom() : undefined;
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#ended) {
      if (this.#isFull()) {
        await new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        });
        continue;
      }
      const room = this.#options.deliveries.room();
      if (room === undefined) return;
      await room;
    }
  }

  #idle(): void {
    const onIdle = this.#onIdle;
    this.#onIdle = undefined;
    onIdle?.();
  }

  #drained(): void {
    if (this.#ended) return;
    this.#releaseWritten();
    if (this.#waiting.length > 0) this.#options.deliveries.ready(this);
    else this.#idle();
  }
}
