/**
 * Connections that have ended, and whose clients have not taken all. Node closes a connection as soon as the system has its last byte: what
 * the client has not taken would belong to no connection then, and the system goes on to offer it for minutes. These are closed when
 * all is taken, or reset.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { Clock } from '../../store/clock.ts';
import { requestConnection } from '../request-connection.ts';
import { type Held, heldFor, type Inode, leastHeld } from './held.ts';
import { unconfirmedBytes } from './unconfirmed.ts';

/** Milliseconds between looks at them. */
const interval = 250;

export interface LingeringOptions {
  /** Bytes of connections, by the number of the socket. */
  readonly unconfirmed?: () => Promise<ReadonlyMap<string, number>>;
  readonly inode?: Inode;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Milliseconds in which a client must take something. */
  readonly stallTimeout: number;
  /** Ends a connection, soon. */
  readonly cut: (socket: Socket) => void;
}

export class LingeringConnections {
  readonly #options: LingeringOptions;
  readonly #held = new Map<Socket, Held>();
  #isWaiting = false;
  #isClosed = false;

  constructor(options: LingeringOptions) {
    this.#options = options;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    const lingering = this;
    function destroySoon(this: Socket): void {
      // When the server ends, so does the process soon.
      if (this.bytesWritten < leastHeld || !server.listening) {
        Socket.prototype.destroySoon.call(this);
        return;
      }
      if (this.writable) this.end();
      if (this.writableFinished) lingering.#add(this);
      else this.once('finish', () => lingering.#add(this));
    }
    server.on(requestConnection(server), (socket: Socket) => {
      // On every connection alike (docs/adr/0160).
      socket.destroySoon = destroySoon;
      socket.once('close', () => this.#held.delete(socket));
    });
    server.once('close', () => {
      this.#isClosed = true;
    });
  }

  #add(socket: Socket): void {
    if (socket.destroyed) return;
    // What still comes is none of a request's.
    socket.pause();
    this.#held.set(socket, { bytes: 0, taken: 0, since: this.#options.clock.now() });
    if (!this.#isWaiting) this.#lookLater();
  }

  async #look(): Promise<void> {
    const { clock, inode, stallTimeout, unconfirmed = unconfirmedBytes } = this.#options;
    try {
      const asked = [...this.#held.keys()];
      const look = { unconfirmed: await unconfirmed(), inode, now: clock.now(), before: this.#held, least: 1 };
      const left = heldFor(asked, look);
      for (const socket of asked) {
        // It may have been closed meanwhile.
        if (this.#held.has(socket)) this.#endOrKeep(socket, left.get(socket), look.now - stallTimeout);
      }
    } finally {
      this.#isWaiting = false;
      if (this.#held.size > 0) this.#lookLater();
    }
  }

  /** `latest`: one whose client has taken nothing since then is cut. */
  #endOrKeep(socket: Socket, held: Held | undefined, latest: number): void {
    if (held !== undefined && !this.#isClosed && held.since > latest) {
      this.#held.set(socket, held);
      return;
    }
    this.#held.delete(socket);
    if (held === undefined || this.#isClosed) socket.destroy();
    else this.#options.cut(socket);
  }

  #lookLater(): void {
    this.#isWaiting = true;
    this.#options.clock.after(interval, () => void this.#look());
  }
}
