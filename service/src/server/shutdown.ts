/** The end of a server: no request is reset, and it ends in time. */
import type { Server } from 'node:http';
import type { Drain } from './drain.ts';

export interface ShutdownOptions {
  /** Milliseconds in which the server goes on answering, telling clients to go elsewhere. */
  readonly drainWindow: number;
  /** Milliseconds after which what is still open is cut, counted from the beginning. */
  readonly drainTimeout: number;
}

/** Cuts every connection. Resolves when nothing is open. */
export async function cut(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

/**
 * Not ready at once; answers with `Connection: close` through the window; then takes no more connections, closes the
 * idle ones, lets requests in flight end, and cuts what is left at the deadline. Resolves when nothing is open.
 */
export async function shutDown(server: Server, drain: Drain, options: ShutdownOptions): Promise<void> {
  drain.begin();
  const deadline = setTimeout(() => server.closeAllConnections(), options.drainTimeout);
  await new Promise((resolve) => setTimeout(resolve, Math.min(options.drainWindow, options.drainTimeout)));
  // Right after the event loop took what waited to be accepted: closing resets connections that are not accepted yet.
  await new Promise((resolve) => setImmediate(resolve));
  // Closes idle connections too; those with a request in flight close after their answer.
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(deadline);
}
