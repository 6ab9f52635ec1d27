import type { Socket } from 'node:net';

/** Node's parser of a connection. What `onIncoming` returns is its word to llhttp on how to go on. */
interface Parsed extends Socket {
  readonly parser?: { onIncoming: (() => number) | null } | null;
}

/** To llhttp: what follows is another protocol. So it stops. */
const notHttp = 2;

/**
 * Of what a connection has sent, no further request is made. Otherwise the parser makes all that one read of the system
 * brought, hundreds, and they are kept until the connection is closed.
 */
export function parseNoMore(socket: Socket): void {
  const { parser } = socket as Parsed;
  if (parser != null) parser.onIncoming = () => notHttp;
}
