/** Which member of a KvStore's etcd leads. */
import { getFromPod } from './kubectl.ts';
import type { KvStoreHandle } from './kvstore.ts';

/** The leader's pod, by the metric each member has of itself; empty while nobody leads. */
export async function etcdLeader(store: KvStoreHandle): Promise<string> {
  for (const { name } of await store.etcdPods()) {
    const metrics = await getFromPod(store.namespace, name, 2379, '/metrics').catch(() => '');
    if (/^etcd_server_is_leader 1$/m.test(metrics)) return name;
  }
  return '';
}
