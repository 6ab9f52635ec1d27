/**
 * Ends connections in slices. When thousands of clients leave in the same moment, the system reports them together, and Node
 * closes all of them in one turn of the event loop: 5,000 watches take 200 ms. Here a turn ends as many as it has time for;
 * for the others, Node learns later that they have ended.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { requestConnection } from './request-connection.ts';

/** Milliseconds of a turn. What an end leaves to the next turns of the event loop takes about as long again. */
const sliceTime = 2;
/** Ends after which the time is looked at: most of their work is done in the next tick. */
const endsPerLook = 8;

/** What the system says of a connection whose client has left: a reset, or a write that no reader takes. */
const left: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

export interface EndingsOptions {
  /** In milliseconds, monotonic. */
  readonly now?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly nextTurn?: (run: () => void) => void;
}

export class Endings {
  readonly #now: () => number;
  readonly #nextTurn: (run: () => void) => void;
  /** In the order in which they ended. */
  readonly #waiting = new Map<Socket, () => void>();
  /** When this turn has no time left; undefined: it has ended none yet. */
  #turnEnd: number | undefined;

  constructor({ now = () => performance.now(), nextTurn = setImmediate }: EndingsOptions = {}) {
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    const endings = this;
    // Node reports the end of what a client sends by `push(null)`, and a reset by `destroy(error)`.
    function push(this: Socket, chunk: unknown, encoding?: BufferEncoding): boolean {
      if (chunk !== null || endings.#hasTime()) return Socket.prototype.push.call(this, chunk, encoding);
      endings.#waiting.set(this, () => reportEnd(this));
      return false;
    }
    function destroy(this: Socket, error?: Error): Socket {
      if (error === undefined || this.destroyed || !hasLeft(error) || endings.#hasTime()) {
        return Socket.prototype.destroy.call(this, error);
      }
      endings.#waiting.set(this, () => Socket.prototype.destroy.call(this, error));
      return this;
    }
    server.on(requestConnection(server), (socket: Socket) => {
      // On every connection alike: objects of two kinds would slow down all requests (docs/adr/0160).
      socket.push = push;
      socket.destroy = destroy;
    });
  }

  /** Ends a connection now, or in another turn. Of a connection that ends in several ways meanwhile, the last one counts. */
  inTurn(socket: Socket, end: () => void): void {
    if (this.#hasTime()) end();
    else this.#waiting.set(socket, end);
  }

  /** Whether a connection may end in this turn. */
  #hasTime(): boolean {
    const now = this.#now();
    if (this.#turnEnd === undefined) {
      this.#turnEnd = now + sliceTime;
      this.#nextTurn(() => this.#takeTurn());
    }
    return this.#waiting.size === 0 && now < this.#turnEnd;
  }

  #takeTurn(): void {
    this.#turnEnd = undefined;
    if (this.#waiting.size === 0) return;
    this.#turnEnd = this.#now() + sliceTime;
    this.#nextTurn(() => this.#takeTurn());
    this.#endSome();
  }

  #endSome(): void {
    let ended = 0;
    for (const [socket, end] of this.#waiting) {
      this.#waiting.delete(socket);
      if (!socket.destroyed) end();
      if (++ended === endsPerLook) break;
    }
    if (this.#waiting.size === 0) return;
    process.nextTick(() => {
      if (this.#now() < (this.#turnEnd ?? 0)) this.#endSome();
    });
  }
}

function hasLeft(error: NodeJS.ErrnoException): boolean {
  return error.code !== undefined && left.has(error.code);
}

/** As Node does it. */
function reportEnd(socket: Socket): void {
  Socket.prototype.push.call(socket, null);
  socket.read(0);
}
