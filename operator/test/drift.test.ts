/** Whatever somebody changes of what the operator set, it sets again; and it touches nothing when nothing changed. */
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { buildServiceObjects } from '../src/desired/desired.ts';
import { hasStatus } from '../src/kube/kube-error.ts';
import { pathOf, resourceNameOf, resources } from '../src/kube/resources.ts';
import { type AnyObject, type Cluster, type RunningOperator, startCluster } from './support/cluster.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

type Path = readonly (string | number)[];

/** Every value in an object that is not made of further values, with its path. */
function leaves(value: unknown, path: Path = []): { path: Path; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) =>
    leaves(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function at(object: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], object);
}

function altered(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return value === 'Exact' ? 'Prefix' : `${String(value)}x`;
}

const identity = new Set(['/apiVersion', '/kind', '/metadata/name', '/metadata/namespace']);

/** Changes a field as another user. False: the API server does not let anybody change it so. */
async function alter(object: KubernetesObject, { path, value }: { path: Path; value: unknown }): Promise<boolean> {
  const pointer = `/${path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
  if (identity.has(pointer)) return false;
  const { namespace, name } = object.metadata ?? {};
  try {
    await cluster.admin.request('PATCH', pathOf(resources[resourceNameOf(object)], namespace, name), {
      contentType: 'application/json-patch+json',
      body: [{ op: 'replace', path: pointer, value: altered(value) }],
    });
    return true;
  } catch (error) {
    if (hasStatus(error, 400, 422)) return false;
    throw error;
  }
}

test('drift of each field that the operator owns is repaired', async (t) => {
  t.timeout(540_000);
  const namespace = await cluster.createNamespace();
  await cluster.startOperator({ environment: { KVSTORE_WATCH_NAMESPACES: namespace } });
  const kvstore = await cluster.createKvStore(namespace, 'drift', {
    etcd: {},
    image: 'kvstore/service:1',
    clients: [{ namespaceSelector: {} }, { podSelector: { matchLabels: { app: 'till' } } }],
    ingress: { host: 'kv.test', annotations: { note: 'kept' }, tls: { secretName: 'certificate' } },
  });
  const around = {
    defaults: { serviceImage: 'unused' },
    secretVersions: '',
    freshReads: 'barrier' as const,
    hasServiceMonitors: false,
    restoring: false,
  };
  let repaired = 0;
  const repairAll = async (object: KubernetesObject): Promise<void> => {
    const resource = resourceNameOf(object);
    const name = object.metadata?.name ?? '';
    const before = await cluster.appears(resource, namespace, name);
    // As the API server writes them: quantities change their form.
    for (const leaf of leaves(object).map(({ path }) => ({ path, value: at(before, path) }))) {
      if (!(await alter(object, leaf))) continue;
      await waitFor(`${object.kind} ${leaf.path.join('.')} is repaired`, async () => {
        const now = at(await cluster.get(resource, namespace, name), leaf.path);
        if (!isDeepStrictEqual(now, leaf.value)) throw new Error(`it is ${now}`);
        return true;
      });
      repaired += 1;
    }
  };
  await Promise.all(buildServiceObjects(kvstore, around).map(repairAll));
  t.log(`${repaired} fields were changed and repaired`);
  t.true(repaired > 80, `only ${repaired} fields could be changed`);
});

test('an object whose instance label somebody rewrote stays the KvStore that controls it', async (t) => {
  const namespace = await cluster.createNamespace();
  // Nothing but the watch leads to it.
  const environment = { KVSTORE_WATCH_NAMESPACES: namespace, KVSTORE_RESYNC_SECONDS: '86400' };
  await cluster.startOperator({ environment });
  await cluster.createKvStore(namespace, 'own');
  for (const resource of ['deployments', 'services'] as const) {
    await cluster.appears(resource, namespace, 'own');
    const label = 'app.kubernetes.io/instance';
    for (const change of [{ labels: { [label]: 'another' } }, { labels: { [label]: 'third', note: 'kept' } }]) {
      await cluster.patch(resource, namespace, 'own', { metadata: change });
      await waitFor(`the label of ${resource} is repaired`, async () => {
        const { metadata } = await cluster.get(resource, namespace, 'own');
        return metadata?.labels?.[label] === 'own';
      });
    }
  }
  t.pass();
});

test('an object that was deleted, or lost its labels or its owner, is put right', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.startOperator({ environment: { KVSTORE_WATCH_NAMESPACES: namespace } });
  const { metadata } = await cluster.createKvStore(namespace, 'lost');
  const first = await cluster.appears('services', namespace, 'lost');
  await cluster.admin.request('DELETE', pathOf(resources.services, namespace, 'lost'));
  await waitFor('there is another Service', async () => {
    const again = await cluster.get('services', namespace, 'lost');
    return again.metadata?.uid !== first.metadata?.uid;
  });
  await cluster.patch('services', namespace, 'lost', { metadata: { labels: null, ownerReferences: null } });
  // Without owner and labels nothing says whose it is.
  await waitFor('the conflict is noticed', async () => {
    const { status } = await cluster.get<typeof kvstoreShape>('kvStores', namespace, 'lost');
    return status.conditions.some(({ reason }) => reason === 'ObjectConflict');
  });
  const ownerReferences = [
    { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', name: 'lost', uid: metadata.uid, controller: true },
  ];
  await cluster.patch('services', namespace, 'lost', { metadata: { ownerReferences } });
  await waitFor('the labels are back', async () => {
    const { metadata: now } = await cluster.get('services', namespace, 'lost');
    return now?.labels?.['app.kubernetes.io/instance'] === 'lost';
  });
  t.pass();
});

declare const kvstoreShape: { status: { conditions: { reason: string }[] } };

test('idle: nothing is written, however often everything is looked at again', async (t) => {
  const namespace = await cluster.createNamespace();
  const operator = await cluster.startOperator({
    environment: { KVSTORE_RESYNC_SECONDS: '1', KVSTORE_WATCH_NAMESPACES: namespace },
  });
  await cluster.createKvStore(namespace, 'idle', {
    etcd: {},
    // Forms that the API server writes otherwise.
    resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { cpu: 1, memory: '2048Mi' } },
  });
  await cluster.appears('ingresses', namespace, 'idle');
  const settled = await waitFor('nothing changes', async () => {
    const before = await versions(namespace);
    await reconciles(operator, 2);
    if (!isDeepStrictEqual(await versions(namespace), before)) throw new Error('still changing');
    return before;
  });
  const [writesBefore, requestsBefore, startedAt] = [
    await writes(operator),
    await requests(operator),
    performance.now(),
  ];
  await reconciles(operator, 5);
  // A list and a watch of each kind a resync, and little more: at the default of ten minutes that is 180 calls an hour.
  const resyncs = (performance.now() - startedAt) / 1000 + 1;
  const made = (await requests(operator)) - requestsBefore;
  t.true(made <= 34 * resyncs, `${made} calls in ${resyncs} resyncs`);
  t.deepEqual(await versions(namespace), settled);
  t.is(await writes(operator), writesBefore);
});

/** The resource version of every object in a namespace that the operator has to do with. */
async function versions(namespace: string): Promise<Record<string, string | undefined>> {
  const lists = await Promise.all(
    Object.values(resources)
      .filter(({ kind }) => kind !== 'ServiceMonitor')
      .map((resource) => cluster.admin.request<{ items: AnyObject[] }>('GET', pathOf(resource, namespace))),
  );
  const objects = lists.flatMap(({ items }) => items);
  return Object.fromEntries(objects.map(({ metadata }) => [metadata?.uid, metadata?.resourceVersion]));
}

async function sumOf(operator: RunningOperator, pattern: RegExp): Promise<number> {
  const values = (await operator.metrics()).matchAll(pattern);
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
}

const writes = (operator: RunningOperator): Promise<number> =>
  sumOf(operator, /^rest_client_requests_total\{method="(?:PATCH|POST|PUT|DELETE)".*\} (\d+)$/gm);

const requests = (operator: RunningOperator): Promise<number> =>
  sumOf(operator, /^rest_client_requests_total\{.*\} (\d+)$/gm);

/** Waits until so many further reconciles have ended. */
async function reconciles(operator: RunningOperator, count: number): Promise<void> {
  const total = (): Promise<number> => sumOf(operator, /^controller_runtime_reconcile_total\{.*\} (\d+)$/gm);
  const start = await total();
  await waitFor(`${count} further reconciles`, async () => (await total()) >= start + count);
}
