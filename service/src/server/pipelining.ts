/**
 * Requests that a client sends ahead (RFC 9112, 9.3.2) are served one after the other: each begins when the system has
 * taken the answer before it. So a client that sends many and reads none makes the service hold one answer, not all.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { parseNoMore } from '@kvstore/core/parse-no-more.ts';
import { isRetired } from '../flow-control/connection-marks.ts';
import type { Portions } from '../flow-control/portions.ts';
import { resetConnection } from '../flow-control/reset-connection.ts';
import type { Spans } from '../store/spans.ts';

/** Requests of a connection that may wait: more than one read of the system brings (64 KiB); with more it is cut. */
const mostHeld = 4000;
/** Requests that may wait in all, some 40 MiB; a connection that brings more is cut, unless few of them are its own. */
const mostHeldInAll = 10_000;
const fewHeld = 4;

/** Requests of a connection that wait, from which on its parser gets no more until there are fewer. */
const manyHeld = 8;

/** Requests of a connection that are served one right after the other; then other connections get their turn. */
const mostInARow = 100;

/**
 * A retired connection ends in place of its next request.
 * @param bind what is done later for a sampled request belongs to its trace
 * @param portions where connections are read in portions that send many requests ahead; undefined: none is
 */
export function oneAtATime(
  serveNext: RequestListener,
  { bind }: Pick<Spans, 'bind'>,
  portions?: Pick<Portions, 'greedy' | 'hold' | 'goOn'>,
): RequestListener {
  const serve: RequestListener = (request, response) => {
    if (isRetired(request.socket)) request.socket.destroySoon();
    else serveNext(request, response);
  };
  const held = new HeldRequests(portions);
  const row = new Row();
  return (request, response) => {
    const { socket } = request;
    // Node gives a response its socket when the answers before it are out.
    const isNext = response.socket !== null;
    if (isNext && row.goesOn(socket)) return serve(request, response);
    if (!held.add(socket)) {
      cut(socket);
      return;
    }
    const begin = bind(() => {
      held.remove(socket);
      serve(request, response);
    });
    if (isNext) setImmediate(begin);
    else response.once('socket', () => (row.goesOn(socket) ? begin() : setImmediate(begin)));
  };
}

/** Requests that are served with nothing between them: what one read of the system brought. */
class Row {
  #socket: Socket | undefined;
  #length = 0;

  /** False: it has been long enough, and another one begins. */
  goesOn(socket: Socket): boolean {
    if (socket !== this.#socket) {
      this.#socket = socket;
      this.#length = 0;
    }
    if (this.#length === mostInARow) {
      this.#socket = undefined;
      return false;
    }
    this.#length++;
    return true;
  }
}

class HeldRequests {
  readonly #bySocket = new Map<Socket, number>();
  readonly #portions: Pick<Portions, 'greedy' | 'hold' | 'goOn'> | undefined;
  #all = 0;

  constructor(portions: Pick<Portions, 'greedy' | 'hold' | 'goOn'> | undefined) {
    this.#portions = portions;
  }

  /** False: there is no room for it. */
  add(socket: Socket): boolean {
    const before = this.#bySocket.get(socket) ?? 0;
    if (before >= mostHeld || (this.#all >= mostHeldInAll && before >= fewHeld)) return false;
    if (!this.#bySocket.has(socket)) socket.once('close', () => this.#forget(socket));
    this.#bySocket.set(socket, before + 1);
    this.#all++;
    if (before + 1 === manyHeld) {
      this.#portions?.greedy(socket);
      this.#portions?.hold(socket);
    }
    return true;
  }

  remove(socket: Socket): void {
    const before = this.#bySocket.get(socket);
    if (before === undefined) return;
    this.#bySocket.set(socket, before - 1);
    this.#all--;
    if (before === manyHeld) this.#portions?.goOn(socket);
  }

  #forget(socket: Socket): void {
    this.#all -= this.#bySocket.get(socket) ?? 0;
    this.#bySocket.delete(socket);
  }
}

function cut(socket: Socket): void {
  parseNoMore(socket);
  resetConnection(socket);
}
