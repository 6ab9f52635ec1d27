/** A KvStore of a test, in a namespace of its own. */
import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { send } from './client.ts';
import { apply, field, kubectl, podsOf } from './kubectl.ts';

export interface KvStoreHandle {
  readonly namespace: string;
  readonly name: string;
  /** Where its Ingress answers; requests need the header Host. */
  readonly url: string;
  readonly host: string;
  patch(spec: object): Promise<void>;
  /** Waits until it is Ready with nothing under way, as the newest spec wants it. */
  settled(seconds?: number): Promise<void>;
  /** Waits until the Ingress leads to it. */
  reachable(status?: number): Promise<void>;
  servicePods(): ReturnType<typeof podsOf>;
  etcdPods(): ReturnType<typeof podsOf>;
}

export const ingressUrl = process.env.KV_INGRESS_URL ?? 'http://localhost:8080';

/** A namespace that is deleted after the test. */
export async function makeNamespace(t: ExecutionContext): Promise<string> {
  const name = await newNamespace();
  t.teardown(() => deleteNamespace(name));
  return name;
}

/** Runs the action with a namespace that is deleted afterwards. */
export async function withNamespace(action: (namespace: string) => Promise<void>): Promise<void> {
  const name = await newNamespace();
  await action(name).finally(() => deleteNamespace(name));
}

/** It admits only pods that the strictest pod security standard allows. */
async function newNamespace(): Promise<string> {
  const name = `kv-e2e-${randomBytes(3).toString('hex')}`;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  return name;
}

async function deleteNamespace(name: string): Promise<void> {
  await kubectl('delete', 'namespace', name, '--ignore-not-found', '--wait=false');
}

/** Creates the KvStore and waits until it has settled and can be reached. */
export async function createKvStore(
  namespace: string,
  spec: object = {},
  name = 'store',
  status = 200,
): Promise<KvStoreHandle> {
  const handle = await applyKvStore(namespace, spec, name);
  await handle.settled();
  await handle.reachable(status);
  return handle;
}

/** Creates the KvStore and waits for nothing. */
export async function applyKvStore(namespace: string, spec: object, name: string): Promise<KvStoreHandle> {
  const host = `${name}.${namespace}.test`;
  await apply({
    apiVersion: 'kvstore.dev/v1alpha1',
    kind: 'KvStore',
    metadata: { name, namespace },
    spec: { ingress: { host }, etcd: { storage: { size: '1Gi' } }, ...spec },
  });
  const selector = (component: string) => `app.kubernetes.io/instance=${name},app.kubernetes.io/component=${component}`;
  const handle: KvStoreHandle = {
    namespace,
    name,
    host,
    url: ingressUrl,
    // The Ingress controller takes it up at its own pace.
    async reachable(status = 200) {
      await waitFor('the Ingress answers', async () => (await send(handle, 'GET', '/')).status === status, {
        timeout: 60_000,
        interval: 200,
      });
    },
    async patch(change) {
      await kubectl('patch', 'kvs', name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: change }));
    },
    settled: (seconds = 180) => settled(namespace, name, seconds),
    servicePods: () => podsOf(namespace, selector('service')),
    etcdPods: () => podsOf(namespace, selector('etcd')),
  };
  return handle;
}

interface Resource {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  };
}

async function settled(namespace: string, name: string, seconds: number): Promise<void> {
  let last = '';
  await waitFor(
    `KvStore ${name} settles`,
    async () => {
      last = await kubectl('get', 'kvs', name, '-n', namespace, '-o', 'json');
      const { metadata, status } = JSON.parse(last) as Resource;
      const is = (type: string, value: string) =>
        status?.conditions?.some((condition) => condition.type === type && condition.status === value) ?? false;
      return status?.observedGeneration === metadata.generation && is('Ready', 'True') && is('Progressing', 'False');
    },
    { timeout: seconds * 1000, interval: 500 },
  ).catch((cause) => {
    throw new Error(`${cause.message}: ${JSON.stringify(JSON.parse(last).status)}`, { cause });
  });
}

export interface ConditionSeen {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A condition of the KvStore; undefined: it has none of that type. */
export async function conditionOf(
  { namespace, name }: KvStoreHandle,
  type: string,
): Promise<ConditionSeen | undefined> {
  const text = await kubectl('get', 'kvs', name, '-n', namespace, '-o', 'jsonpath={.status.conditions}');
  const conditions = JSON.parse(text || '[]') as (ConditionSeen & { readonly type: string })[];
  return conditions.find((condition) => condition.type === type);
}

/** The value of a field of the KvStore's status. */
export function statusField({ namespace, name }: KvStoreHandle, path: string): Promise<string> {
  return field(`.status${path}`, 'kvs', name, '-n', namespace);
}
