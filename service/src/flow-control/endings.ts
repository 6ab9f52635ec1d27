/**
 * Ends connections in turns. When thousands of clients leave in the same moment, the system reports them together, and Node
 * closes all of them in one turn of the event loop: 5,000 watches take 200 ms. Here a turn ends few of them; for the others,
 * Node learns later that they have ended.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { requestConnection } from './request-connection.ts';
import { resetConnection } from './reset-connection.ts';

/** Ends in a turn: some 2 ms of work, most of which is done later in the turn, and in the next one. */
const endsPerTurn = 32;

/** What the system says of a connection whose client has left: a reset, or a write that no reader takes. */
const left: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

export class Endings {
  readonly #nextTurn: (run: () => void) => void;
  /** In the order in which they ended. */
  readonly #waiting = new Map<Socket, () => void>();
  /** Connections that this turn has ended. */
  #ended = 0;

  /** `nextTurn` calls back in the next turn of the event loop. */
  constructor(nextTurn: (run: () => void) => void = setImmediate) {
    this.#nextTurn = nextTurn;
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    const endings = this;
    // Node reports the end of what a client sends by `push(null)`, and a reset by `destroy(error)`.
    function push(this: Socket, chunk: unknown, encoding?: BufferEncoding): boolean {
      if (chunk !== null || endings.#mayEnd()) return Socket.prototype.push.call(this, chunk, encoding);
      endings.#wait(this, () => reportEnd(this));
      return false;
    }
    function destroy(this: Socket, error?: Error): Socket {
      const end = () => Socket.prototype.destroy.call(this, error);
      if (error === undefined || this.destroyed || !hasLeft(error)) end();
      else endings.inTurn(this, end);
      return this;
    }
    server.on(requestConnection(server), (socket: Socket) => {
      // On every connection alike: objects of two kinds would slow down all requests (docs/adr/0160).
      socket.push = push;
      socket.destroy = destroy;
    });
  }

  /** Ends a connection now, or in another turn. */
  inTurn(socket: Socket, end: () => void): void {
    if (this.#mayEnd()) end();
    else this.#wait(socket, end);
  }

  /** Closes a connection whose client has all, now or in another turn. */
  close(socket: Socket): void {
    this.inTurn(socket, () => Socket.prototype.destroy.call(socket));
  }

  /** Cuts a connection whose client takes nothing, now or in another turn. */
  reset(socket: Socket): void {
    this.inTurn(socket, () => resetConnection(socket));
  }

  /** Of a connection that ends in several ways meanwhile, they are done in their order until it is closed: a client's end does not close it. */
  #wait(socket: Socket, end: () => void): void {
    const before = this.#waiting.get(socket);
    if (before === undefined) {
      this.#waiting.set(socket, end);
      return;
    }
    this.#waiting.set(socket, () => {
      before();
      if (!socket.destroyed) end();
    });
  }

  /** Whether a connection may end in this turn; then it does. */
  #mayEnd(): boolean {
    if (this.#waiting.size > 0 || this.#ended === endsPerTurn) return false;
    if (this.#ended++ === 0) this.#nextTurn(() => this.#takeTurn());
    return true;
  }

  #takeTurn(): void {
    this.#ended = 0;
    for (const [socket, end] of this.#waiting) {
      this.#waiting.delete(socket);
      if (socket.destroyed) continue;
      end();
      if (++this.#ended === endsPerTurn) break;
    }
    if (this.#ended > 0) this.#nextTurn(() => this.#takeTurn());
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
