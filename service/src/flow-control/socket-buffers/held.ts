import type { Socket } from 'node:net';
import { takenOf } from '../stalled-clients.ts';
import { inodeOf } from './unconfirmed.ts';

/** What the system holds for a connection's client. */
export interface Held {
  readonly bytes: number;
  /** Bytes that Node has handed to the system so far. */
  readonly taken: number;
  /** Milliseconds, by the clock, since when neither has changed. */
  readonly since: number;
  /** When it was first found to hold something, and what its client had confirmed then, in bytes. */
  readonly begun: { readonly at: number; readonly confirmed: number };
}

/** Bytes that the client has confirmed since it was first found to hold something. */
export function confirmedBy({ bytes, taken, begun }: Held): number {
  return taken - bytes - begun.confirmed;
}

/** The number of a connection's socket; undefined: it is closed. */
export type Inode = (socket: Socket) => string | undefined;

/** Bytes below which a connection is not worth a look. */
export const leastHeld = 16 * 1024;

export interface Look {
  /** Bytes by the number of the socket. */
  readonly unconfirmed: ReadonlyMap<string, number>;
  readonly inode?: Inode;
  readonly now: number;
  /** What the last look found. */
  readonly before: ReadonlyMap<Socket, Held>;
  /** Bytes; connections for which the system holds less are left out. */
  readonly least: number;
}

export function heldFor(sockets: Iterable<Socket>, look: Look): Map<Socket, Held> {
  const { unconfirmed, inode = inodeOf, now, before, least } = look;
  const found = new Map<Socket, Held>();
  for (const socket of sockets) {
    if (socket.bytesWritten < leastHeld) continue;
    const bytes = unconfirmed.get(inode(socket) ?? '') ?? 0;
    if (bytes < least) continue;
    const taken = takenOf(socket);
    const last = before.get(socket);
    const isSame = last?.bytes === bytes && last.taken === taken;
    const begun = last?.begun ?? { at: now, confirmed: taken - bytes };
    found.set(socket, { bytes, taken, since: isSame ? last.since : now, begun });
  }
  return found;
}
