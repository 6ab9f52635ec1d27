import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Clients that keep an HTTP port busy: each opens a connection, sends a request again and again at one go, and reads nothing.
 * Closed with the test.
 */
export async function holdConnections(
  t: { teardown(end: () => void): void },
  { port }: { readonly port: number },
  { connections, ahead, target }: { readonly connections: number; readonly ahead: number; readonly target: string },
): Promise<void> {
  for (let i = 0; i < connections; i++) {
    const socket = connect({ port, host: '127.0.0.1' });
    t.teardown(() => socket.destroy());
    socket.on('error', () => {});
    socket.pause();
    await once(socket, 'connect');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(ahead));
  }
}
