/** etcd as any client with access can use it: any bytes, which no argument of etcdctl could be. */
import type { ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { systemClock } from '../../../src/store/clock.ts';
import { EtcdClient } from '../../../src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../../src/store/etcd/etcd-metrics.ts';
import type { KeyValue, RangeResponse, RequestOp, TxnResponse } from '../../../src/store/etcd/wire/messages.ts';

const timeout = 10_000;

export interface RawEtcd {
  /** Resolves with its revision. */
  put(key: Buffer, value: Buffer, lease?: string): Promise<number>;
  /** In one transaction. */
  putAll(pairs: readonly { readonly key: Buffer; readonly value: Buffer }[]): Promise<number>;
  remove(key: Buffer): Promise<number>;
  grant(id: string, seconds: number): Promise<void>;
  revoke(id: string): Promise<void>;
  /** All pairs from `start` on, without `end`. */
  range(start: Buffer, end: Buffer): Promise<readonly KeyValue[]>;
}

/** Closed with the test. */
export function rawEtcd(t: ExecutionContext, endpoints: readonly string[]): RawEtcd {
  const metrics = etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
  const client = new EtcdClient({ endpoints }, systemClock, metrics);
  t.teardown(() => client.close());
  const write = async (...success: RequestOp[]) => {
    const { header } = await client.call<TxnResponse>('KV', 'txn', { success }, timeout);
    return header.revision;
  };
  return {
    put: (key, value, lease = '0') => write({ request_put: { key, value, lease } }),
    putAll: (pairs) => write(...pairs.map((request_put) => ({ request_put }))),
    remove: (key) => write({ request_delete_range: { key } }),
    grant: async (ID, TTL) => void (await client.call('Lease', 'leaseGrant', { ID, TTL }, timeout)),
    revoke: async (ID) => void (await client.call('Lease', 'leaseRevoke', { ID }, timeout)),
    range: async (key, range_end) => (await client.call<RangeResponse>('KV', 'range', { key, range_end }, timeout)).kvs,
  };
}
