/** A bare TCP connection, for what no HTTP client would send. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';

export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Buffer): void;
  /** Everything that came so far, as latin1. */
  received(): string;
  /** Resolves with everything once the other side has closed. */
  closed(): Promise<string>;
  /** Resolves with everything so far, once `pattern` is in it. */
  until(pattern: RegExp): Promise<string>;
}

/** Closed with the test. A reset by the other side counts as closed. */
export async function connectRaw(
  t: ExecutionContext,
  { port }: { readonly port: number },
  { allowHalfOpen = false } = {},
): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  t.teardown(() => socket.destroy());
  let text = '';
  let ended = false;
  socket.setEncoding('latin1');
  socket.on('data', (data) => {
    text += data;
  });
  // A reset shows as the end of what is received.
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
  });
  await once(socket, 'connect');
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => text,
    closed: async () => {
      await waitFor('the end of the connection', () => ended);
      return text;
    },
    until: async (pattern) => {
      await waitFor(`${pattern} in an answer`, () => pattern.test(text));
      return text;
    },
  };
}

/** Sends bytes and returns everything that comes until the other side closes. */
export async function exchange(
  t: ExecutionContext,
  service: { readonly port: number },
  bytes: string | Buffer,
): Promise<string> {
  const connection = await connectRaw(t, service);
  connection.send(bytes);
  return connection.closed();
}
