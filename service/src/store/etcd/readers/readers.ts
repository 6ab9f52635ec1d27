/** Reads by lease (ADR 0290): what a replica has for them besides its index, put together. */
import { type Clock, repeat } from '../../clock.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import type { Reads } from '../lease/state.ts';
import type { Log } from '../options.ts';
import type { PeerPort } from '../peers/serve-reports.ts';
import type { Replica } from '../replicate/replica.ts';
import { Connections } from './connections.ts';
import { Demand } from './demand.ts';
import { Notices } from './notices.ts';
import { OwnLease } from './own/own-lease.ts';
import type { Peers } from './peers.ts';
import { ReaderKeys } from './reader-keys.ts';
import type { LeaseEnd, ReaderMetrics } from './reader-metrics.ts';
import type { Stability } from './stability.ts';
import { checkInterval } from './times.ts';

export interface ReadersOptions {
  readonly client: Pick<EtcdClient, 'callLeader'>;
  readonly layout: Layout;
  readonly replica: Pick<Replica, 'unfit' | 'putBack'>;
  /** See Follower. */
  readonly isFollowing: () => boolean;
  readonly stability: Stability;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly metrics: ReaderMetrics;
  readonly log: Log;
}

/** Every replica follows the readers, whether or not it reads by lease itself. */
export class Readers {
  readonly #options: ReadersOptions;
  readonly #keys: ReaderKeys;
  readonly #connections: Connections;
  readonly #notices: Notices;
  readonly #demand = new Demand();
  #port: PeerPort | undefined;
  /** Undefined: this replica takes no leases. */
  #own: OwnLease | undefined;
  #stopTicks = () => {};

  constructor(options: ReadersOptions) {
    const { client, layout, stability, peers, clock, log, metrics } = options;
    this.#options = options;
    this.#keys = new ReaderKeys(client, layout);
    this.#connections = new Connections({ stability, peers, clock, log, onState: () => this.#notices.look() });
    this.#notices = new Notices({
      ...{ stability, clock, log, metrics, keys: this.#keys, connections: this.#connections },
    });
  }

  /** Rejects when the port for other replicas cannot be listened on. */
  async start(): Promise<void> {
    const { peers, clock, log, stability } = this.#options;
    const port = await peers.serve?.({ clock, log });
    if (port === undefined) return;
    this.#port = port;
    stability.listen({ received: (_revision, changesKeys) => changesKeys && this.#demand.written() });
    this.#own = new OwnLease({ ...this.#options, port, keys: this.#keys, demand: this.#demand });
    this.#stopTicks = repeat(clock, checkInterval, () => {
      this.#demand.tick();
      this.#own?.tick();
    });
  }

  get isLeaseHeld(): boolean {
    return this.#own?.target([]) !== undefined;
  }

  /** The lease is good, and nothing is pending. */
  get isUpToDate(): boolean {
    const { state } = this.#options.stability;
    const target = this.#own?.target(() => true);
    return target !== undefined && target <= state.shown;
  }

  /** A fresh read: see leaseTarget. */
  target(reads: Reads): number | undefined {
    if (this.#own === undefined) return undefined;
    this.#demand.read();
    const target = this.#own.target(reads);
    if (target === undefined && this.#demand.isWanted) this.#own.want();
    return target;
  }

  /** From here on nothing is read by a lease, until there is a new one. */
  giveUp(reason: LeaseEnd): void {
    this.#own?.giveUp(reason);
  }

  /** The lease ends first, so that no write of others waits for this replica. */
  async leave(): Promise<void> {
    this.#stopTicks();
    await this.#own?.close();
  }

  async close(): Promise<void> {
    this.#notices.close();
    this.#connections.close();
    await this.#port?.close();
  }
}
