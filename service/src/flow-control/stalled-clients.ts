/**
 * Cuts off clients that take nothing, or next to nothing, of what was sent to them, whatever they asked for. All connections are looked at
 * now and then: a timer for each, which begins anew with every byte, takes a twentieth of a read's time.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from '../store/clock.ts';
import { requestConnection } from './request-connection.ts';

interface Seen {
  /** Bytes that the system had taken. */
  readonly taken: number;
  /** When it last took any. */
  readonly since: number;
  /** Of the time in which its rate is measured. */
  readonly begun: { readonly taken: number; readonly at: number };
}

export interface ClientLimits {
  /** Milliseconds in which a client must take something. */
  readonly stallTimeout: number;
  /** Bytes a second that it takes at the least, over that time; 0: any. */
  readonly minRate: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Ends a connection, soon. */
  readonly cut: (socket: Socket) => void;
}

/** Looks at a connection this often while it may stay unread, at least once a second. */
const looksPerTimeout = 4;
const mostInterval = 1000;
const leastInterval = 10;

const stalled = Symbol('stalled');

interface Marked extends Socket {
  [stalled]?: () => void;
}

/**
 * A client that takes nothing of this answer is told so by `onStalled`, which must end it, and is cut when it does not take that
 * either. Until then it may take as little as it likes: a watch is sent what happens, and has a bound of its own.
 * @returns to be called when the answer ends: from then on its client is one like any other
 */
export function onStall(answer: Writable & { readonly socket: Socket | null }, onStalled: () => void): () => void {
  const socket: Marked | null = answer.socket;
  if (socket === null) return () => {};
  socket[stalled] = onStalled;
  const forget = () => {
    if (socket[stalled] === onStalled) delete socket[stalled];
  };
  answer.once('close', forget);
  return forget;
}

interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize?: number;
  /** With TLS: what the encrypted bytes go to. */
  readonly _parent?: Handle;
}

/**
 * Bytes that the system has taken: of a write that is under way, too, which may be as large as a value. With TLS they are
 * counted encrypted: the socket of the request counts what it has encrypted, taken or not.
 */
export function takenOf(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  const encrypted = handle?._parent;
  return encrypted === undefined
    ? socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0)
    : encrypted.bytesWritten - (encrypted.writeQueueSize ?? 0);
}

/** Ends with the server. */
export function cutStalledClients(server: Server, { stallTimeout, minRate, clock, cut }: ClientLimits): void {
  /** Of connections that have something to take. */
  const seen = new Map<Socket, Seen | undefined>();
  server.on(requestConnection(server), (socket: Socket) => {
    seen.set(socket, undefined);
    socket.once('close', () => seen.delete(socket));
  });
  const look = () => {
    const now = clock.now();
    for (const [socket, before] of seen) {
      // With TLS, the end of a connection may wait for room, too.
      const isEnding = socket.writableEnded && !socket.writableFinished;
      if (socket.writableLength === 0 && !isEnding) {
        if (before !== undefined) seen.set(socket, undefined);
        continue;
      }
      const taken = takenOf(socket);
      const { [stalled]: onStalled } = socket as Marked;
      const afresh = { taken, since: now, begun: { taken, at: now } };
      if (before === undefined) seen.set(socket, afresh);
      else if (taken === before.taken) {
        if (now - before.since < stallTimeout) continue;
        if (onStalled === undefined) cut(socket);
        else {
          seen.set(socket, afresh);
          onStalled();
        }
      } else {
        const elapsed = now - before.begun.at;
        const isMeasured = elapsed >= stallTimeout;
        if (isMeasured && onStalled === undefined && taken - before.begun.taken < (minRate * elapsed) / 1000)
          cut(socket);
        seen.set(socket, { taken, since: now, begun: isMeasured ? { taken, at: now } : before.begun });
      }
    }
  };
  const interval = Math.max(leastInterval, Math.min(mostInterval, stallTimeout / looksPerTimeout));
  const timer = setInterval(look, interval);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
