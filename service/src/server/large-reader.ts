/** Connections whose client reads large values: how large one is shows only when it is read. */
import type { Socket } from 'node:net';

const large = Symbol('reads large values');

interface Marked extends Socket {
  [large]?: true;
}

export function noteLargeRead(socket: Socket | null): void {
  if (socket !== null) (socket as Marked)[large] = true;
}

export function isLargeReader(socket: Socket): boolean {
  return (socket as Marked)[large] === true;
}
