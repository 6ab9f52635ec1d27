/** How replicas reach each other: see ../peers. */
import type { Clock } from '../../clock.ts';
import type { EtcdOptions, Log } from '../options.ts';
import { type FollowOptions, followReader } from '../peers/follow-reader.ts';
import { type PeerPort, serveReports } from '../peers/serve-reports.ts';

export interface Peers {
  /** Undefined: this replica takes no leases. */
  serve?(options: { readonly clock: Clock; readonly log: Log }): Promise<PeerPort>;
  follow(options: FollowOptions): { close(): void };
}

export interface PeerOptions extends EtcdOptions {
  /** Tests bring their own. */
  readonly peers?: Peers;
}

/** Every replica follows readers; with `lease` it is one itself. */
export function peersOf({ freshReads = 'barrier', peers, peerPort: port = 0, peerAddress: host }: PeerOptions): Peers {
  const given = peers ?? {
    serve: (options) => serveReports({ ...options, port, ...(host === undefined ? {} : { host }) }),
    follow: followReader,
  };
  return freshReads === 'lease' ? given : { follow: given.follow };
}
