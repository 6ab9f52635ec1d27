/**
 * Hands the bytes of greedy clients to the parser in small portions, each in its turn. Node parses up to 64 KiB of a connection
 * in one go, and goes on to the next one: a read may bring two thousand requests or ten thousand chunks of a body, which take
 * 20 ms, and hundreds of connections may be read before anything else has its turn.
 *
 * A connection is read this way from when it brings much at once; while there are such, new connections are, too. All others
 * are read as Node does, so that they pay nothing. The way back is a new connection.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { ByteBudget } from './byte-budget.ts';
import type { EventLoopScheduler } from './event-loop-scheduler.ts';
import { PortionedSocket, type PortionParts } from './portioned-socket.ts';
import { requestConnection } from './request-connection.ts';

/** Milliseconds since a connection was last found greedy, in which new ones are read in portions from their first byte. */
const wary = 1000;

/** Bytes that wait for their turn, of all connections; one that brings more is cut. Most bring 64 KiB at once. */
const mostWaiting = 32 * 1024 ** 2;

export interface PortionsOptions {
  readonly scheduler: Pick<EventLoopScheduler, 'wait'>;
  /** In milliseconds, monotonic. */
  readonly now?: () => number;
}

export class Portions {
  readonly #parts: PortionParts;
  readonly #open = new Set<Socket>();
  readonly #portioned = new WeakMap<Socket, PortionedSocket>();
  #waryUntil = Number.NEGATIVE_INFINITY;

  constructor({ scheduler, now = () => performance.now() }: PortionsOptions) {
    this.#parts = { scheduler, now, budget: new ByteBudget(mostWaiting, now) };
  }

  /** Knows the server's connections from now on. */
  watch(server: Server): void {
    server.on(requestConnection(server), (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));

      if (this.#parts.now() < this.#waryUntil) this.#of(socket);
    });
  }

  /** The connection brings much at once: many requests, or many small pieces of a body. */
  greedy(socket: Socket): void {
    const now = this.#parts.now();
    const isFirst = now >= this.#waryUntil;
    this.#waryUntil = now + wary;
    this.#of(socket)?.becomeGreedy();
    if (!isFirst) return;
    // Of what the system has for those that have just come, nothing is known.
    for (const other of this.#open) if (other.bytesRead === 0) this.#of(other);
  }

  /** The parser gets no more of it until `goOn`. To be called for a connection that is greedy. */
  hold(socket: Socket): void {
    this.#portioned.get(socket)?.hold();
  }

  goOn(socket: Socket): void {
    this.#portioned.get(socket)?.goOn();
  }

  /** What still comes on the connection is thrown away, and no parser sees it. It serves no further request. */
  discard(socket: Socket): void {
    this.#of(socket)?.discard();
  }

  #of(socket: Socket): PortionedSocket | undefined {
    const known = this.#portioned.get(socket);
    if (known !== undefined) return known;
    const made = PortionedSocket.take(socket, this.#parts);
    if (made !== undefined) this.#portioned.set(socket, made);
    return made;
  }
}
