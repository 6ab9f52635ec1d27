/**
 * Requests that a client sends ahead (RFC 9112, 9.3.2) are served one after the other: each begins when the system has
 * taken the answer before it. So a client that sends many and reads none makes the service hold one answer, not all.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Spans } from '../store/spans.ts';

/** Requests of a connection that may wait; above it no more are read. What one read brought waits all the same. */
const mostHeld = 16;

/** `bind`: what is done later for a sampled request belongs to its trace. */
export function oneAtATime(serve: RequestListener, { bind }: Pick<Spans, 'bind'>): RequestListener {
  const held = new WeakMap<Socket, number>();
  const count = (socket: Socket, more: 1 | -1) => {
    const now = (held.get(socket) ?? 0) + more;
    held.set(socket, now);
    return now;
  };
  return (request, response) => {
    // Node gives a response its socket when the answers before it are out.
    if (response.socket !== null) return serve(request, response);
    const { socket } = request;
    if (count(socket, 1) > mostHeld) socket.pause();
    const begin = bind(() => serve(request, response));
    response.once('socket', () => {
      if (count(socket, -1) === mostHeld) socket.resume();
      begin();
    });
  };
}
