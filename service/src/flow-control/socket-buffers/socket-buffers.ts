/**
 * Bounds what the system's buffers hold for clients that take nothing. They are in a container's memory (cgroup v2), and no setting of
 * Node bounds them: 400 clients that read values of a mebibyte and take none have them hold some hundred MiB, and the system kills
 * the process (ADR 0326).
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { Clock } from '../../store/clock.ts';
import { requestConnection } from '../request-connection.ts';
import { takenOf } from '../stalled-clients.ts';
import { inodeOf, unconfirmedBytes } from './unconfirmed.ts';

/** Of a container's memory: what buffers may hold before large answers wait, and clients that take nothing are cut. */
export const bufferShare = 1 / 8;

/** Bytes that are sent from one look at the buffers to the next, and milliseconds between two at the least. */
const bytesPerLook = 1 << 20;
const leastPause = 5;
/** Milliseconds between looks while they are full, and while connections linger. */
const interval = 50;
const lingerInterval = 250;
/** Milliseconds in which a client must take something while they are full; while they hold twice as much as they may, the interval. */
const patience = 200;
/** Milliseconds that they are full until those that hold most are cut, whatever they take. */
const longestFull = 2000;
/** Milliseconds in which it is known that they hold what came and is not read: that is no reason to send less. */
const otherTime = 1000;
/** Bytes of a connection below which to cut it gains nothing. */
const leastHeld = 16 * 1024;

export interface SocketBuffersOptions {
  /** Bytes that they may hold. */
  readonly most: number;
  /** Bytes that they hold now. */
  readonly held: () => number;
  /** Of connections, by the number of the socket. */
  readonly unconfirmed?: () => Promise<ReadonlyMap<string, number>>;
  /** The number of a connection's socket; undefined: it is closed. */
  readonly inode?: (socket: Socket) => string | undefined;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Milliseconds in which a client must take something of what is left when its connection has ended. */
  readonly stallTimeout: number;
  /** Ends a connection, soon. */
  readonly cut: (socket: Socket) => void;
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

interface Seen {
  readonly held: number;
  readonly taken: number;
  /** When it last took something. */
  readonly since: number;
}

export class SocketBuffers implements Buffers {
  readonly #options: SocketBuffersOptions;
  readonly #open = new Set<Socket>();
  /** Those that have ended, and whose clients have not taken all. */
  #lingering = new Map<Socket, Seen>();
  #isWaiting = false;
  #isLooking = false;
  #sent = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #fullSince: number | undefined;
  #otherAt = Number.NEGATIVE_INFINITY;
  #seen = new Map<Socket, Seen>();
  #isClosed = false;

  constructor(options: SocketBuffersOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#fullSince !== undefined && !this.#isClosed;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    const buffers = this;
    // Node closes a connection when the system has its last byte. What its client has not taken would belong to no connection then.
    function destroySoon(this: Socket): void {
      // When the server ends, so does the process soon.
      if (this.bytesWritten < leastHeld || !server.listening) {
        Socket.prototype.destroySoon.call(this);
        return;
      }
      if (this.writable) this.end();
      if (this.writableFinished) buffers.#linger(this);
      else this.once('finish', () => buffers.#linger(this));
    }
    server.on(requestConnection(server), (socket: Socket) => {
      // On every connection alike (docs/adr/0160).
      socket.destroySoon = destroySoon;
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        this.#lingering.delete(socket);
      });
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

  #isRelieved(bytes: ReadonlyMap<string, number>, now: number): boolean {
    const { held, most } = this.#options;
    const all = held();
    if (all <= (most * 3) / 4) return true;
    this.#seen = this.#look(this.#open, bytes, now, this.#seen);
    let sent = 0;
    for (const { held: own } of this.#seen.values()) sent += own;
    // The rest came and is not read, or belongs to connections that are closed: to cut others would not free it.
    if (sent <= most / 2) {
      this.#otherAt = now;
      return true;
    }
    this.#fullSince ??= now;
    const shortest = all > 2 * most ? interval : patience;
    const isLong = now - this.#fullSince >= longestFull;
    this.#cutMost(sent - most / 2, isLong ? undefined : now - shortest);
    return false;
  }

  /** What each of them holds that is worth a look. */
  #look(
    sockets: Iterable<Socket>,
    bytes: ReadonlyMap<string, number>,
    now: number,
    before: ReadonlyMap<Socket, Seen>,
    least = leastHeld,
  ): Map<Socket, Seen> {
    const { inode = inodeOf } = this.#options;
    const seen = new Map<Socket, Seen>();
    for (const socket of sockets) {
      if (socket.bytesWritten < leastHeld) continue;
      const held = bytes.get(inode(socket) ?? '') ?? 0;
      if (held < least) continue;
      const taken = takenOf(socket);
      const last = before.get(socket);
      const isSame = last?.held === held && last.taken === taken;
      seen.set(socket, { held, taken, since: isSame ? last.since : now });
    }
    return seen;
  }

  /** `since`: those that have taken something after it stay; undefined: none does. */
  #cutMost(bytes: number, since: number | undefined): void {
    const stuck = [...this.#seen].filter(([, seen]) => since === undefined || seen.since <= since);
    stuck.sort(([, a], [, b]) => b.held - a.held);
    let freed = 0;
    for (const [socket, { held }] of stuck) {
      if (freed >= bytes) return;
      freed += held;
      this.#cut(socket);
    }
  }

  #cut(socket: Socket): void {
    this.#seen.delete(socket);
    this.#lingering.delete(socket);
    this.#open.delete(socket);
    this.#options.cut(socket);
  }

  /** Until its client has taken all, or nothing for too long. */
  #linger(socket: Socket): void {
    if (socket.destroyed) return;
    // What still comes is none of a request's.
    socket.pause();
    this.#lingering.set(socket, { held: 0, taken: 0, since: this.#options.clock.now() });
    if (!this.#isWaiting) this.#endLingeringLater();
  }

  async #endLingering(): Promise<void> {
    const { clock, stallTimeout, unconfirmed = unconfirmedBytes } = this.#options;
    try {
      const asked = [...this.#lingering.keys()];
      const bytes = await unconfirmed();
      const now = clock.now();
      const left = this.#look(asked, bytes, now, this.#lingering, 1);
      for (const socket of asked) {
        // It may have been closed meanwhile.
        if (!this.#lingering.has(socket)) continue;
        const seen = left.get(socket);
        if (seen === undefined || this.#isClosed) {
          this.#lingering.delete(socket);
          socket.destroy();
        } else if (now - seen.since >= stallTimeout) this.#cut(socket);
        else this.#lingering.set(socket, seen);
      }
    } finally {
      this.#isWaiting = false;
      if (this.#lingering.size > 0) this.#endLingeringLater();
    }
  }

  #endLingeringLater(): void {
    this.#isWaiting = true;
    this.#options.clock.after(lingerInterval, () => void this.#endLingering());
  }
}
