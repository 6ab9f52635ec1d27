/**
 * Ends leases that are over by their ids but not in etcd: after a change of its leader etcd starts every lease anew, so
 * a key could stay there for as long again as it was to live.
 */
import { meaningOf, messageOf } from '@kvstore/etcd/call-error.ts';
import type { Clock } from '../../clock.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import type { Log } from '../options.ts';
import type { RequestOp, TxnResponse } from '../wire/messages.ts';
import { deadlineOf } from './lease-id.ts';
import type { WriterLimits } from './write-queue.ts';

export interface LeaseSweeperOptions {
  readonly client: EtcdClient;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: WriterLimits;
  readonly requestTimeout: number;
  /** Keys that have expired and are still there, at most so many. */
  readonly due: (limit: number) => readonly string[];
}

/** Milliseconds between looks, about: replicas must not all look at once. */
const interval = 30_000;
/**
 * Milliseconds after the deadline until etcd is helped: it ends a lease by itself some seconds after it. Minutes, since
 * a process whose clock is fast must not remove what others still show.
 */
const grace = 300_000;
/** Keys looked at in one go. */
const batch = 100;

export class LeaseSweeper {
  readonly #options: LeaseSweeperOptions;
  #cancel = () => {};
  #stopped = false;

  constructor(options: LeaseSweeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    const { clock, log } = this.#options;
    this.#cancel = clock.after(interval * (0.5 + Math.random()), () => {
      this.sweep()
        .catch((error: unknown) => {
          if (!this.#stopped) log.warn({ err: error }, `Expired keys cannot be removed now: ${messageOf(error)}`);
        })
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /**
   * Resolves with the number of leases that were ended. A key that somebody has set meanwhile has another lease, or
   * none, so nothing but expired keys goes with them. Throws EtcdCallError.
   */
  async sweep(): Promise<number> {
    const { client, layout, clock, limits, requestTimeout, due } = this.#options;
    const look: RequestOp[] = due(Math.min(batch, limits.maxTxnOps)).map((key) => ({
      request_range: { key: layout.encode(key), keys_only: true },
    }));
    if (look.length === 0) return 0;
    const { responses } = await client.call<TxnResponse>('KV', 'txn', { success: look }, requestTimeout);
    const overdue = new Set<string>();
    for (const { response_range } of responses) {
      const lease = response_range?.kvs[0]?.lease;
      const deadline = deadlineOf(lease);
      if (lease !== undefined && deadline !== undefined && deadline + grace <= clock.wall()) overdue.add(lease);
    }
    for (const lease of overdue) {
      await client.call('Lease', 'leaseRevoke', { ID: lease }, requestTimeout).catch((error: unknown) => {
        // Another replica was faster.
        if (meaningOf(error) !== 'lease-lost') throw error;
      });
    }
    return overdue.size;
  }
}
