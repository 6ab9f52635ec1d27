/**
 * Requests that a client sends ahead (RFC 9112, 9.3.2) are served one after the other: each begins when the system has
 * taken the answer before it. So a client that sends many and reads none makes the service hold one answer, not all.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Spans } from '../store/spans.ts';

/** Requests of a connection that may wait: more than one read of the system brings (64 KiB); with more it is cut. */
const mostHeld = 4000;

/** `bind`: what is done later for a sampled request belongs to its trace. */
export function oneAtATime(serve: RequestListener, { bind }: Pick<Spans, 'bind'>): RequestListener {
  const held = new WeakMap<Socket, number>();
  return (request, response) => {
    // Node gives a response its socket when the answers before it are out.
    if (response.socket !== null) return serve(request, response);
    const { socket } = request;
    const waiting = (held.get(socket) ?? 0) + 1;
    if (waiting > mostHeld) {
      socket.destroy();
      return;
    }
    held.set(socket, waiting);
    const begin = bind(() => serve(request, response));
    response.once('socket', () => {
      held.set(socket, (held.get(socket) ?? 1) - 1);
      begin();
    });
  };
}
