/**
 * Ends connections whose requests are late. Thousands that connected at once are late at once, and end in turns. A request that
 * has come before the turn of its connection is answered: to refuse it then would cut its answer off, or be taken for that of
 * the next one.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Endings } from '../flow-control/endings.ts';
import { arriving } from './refuse.ts';

export class LateRequests {
  readonly #endings: Pick<Endings, 'inTurn'>;
  /** What has come of each request that is late; undefined: nothing, or not all of its head. */
  readonly #late = new WeakMap<Socket, IncomingMessage | undefined>();

  constructor(endings: Pick<Endings, 'inTurn'>) {
    this.#endings = endings;
  }

  /** The connection's request is late. `refuse` is called in its turn, unless all of the request has come by then. */
  end(socket: Socket, refuse: () => void): void {
    this.#late.set(socket, arriving(socket));
    this.#endings.inTurn(socket, () => {
      const request = this.#late.get(socket);
      this.#late.delete(socket);
      if (request?.complete !== true) refuse();
    });
  }

  /** To be called for every request, when its head has come. */
  arrived(request: IncomingMessage): void {
    const { socket } = request;
    // Of those behind it Node knows anew when they are late.
    if (this.#late.has(socket) && this.#late.get(socket)?.complete !== true) this.#late.set(socket, request);
  }
}
