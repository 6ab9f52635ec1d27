/** Connections between the replicas of one process, which a test can cut. */
import type { Report } from '../../../../src/store/etcd/lease/state.ts';
import type { FollowOptions } from '../../../../src/store/etcd/peers/follow-reader.ts';
import type { OfferedLease } from '../../../../src/store/etcd/peers/lease-reports.ts';
import type { PeerPort } from '../../../../src/store/etcd/peers/serve-reports.ts';
import type { Peers } from '../../../../src/store/etcd/readers/peers.ts';

interface Follower {
  readonly by: string;
  readonly options: FollowOptions;
  isConnected: boolean;
}

interface Lease {
  readonly of: string;
  readonly offered: OfferedLease;
  received: number;
}

export class PeerNetwork {
  readonly #leases = new Map<string, Lease>();
  readonly #followers = new Set<Follower>();
  readonly #cut = new Set<string>();

  /** What the replica of that name uses. */
  peers(name: string): Peers {
    return {
      serve: async () => this.#port(name),
      follow: (options) => {
        const follower = { by: name, options, isConnected: false };
        this.#followers.add(follower);
        setImmediate(() => this.#look(follower));
        return { close: () => void this.#followers.delete(follower) };
      },
    };
  }

  /** No report of either reaches the other one any more. */
  cut(a: string, b: string): void {
    this.#cut.add(`${a} ${b}`).add(`${b} ${a}`);
    this.#lookAgain();
  }

  mend(): void {
    this.#cut.clear();
    this.#lookAgain();
  }

  #port(of: string): PeerPort {
    return {
      address: of,
      offer: (offered) => {
        const lease = { of, offered, received: offered.received };
        this.#leases.set(offered.id, lease);
        this.#lookAgain();
        return {
          address: of,
          report: (received) => {
            lease.received = received;
            setImmediate(() => this.#report(lease));
          },
          close: async () => {
            this.#leases.delete(offered.id);
            this.#lookAgain();
          },
        };
      },
      close: async () => {},
    };
  }

  #report({ of, offered, received }: Lease): void {
    const report: Report = { id: offered.id, timeline: offered.timeline, received };
    for (const { by, options } of this.#followers) {
      if (options.id === offered.id && !this.#cut.has(`${by} ${of}`)) options.onReport(report);
    }
  }

  #lookAgain(): void {
    for (const follower of this.#followers) this.#look(follower);
  }

  #look(follower: Follower): void {
    const { by, options } = follower;
    const lease = this.#leases.get(options.id);
    const isKnown = lease?.offered.secret === options.secret && lease.offered.timeline === options.timeline;
    const isConnected = isKnown && !this.#cut.has(`${by} ${lease.of}`) && this.#followers.has(follower);
    if (isConnected === follower.isConnected) return;
    follower.isConnected = isConnected;
    options.onState(isConnected);
    if (isConnected && lease !== undefined) this.#report(lease);
  }
}
