/**
 * What is known of some connections. It stands beside them: a property that only some sockets have would slow down Node's
 * code for all of them (docs/adr/0160).
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const largeReaders = new WeakSet<Socket>();
const retired = new WeakSet<Socket>();

/** Targets of large answers. The oldest ones are forgotten, and so are long ones. */
const largeTargets = new Set<string>();
const mostTargets = 1000;
const longestTarget = 256;

/** Its client reads a large value: how large one is shows only when it is read. */
export function noteLargeRead({ socket, req: { url = '' } }: ServerResponse): void {
  if (socket !== null) largeReaders.add(socket);
  if (url.length > longestTarget || largeTargets.has(url)) return;
  largeTargets.add(url);
  if (largeTargets.size <= mostTargets) return;
  const [oldest = ''] = largeTargets;
  largeTargets.delete(oldest);
}

/** Whether the answer is probably large: the one before it on the connection was, or the last one for the same target. */
export function isLargeRead(socket: Socket, target: string): boolean {
  return largeReaders.has(socket) || largeTargets.has(target);
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
