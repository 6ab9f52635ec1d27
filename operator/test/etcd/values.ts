/** Values in the fake cluster's etcd. */
import { rangeEndOf } from '../../src/etcd/access/access.ts';
import type { FakeCluster } from './fake-cluster.ts';

export async function putKeys(cluster: FakeCluster, prefix: string, count: number, size = 10): Promise<void> {
  for (let index = 0; index < count; index++) {
    const request = { key: Buffer.from(`${prefix}${index}`), value: Buffer.from('x'.repeat(size)) };
    await cluster.call(0, ['KV', 'put'], request);
  }
}

/** How many keys one member itself holds. */
export async function countKeys(cluster: FakeCluster, ordinal: number, prefix: string): Promise<number> {
  const { count } = await cluster.call<{ readonly count: string }>(ordinal, ['KV', 'range'], {
    key: Buffer.from(prefix),
    range_end: Buffer.from(rangeEndOf(prefix)),
    count_only: true,
    serializable: true,
  });
  return Number(count);
}
