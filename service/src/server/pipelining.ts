/**
 * Requests that a client sends ahead (RFC 9112, 9.3.2) are served one after the other: each begins when the system has
 * taken the answer before it. So a client that sends many and reads none makes the service hold one answer, not all.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Spans } from '../store/spans.ts';

/**
 * Requests of a connection that may wait; with more it is cut. Each is some 4 KiB, and parsed before anything else has its
 * turn: one read of the system brings up to 64 KiB, which can be two thousand of them.
 */
const mostHeld = 256;
/** And of all connections; with more, one that sends a request and has this many waiting is cut. */
const mostInAll = 8192;
const fewHeld = 16;

/** `bind`: what is done later for a sampled request belongs to its trace. */
export function oneAtATime(serve: RequestListener, { bind }: Pick<Spans, 'bind'>): RequestListener {
  const held = new Map<Socket, number>();
  let inAll = 0;
  const leave = (socket: Socket) => {
    inAll -= held.get(socket) ?? 0;
    held.delete(socket);
  };
  return (request, response) => {
    // Node gives a response its socket when the answers before it are out.
    if (response.socket !== null) return serve(request, response);
    const { socket } = request;
    // What else is in the same read of the system.
    if (socket.destroyed) return;
    const before = held.get(socket);
    const waiting = (before ?? 0) + 1;
    if (before === undefined) socket.once('close', () => leave(socket));
    if (waiting > mostHeld || (inAll >= mostInAll && waiting > fewHeld)) {
      socket.destroy();
      return;
    }
    held.set(socket, waiting);
    inAll++;
    const begin = bind(() => serve(request, response));
    response.once('socket', () => {
      // Nobody is there any more to read an answer.
      if (!held.has(socket)) return;
      held.set(socket, (held.get(socket) ?? 1) - 1);
      inAll--;
      begin();
    });
  };
}
