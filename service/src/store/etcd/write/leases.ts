/** Leases of keys that expire: one for each request that has a time to live. */
import { unavailable } from '@kvstore/core/problem.ts';
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../clock.ts';
import type { EtcdClient } from '../connect/client.ts';
import { idsPerDeadline, leaseIdFor } from './lease-id.ts';
import { problemOf } from './write-problems.ts';

export interface LeasesOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  /** Milliseconds that a request waits at most. */
  readonly requestTimeout: number;
}

/** Milliseconds that a lease outlives its keys' deadline: replicas hide the keys in time, etcd only cleans up. */
const margin = 5000;
/** Pause before another try. */
const retryPause = 50;

export class Leases {
  readonly #options: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /**
   * A lease for keys that are gone from `expires` on (Unix milliseconds), got before `deadline` (the clock's).
   * Rejects with Problem `unavailable` or `storage-full`: then nothing is written.
   */
  async grant(expires: number, deadline: number): Promise<string> {
    const { client, clock, requestTimeout } = this.#options;
    // The transaction may go out as late as the request's time allows: the lease must not end before the deadline.
    const left = expires - clock.wall() + requestTimeout + margin;
    for (;;) {
      const id = leaseIdFor(expires, Math.floor(Math.random() * idsPerDeadline));
      // A member that does not answer in time is avoided by the next try: nothing hangs on an unused lease.
      const time = Math.max(1, Math.min(deadline - clock.now(), requestTimeout / 5));
      try {
        await client.call('Lease', 'leaseGrant', { ID: id, TTL: Math.ceil(left / 1000) }, time);
        return id;
      } catch (error) {
        const meaning = meaningOf(error);
        // Perhaps it was granted.
        if (meaning === 'unknown') this.revoke(id);
        const again = meaning === 'not-executed' || meaning === 'unknown' || meaning === 'lease-exists';
        if (!again) throw problemOf(meaning, error, { bytes: 0, operations: 0 });
        if (clock.now() + retryPause >= deadline) {
          throw unavailable(`etcd granted no lease within ${requestTimeout} ms; nothing was written.`, error);
        }
        await pause(clock, retryPause);
      }
    }
  }

  /** Gives back a lease on which certainly nothing hangs and ever will. Should that fail, the lease ends in its time. */
  revoke(id: string): void {
    const { client, requestTimeout } = this.#options;
    // A failure is counted with all calls; no caller waits for it.
    client.call('Lease', 'leaseRevoke', { ID: id }, requestTimeout).catch(() => {});
  }
}
