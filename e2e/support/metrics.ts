/** Metrics of pods, as Prometheus would read them. */
import { getFromPod } from './kubectl.ts';
import type { KvStoreHandle } from './kvstore.ts';

/** The value of a metric without labels. @throws where the pod has none of that name */
export async function metricOf(namespace: string, pod: string, name: string, port = 8080): Promise<number> {
  const text = await getFromPod(namespace, pod, port, '/metrics');
  const [, value] = new RegExp(`^${name}(?:\\{\\})? (\\S+)$`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`${pod} has no metric ${name}`);
  return Number(value);
}

/** Whether the store has three replicas that read by lease now. */
export async function allHoldLeases({ namespace, servicePods }: KvStoreHandle): Promise<boolean> {
  const pods = await servicePods();
  const held = await Promise.all(pods.map(({ name }) => metricOf(namespace, name, 'kvstore_lease_held')));
  return held.length === 3 && held.every((value) => value === 1);
}
