/**
 * Connections that are to be closed, and whose clients have not taken all. Node closes a connection as soon as the system has its last byte:
 * what the client has not taken would belong to no connection then, and the system goes on to offer it for minutes. These are closed
 * when all is taken, or reset.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../store/clock.ts';
import { requestConnection } from '../request-connection.ts';
import { resetConnection } from '../reset-connection.ts';
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
  /** Closes a connection whose client has all, soon: many clients may leave in the same moment. */
  readonly close: (socket: Socket) => void;
  /** Ends a connection whose client takes nothing, soon. */
  readonly cut: (socket: Socket) => void;
}

export class LingeringConnections {
  readonly #options: LingeringOptions;
  readonly #held = new Map<Socket, Held>();
  #isWaiting = false;
  /** False: the server ends, and the process soon. */
  #listens: () => boolean = () => false;

  constructor(options: LingeringOptions) {
    this.#options = options;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    this.#listens = () => server.listening;
    server.on(requestConnection(server), (socket: Socket) => {
      const { destroy } = socket;
      // Every way to end a connection comes here: with `destroySoon`, and after a client's end, Node calls it when all has been sent.
      socket.destroy = (error) => {
        // With an error of the system, the client has left: nothing is held for it.
        const isOver = error !== undefined || socket.destroyed || !server.listening;
        if (isOver || socket.bytesWritten < leastHeld) destroy.call(socket, error);
        else if (isCut(socket)) resetConnection(socket);
        else if (!this.#held.has(socket)) this.#add(socket);
        return socket;
      };
    });
  }

  #add(socket: Socket): void {
    socket.once('close', () => this.#held.delete(socket));
    // Its client learns of the end at once, and sends no request that is not read any more.
    if (socket.writable) socket.end();
    // What still comes is none of a request's.
    socket.pause();
    const now = this.#options.clock.now();
    this.#held.set(socket, { bytes: 0, taken: 0, since: now, begun: { at: now, confirmed: 0 } });
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
    const isOver = held === undefined || !this.#listens();
    if (!isOver && held.since > latest) {
      this.#held.set(socket, held);
      return;
    }
    this.#held.delete(socket);
    if (isOver) this.#options.close(socket);
    else this.#options.cut(socket);
  }

  #lookLater(): void {
    this.#isWaiting = true;
    this.#options.clock.after(interval, () => void this.#look());
  }
}

/** Node notes at a connection the answer that it is for. */
interface Answering extends Socket {
  readonly _httpMessage?: ServerResponse | null;
}

/** Whether its client does not get all, anyway: not all has been sent, or the answer is not whole and the connection has not been ended behind it. */
function isCut(socket: Socket): boolean {
  const { _httpMessage: current } = socket as Answering;
  return socket.writableLength > 0 || (socket.writable && current != null);
}
