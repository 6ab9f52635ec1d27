/** The port on which a replica that reads by lease reports to the others what it has received (R4). */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type Clock, repeat } from '../../clock.ts';
import type { Log } from '../options.ts';
import { addressFor } from './address.ts';
import { LeaseReports, type OfferedLease } from './lease-reports.ts';
import { pskTls } from './pre-shared-key.ts';
import { aliveInterval, silenceLimit } from './silence.ts';

/** Replicas that may be connected at once. */
export const connectionLimit = 64;

/** What a reader offers to all other replicas. */
export interface ReaderServer {
  /** For the reader's key. */
  readonly address: string;
  /**
   * Reports the newest revision received to the connected replicas: one frame for all that comes in a turn of the event
   * loop. A revision that is not newer than the last one changes nothing.
   */
  report(received: number): void;
  /** The lease is over: ends its connections, and its id and secret open none any more. */
  close(): Promise<void>;
}

/** One listener for all leases of a process. */
export interface PeerPort {
  readonly address: string;
  /**
   * A lease begins: replicas that know its id and secret may connect and get reports. Throws RangeError for a secret of
   * less than 256 bits.
   */
  offer(lease: OfferedLease): ReaderServer;
  /** Ends all connections and stops to listen. */
  close(): Promise<void>;
}

export interface PeerPortOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Where other replicas reach this one, with a port or without (KV_PEER_ADDRESS). Without: this machine's name. */
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Listens on all interfaces. Rejects when the port cannot be had. */
export async function serveReports({ port, host, clock, log }: PeerPortOptions): Promise<PeerPort> {
  const leases = new Map<string, LeaseReports>();
  const leaseOf = new WeakMap<TLSSocket, LeaseReports>();
  const server = createServer({
    ...pskTls,
    handshakeTimeout: silenceLimit,
    pskCallback: (socket, id) => {
      const lease = leases.get(id);
      if (lease === undefined) return null;
      leaseOf.set(socket, lease);
      return lease.key;
    },
  });
  // Besides the replicas, some that have not shown the secret yet.
  server.maxConnections = 2 * connectionLimit;
  const sockets = trackSockets(server);
  const mayAdd = connectionCount(log);
  // Node leaves a connection open that did not agree on TLS, whether it failed or took too long.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    const lease = leaseOf.get(socket);
    if (lease === undefined || lease.isClosed || !mayAdd(socket)) {
      socket.on('error', () => {});
      socket.destroy();
    } else lease.add(socket);
  });
  server.listen(port);
  await once(server, 'listening');
  server.on('error', (error) => log.warn({ err: error }, `Replicas cannot connect: ${error.message}`));
  const address = addressFor(host, (server.address() as AddressInfo).port);
  const stopBeats = repeat(clock, aliveInterval, () => {
    for (const lease of leases.values()) lease.beat();
  });
  return {
    address,
    offer: (offered) => {
      const lease = new LeaseReports(offered, clock);
      leases.set(offered.id, lease);
      return {
        address,
        report: (received) => lease.report(received),
        close: () => {
          if (leases.get(offered.id) === lease) leases.delete(offered.id);
          return lease.close();
        },
      };
    },
    close: async () => {
      stopBeats();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const ended = [...leases.values()].map((lease) => lease.close());
      leases.clear();
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, ...ended]);
    },
  };
}

/** All connections, those included that have not agreed on TLS yet. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Counts a connection until it is closed. False for one too many, which the log says once for all that follow. */
function connectionCount(log: Log): (socket: TLSSocket) => boolean {
  let count = 0;
  let isFull = false;
  return (socket) => {
    if (count >= connectionLimit) {
      if (!isFull)
        log.warn({ connections: count }, 'More replicas than a reader takes want its reports: they get none.');
      isFull = true;
      return false;
    }
    count++;
    isFull = false;
    socket.once('close', () => count--);
    return true;
  };
}
