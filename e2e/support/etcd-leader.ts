/** Which member of a KvStore's etcd leads. */
import { getFromPod } from './kubectl.ts';
import type { KvStoreHandle } from './kvstore.ts';

/**
 * The leader's pod, by the metric each member has of itself; empty while no member leads.
 * @param but a member that is not asked, because it cannot know better
 */
export async function etcdLeader(store: KvStoreHandle, but?: string): Promise<string> {
  for (const { name } of await store.etcdPods()) {
    if (name === but) continue;
    const metrics = await getFromPod(store.namespace, name, 2381, '/metrics').catch(() => '');
    if (/^etcd_server_is_leader 1$/m.test(metrics)) return name;
  }
  return '';
}
