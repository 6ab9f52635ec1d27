import type { Socket } from 'node:net';

interface Handled extends Socket {
  resetAndClosing?: boolean;
  /** With TLS: the connection below. */
  readonly _parent?: Handled | null;
}

/**
 * Ends a connection at once (TCP's RST). Of one that is closed, the system goes on to offer what was sent to a client that takes nothing, for
 * minutes, and keeps it in memory.
 */
export function resetConnection(socket: Socket): void {
  const { _parent: below } = socket as Handled;
  const connection: Handled = below ?? socket;
  // As Node's `resetAndDestroy` does it, which waits until all is written. A connection whose end waits to be sent cannot be reset.
  if (!connection.writableEnded || connection.writableFinished) connection.resetAndClosing = true;
  if (below != null) below.destroy();
  socket.destroy();
}
