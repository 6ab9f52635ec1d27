/**
 * What is known of some connections. It stands beside them: a property that only some sockets have would slow down Node's
 * code for all of them (docs/adr/0160).
 */
import type { Socket } from 'node:net';

const largeReaders = new WeakSet<Socket>();
const retired = new WeakSet<Socket>();

/** Its client reads large values: how large one is shows only when it is read. */
export function noteLargeRead(socket: Socket | null): void {
  if (socket !== null) largeReaders.add(socket);
}

export function isLargeReader(socket: Socket): boolean {
  return largeReaders.has(socket);
}

/**
 * It serves no further request: what was known of its client holds no more. The request that is being served goes on;
 * requests behind it are not begun. Ending the connection is up to the caller.
 */
export function retire(socket: Socket): void {
  retired.add(socket);
}

export function isRetired(socket: Socket): boolean {
  return retired.has(socket);
}
