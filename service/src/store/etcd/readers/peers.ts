/** Connections between replicas, as the readers use them; see ../peers. */
import type { Clock } from '../../clock.ts';
import type { Report } from '../lease/state.ts';
import type { EtcdOptions, Log } from '../options.ts';

/** A lease that begins: a replica that knows its id and secret may connect, and gets reports. */
export interface OfferedLease {
  readonly id: string;
  readonly secret: string;
  readonly timeline: string;
  readonly received: number;
}

/** What a reader offers to all other replicas. */
export interface ReaderServer {
  readonly address: string;
  /** Sends the newest revision received to the connected replicas. */
  report(received: number): void;
  close(): Promise<void>;
}

/** One listener for the process. */
export interface PeerPort {
  readonly address: string;
  offer(lease: OfferedLease): ReaderServer;
  close(): Promise<void>;
}

export interface FollowReaderOptions {
  readonly address: string;
  readonly id: string;
  readonly secret: string;
  readonly timeline: string;
  readonly clock: Clock;
  readonly log: Log;
  onReport(report: Report): void;
  /** Connected, and heard of within 1.5 s, or not. */
  onState(isConnected: boolean): void;
}

/** How replicas reach each other. */
export interface Peers {
  /** Undefined: this replica takes no leases. */
  serve?(options: { readonly clock: Clock; readonly log: Log }): Promise<PeerPort>;
  follow(options: FollowReaderOptions): { close(): void };
}

/** None yet. */
const noPeers: Peers = { follow: () => ({ close() {} }) };

export interface PeerOptions extends EtcdOptions {
  /** Tests bring their own. */
  readonly peers?: Peers;
}

export function peersOf({ freshReads = 'barrier', peers = noPeers }: PeerOptions): Peers {
  return freshReads === 'lease' ? peers : { follow: peers.follow };
}
