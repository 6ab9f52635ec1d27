/** Connections that serve no further request: what was known of their client holds no more. */
import type { Socket } from 'node:net';

const retired = Symbol('serves no further request');

interface Marked extends Socket {
  [retired]?: true;
}

/** The request that is being served goes on; requests behind it are not begun. Ending the connection is up to the caller. */
export function retire(socket: Socket): void {
  (socket as Marked)[retired] = true;
}

export function isRetired(socket: Socket): boolean {
  return (socket as Marked)[retired] === true;
}
