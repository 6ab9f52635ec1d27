/** Values in the fake cluster's etcd. */
import type { FakeCluster } from './fake-cluster.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');

export async function putKeys(cluster: FakeCluster, prefix: string, count: number, size = 10): Promise<void> {
  for (let index = 0; index < count; index++) {
    await cluster.call(0, 'kv/put', { key: encode(`${prefix}${index}`), value: encode('x'.repeat(size)) });
  }
}

/** How many keys one member itself holds. */
export async function countKeys(cluster: FakeCluster, ordinal: number, prefix: string): Promise<number> {
  const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
  const answer = await cluster.call(ordinal, 'kv/range', {
    key: encode(prefix),
    range_end: encode(end),
    count_only: true,
    serializable: true,
  });
  return Number((answer as { readonly count?: string }).count ?? 0);
}
