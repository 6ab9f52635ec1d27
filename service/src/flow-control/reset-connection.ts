import { Socket } from 'node:net';

interface Handled extends Socket {
  resetAndClosing?: boolean;
  /** With TLS: the connection below. */
  readonly _parent?: Handled | null;
}

/**
 * Ends a connection at once (TCP's RST), whatever waits to be sent. Of one that is closed, the system goes on to offer what was sent to a
 * client that takes nothing, for minutes, and keeps it in memory.
 */
export function resetConnection(socket: Socket): void {
  const { _parent: below } = socket as Handled;
  // As Node's `resetAndDestroy` does it, which waits until all is written. While the end is with the system, the system would refuse, and
  // Node would never close the connection: it is closed. With TLS that lasts for as long as there is no room for the last bytes of TLS.
  const isEnding = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
  if (!isEnding) ((below ?? socket) as Handled).resetAndClosing = true;
  below?.destroy();
  // Not the connection's own, which may be done later.
  Socket.prototype.destroy.call(socket);
}
