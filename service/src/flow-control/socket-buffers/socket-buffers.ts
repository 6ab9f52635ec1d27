/**
 * Bounds what the system's buffers hold for clients that take nothing. They are in a container's memory (cgroup v2), and no setting of
 * Node bounds them: 400 clients that read values of a mebibyte and take none have them hold some hundred MiB, and the system kills
 * the process (ADR 0326).
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../store/clock.ts';
import { requestConnection } from '../request-connection.ts';
import { takenOf } from '../stalled-clients.ts';
import { inodeOf, unconfirmedBytes } from './unconfirmed.ts';

/** Of a container's memory: what buffers may hold before large answers wait, and clients that take nothing are cut. */
export const bufferShare = 1 / 8;

/** Bytes that are sent until the buffers are looked at, and milliseconds between two looks at the least. */
const bytesPerLook = 1 << 20;
const leastPause = 5;
/** Milliseconds between looks while they are full. */
const interval = 50;
/** Milliseconds in which a client must take something while they are full; while they hold twice as much as they may, the interval. */
const patience = 200;
/** Milliseconds that they are full until those that hold most are cut, whatever they take. */
const longestFull = 2000;
/** Of what they may hold: with less that was sent, the rest is what came, which is read whatever is sent. The system counts up to some times the bytes. */
const littleSent = 1 / 8;
/** Milliseconds until they are looked at again then. */
const laterLook = 1000;
/** Bytes of a connection that is worth to be cut. */
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
  #sent = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #fullSince: number | undefined;
  #seen = new Map<Socket, Seen>();
  #isClosed = false;

  constructor(options: SocketBuffersOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#fullSince !== undefined;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
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
    if (this.#sent < bytesPerLook || this.isFull || this.#isClosed) return;
    const now = this.#options.clock.now();
    if (now - this.#lookedAt < leastPause) return;
    this.#sent = 0;
    this.#lookedAt = now;
    if (this.#options.held() <= this.#options.most) return;
    this.#fullSince = now;
    this.#seen.clear();
    void this.#relieve();
  }

  /** Until they hold less: finds those who take nothing, and cuts the ones that hold most. */
  async #relieve(): Promise<void> {
    const { clock, held, most, unconfirmed = unconfirmedBytes } = this.#options;
    const bytes = await unconfirmed();
    if (this.#isClosed) return;
    const now = clock.now();
    const all = held();
    let sent = 0;
    for (const each of bytes.values()) sent += each;
    const isOther = sent <= most * littleSent;
    if (isOther || all <= (most * 3) / 4) {
      this.#fullSince = undefined;
      this.#seen.clear();
      if (isOther) this.#lookedAt = now + laterLook;
      return;
    }
    this.#look(bytes, now);
    const shortest = all > 2 * most ? interval : patience;
    const isLong = now - (this.#fullSince ?? now) >= longestFull;
    this.#cutMost(Math.min(all, sent) - most / 2, isLong ? undefined : now - shortest);
    clock.after(interval, () => void this.#relieve());
  }

  #look(bytes: ReadonlyMap<string, number>, now: number): void {
    const { inode = inodeOf } = this.#options;
    const seen = new Map<Socket, Seen>();
    for (const socket of this.#open) {
      if (socket.bytesWritten < leastHeld) continue;
      const held = bytes.get(inode(socket) ?? '') ?? 0;
      if (held < leastHeld) continue;
      const taken = takenOf(socket);
      const before = this.#seen.get(socket);
      const isSame = before?.held === held && before.taken === taken;
      seen.set(socket, { held, taken, since: isSame ? before.since : now });
    }
    this.#seen = seen;
  }

  /** `since`: those that have taken something after it stay; undefined: none does. */
  #cutMost(bytes: number, since: number | undefined): void {
    const stuck = [...this.#seen].filter(([, seen]) => since === undefined || seen.since <= since);
    stuck.sort(([, a], [, b]) => b.held - a.held);
    let freed = 0;
    for (const [socket, { held }] of stuck) {
      if (freed >= bytes) return;
      freed += held;
      this.#seen.delete(socket);
      this.#open.delete(socket);
      this.#options.cut(socket);
    }
  }
}
