/**
 * Bounds what the system's buffers hold for clients that take nothing. They are in a container's memory (cgroup v2), and no setting of
 * Node bounds them: 400 clients that read values of a mebibyte and take none have them hold some hundred MiB, and the system kills
 * the process (ADR 0326).
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { requestConnection } from '../request-connection.ts';
import { confirmedBy, type Held, heldFor, leastHeld } from './held.ts';
import { LingeringConnections, type LingeringOptions } from './lingering-connections.ts';
import { unconfirmedBytes } from './unconfirmed.ts';

/** Of a container's memory: what buffers may hold before large answers wait, and clients that take nothing are cut. */
export const bufferShare = 1 / 8;

/** Bytes that are sent from one look at the buffers to the next, and milliseconds between two at the least. */
const bytesPerLook = 1 << 20;
const leastPause = 5;
/** Milliseconds between looks while they are full. */
const interval = 50;
/** Milliseconds in which a client must take something while they are full; while they hold twice as much as they may, the interval. */
const longestStill = 200;
/** Milliseconds that they are full until those that have taken least meanwhile are cut, though they take. */
const longestFull = 2000;
/** Milliseconds in which it is known that they hold what came and is not read: that is no reason to send less. */
const otherTime = 1000;

export interface SocketBuffersOptions extends LingeringOptions {
  /** Bytes that they may hold. */
  readonly most: number;
  /** Bytes that they hold now. */
  readonly held: () => number;
}

/** What the sender of answers has to know. */
export interface Buffers {
  /** Answers that are not small wait, or are refused. */
  readonly isFull: boolean;
  /** So many bytes were sent. */
  sent(bytes: number): void;
}

/** Where nothing counts them. */
export const unboundedBuffers: Buffers = { isFull: false, sent() {} };

export class SocketBuffers implements Buffers {
  readonly #options: SocketBuffersOptions;
  readonly #open = new Set<Socket>();
  readonly #lingering: LingeringConnections;
  #isLooking = false;
  #sent = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #fullSince: number | undefined;
  #otherAt = Number.NEGATIVE_INFINITY;
  #seen = new Map<Socket, Held>();
  #isClosed = false;

  constructor(options: SocketBuffersOptions) {
    this.#options = options;
    this.#lingering = new LingeringConnections(options);
  }

  get isFull(): boolean {
    return this.#fullSince !== undefined && !this.#isClosed;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    this.#lingering.watch(server);
    server.on(requestConnection(server), (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.once('close', () => {
      this.#isClosed = true;
    });
  }

  sent(bytes: number): void {
    this.#sent += bytes;
    if (this.#sent < bytesPerLook || this.#isLooking || this.#isClosed) return;
    const { clock, held, most } = this.#options;
    const now = clock.now();
    const isOther = now - this.#otherAt < otherTime;
    if (now - this.#lookedAt < leastPause || (isOther && this.#sent < most / 8)) return;
    this.#sent = 0;
    this.#lookedAt = now;
    if (held() <= most) return;
    if (!isOther) this.#fullSince = now;
    this.#isLooking = true;
    void this.#relieve();
  }

  /** Until they hold less: finds those who take nothing, and cuts the ones that hold most. */
  async #relieve(): Promise<void> {
    const { clock, unconfirmed = unconfirmedBytes } = this.#options;
    let isOver = true;
    try {
      const bytes = await unconfirmed();
      isOver = this.#isClosed || this.#isRelieved(bytes, clock.now());
    } finally {
      if (isOver) {
        this.#isLooking = false;
        this.#fullSince = undefined;
        this.#seen.clear();
      } else clock.after(interval, () => void this.#relieve());
    }
  }

  #isRelieved(unconfirmed: ReadonlyMap<string, number>, now: number): boolean {
    const { held, most, inode } = this.#options;
    const all = held();
    if (all <= (most * 3) / 4) return true;
    this.#seen = heldFor(this.#open, { unconfirmed, inode, now, before: this.#seen, least: leastHeld });
    let sent = 0;
    for (const { bytes } of this.#seen.values()) sent += bytes;
    // The rest came and is not read, or belongs to connections that are closed: to cut others would not free it.
    if (sent <= most / 2) {
      this.#otherAt = now;
      return true;
    }
    this.#fullSince ??= now;
    const shortest = all > 2 * most ? interval : longestStill;
    const isLong = now - this.#fullSince >= longestFull;
    // One that has just come has had no time to take anything.
    const mayStay = ({ since, begun }: Held) => since > now - shortest && (!isLong || begun.at > now - longestStill);
    const others = [...this.#seen].filter(([, seen]) => !mayStay(seen));
    others.sort(([, a], [, b]) => (isLong ? confirmedBy(a) - confirmedBy(b) : 0) || b.bytes - a.bytes);
    this.#cutFirst(others, sent - most / 2);
    return false;
  }

  /** Until so many bytes are free. */
  #cutFirst(inOrder: readonly (readonly [Socket, Held])[], bytes: number): void {
    let freed = 0;
    for (const [socket, held] of inOrder) {
      if (freed >= bytes) return;
      freed += held.bytes;
      this.#cut(socket);
    }
  }

  #cut(socket: Socket): void {
    this.#seen.delete(socket);
    this.#open.delete(socket);
    this.#options.cut(socket);
  }
}
