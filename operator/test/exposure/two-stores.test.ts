/** Two stores, one door: against a real API server, with an Ingress controller that the test plays. */
import { createServer } from 'node:http';
import type { V1Ingress } from '@kubernetes/client-node';
import test from 'ava';
import { listen } from '../../../test-support/network/listen.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { pathOf, resources } from '../../src/kube/resources.ts';
import type { KvStore } from '../../src/kvstore.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { waitForCondition } from '../support/conditions.ts';

let cluster: Cluster;
/** What the Ingress controller answers, by host; undefined: 404. */
const routes = new Map<string, string>();
const door = createServer((request, response) => {
  const identity = routes.get(request.headers.host ?? '');
  response.writeHead(
    identity === undefined ? 404 : 200,
    identity === undefined ? {} : { 'KvStore-Identity': identity },
  );
  response.end();
});

test.before(async () => {
  const port = await listen(door);
  cluster = await startCluster();
  const ingressClass = (name: string) =>
    cluster.admin.request('POST', '/apis/networking.k8s.io/v1/ingressclasses', {
      body: { metadata: { name }, spec: { controller: 'example.com/asked' } },
    });
  await Promise.all(['asked', 'foreign', 'tls'].map(ingressClass));
  const environment = { KVSTORE_INGRESS_URLS: `asked=http://127.0.0.1:${port}`, KVSTORE_RESYNC_SECONDS: '600' };
  await cluster.startOperator({ environment });
});
test.after.always(async () => {
  await cluster?.stop();
  door.closeAllConnections();
  door.close();
});

/** What the Deployment's own controller would say. */
async function serve(namespace: string, name: string): Promise<void> {
  const { metadata } = await cluster.appears('deployments', namespace, name);
  const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
  await cluster.patch(
    'deployments',
    namespace,
    name,
    { status: { ...counts, observedGeneration: metadata?.generation } },
    'status',
  );
}

/** What the Ingress controller would say. */
async function accept(namespace: string, name: string): Promise<void> {
  await cluster.appears('ingresses', namespace, name);
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
  await cluster.patch('ingresses', namespace, name, { status }, 'status');
}

function exposed(namespace: string, name: string, status: 'True' | 'False' | 'Unknown', reason: string) {
  return waitForCondition(cluster, namespace, name, { type: 'Exposed', status, reason });
}

function remove(resource: keyof typeof resources, namespace: string, name: string): Promise<unknown> {
  return cluster.admin.request('DELETE', pathOf(resources[resource], namespace, name));
}

async function eventReasons(namespace: string, name: string): Promise<string[]> {
  const { items } = await cluster.admin.request<{ items: { reason: string; regarding: { name: string } }[] }>(
    'GET',
    `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  );
  return items.filter(({ regarding }) => regarding.name === name).map(({ reason }) => reason);
}

test.serial('the second store without a host gets no route, and gets it when the first is gone', async (t) => {
  const [one, two] = [await cluster.createNamespace(), await cluster.createNamespace()];
  const spec = { etcd: {}, ingress: {} };
  await cluster.createKvStore(one, 'first', spec);
  await serve(one, 'first');
  await exposed(one, 'first', 'Unknown', 'NotReported');
  await accept(one, 'first');
  await exposed(one, 'first', 'True', 'IngressAccepted');

  await cluster.createKvStore(two, 'second', spec);
  await serve(two, 'second');
  const condition = await exposed(two, 'second', 'False', 'HostTaken');
  t.regex(condition.message, new RegExp(`KvStore ${one}/first`));
  await waitForCondition(cluster, two, 'second', { type: 'Degraded', status: 'True', reason: 'HostTaken' });
  await waitForCondition(cluster, two, 'second', { type: 'Stalled', status: 'True', reason: 'HostTaken' });
  await waitForCondition(cluster, two, 'second', { type: 'Ready', status: 'True', reason: 'AllReplicasAvailable' });
  t.false(await cluster.has('ingresses', two, 'second'));
  t.true(await cluster.has('ingresses', one, 'first'));
  await waitFor('an Event', async () => (await eventReasons(two, 'second')).includes('HostTaken'));

  await remove('kvStores', one, 'first');
  // No garbage collector runs here.
  await remove('ingresses', one, 'first');
  await accept(two, 'second');
  await exposed(two, 'second', 'True', 'IngressAccepted');
  await waitFor('the end is told', async () => (await eventReasons(two, 'second')).includes('Recovered'));
  await remove('kvStores', two, 'second');
});

test.serial('a store that takes the host of another over loses its own route and gets no other', async (t) => {
  const namespace = await cluster.createNamespace();
  const spec = (host: string) => ({ etcd: {}, ingress: { host } });
  await cluster.createKvStore(namespace, 'a', spec('a.test'));
  await cluster.createKvStore(namespace, 'b', spec('b.test'));
  await accept(namespace, 'a');
  await accept(namespace, 'b');
  await cluster.patch('kvStores', namespace, 'a', { spec: { ingress: { host: 'b.test' } } });
  await exposed(namespace, 'a', 'False', 'HostTaken');
  await cluster.disappears('ingresses', namespace, 'a');
  t.is((await cluster.get<KvStore>('kvStores', namespace, 'a')).status?.url, `http://a.${namespace}.svc:8080/`);
  t.is((await cluster.get<V1Ingress>('ingresses', namespace, 'b')).spec?.rules?.[0]?.host, 'b.test');
});

test.serial(
  'an Ingress that lost its owner reference, as one from a backup, does not take the host from its store',
  async (t) => {
    const namespace = await cluster.createNamespace();
    await cluster.createKvStore(namespace, 'shop');
    await accept(namespace, 'shop');
    await exposed(namespace, 'shop', 'False', 'NoReplica');
    const { metadata } = await cluster.get('ingresses', namespace, 'shop');
    await cluster.patch('ingresses', namespace, 'shop', { metadata: { ownerReferences: null } });
    await waitForCondition(cluster, namespace, 'shop', { type: 'Degraded', status: 'True', reason: 'ObjectConflict' });
    t.is((await cluster.get('ingresses', namespace, 'shop')).metadata?.uid, metadata?.uid);
    await cluster.patch('ingresses', namespace, 'shop', { metadata: { ownerReferences: metadata?.ownerReferences } });
    await exposed(namespace, 'shop', 'False', 'NoReplica');
    await waitForCondition(cluster, namespace, 'shop', { type: 'Progressing', status: 'True', reason: 'RollingOut' });
    t.false((await eventReasons(namespace, 'shop')).includes('HostTaken'));
  },
);

test.serial('an Ingress of somebody else has the host', async (t) => {
  const namespace = await cluster.createNamespace();
  const backend = { service: { name: 'site', port: { number: 80 } } };
  const rules = [{ host: 'site.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  await cluster.admin.request('POST', pathOf(resources.ingresses, namespace), {
    body: { metadata: { name: 'site' }, spec: { ingressClassName: 'foreign', rules } },
  });
  await cluster.createKvStore(namespace, 'shop', { etcd: {}, ingress: { host: 'site.test', className: 'foreign' } });
  t.regex((await exposed(namespace, 'shop', 'False', 'HostTaken')).message, /Ingress .*\/site/);
  t.false(await cluster.has('ingresses', namespace, 'shop'));
});

test.serial("no route leads to a Service that is somebody else's", async (t) => {
  const namespace = await cluster.createNamespace();
  const body = { metadata: { name: 'shop' }, spec: { ports: [{ port: 1234 }] } };
  await cluster.admin.request('POST', pathOf(resources.services, namespace), { body });
  await cluster.createKvStore(namespace, 'shop');
  await exposed(namespace, 'shop', 'False', 'ServiceConflict');
  t.false(await cluster.has('ingresses', namespace, 'shop'));
  t.is((await cluster.get<KvStore>('kvStores', namespace, 'shop')).status?.url, undefined);
  await remove('services', namespace, 'shop');
  await cluster.appears('ingresses', namespace, 'shop');
});

test.serial('a class that is not there, and a Secret that is not there', async (t) => {
  const namespace = await cluster.createNamespace();
  const tls = { secretName: 'shop-tls' };
  await cluster.createKvStore(namespace, 'shop', { etcd: {}, ingress: { host: 's.test', className: 'none', tls } });
  await serve(namespace, 'shop');
  t.regex((await exposed(namespace, 'shop', 'False', 'IngressClassNotFound')).message, /none/);
  await cluster.patch('kvStores', namespace, 'shop', { spec: { ingress: { className: 'tls' } } });
  t.regex((await exposed(namespace, 'shop', 'False', 'TlsSecretNotFound')).message, /shop-tls/);
  await waitForCondition(cluster, namespace, 'shop', { type: 'Degraded', status: 'True', reason: 'TlsSecretNotFound' });
  await cluster.admin.request('POST', pathOf(resources.secrets, namespace), {
    body: { metadata: { name: 'shop-tls' } },
  });
  await accept(namespace, 'shop');
  await exposed(namespace, 'shop', 'True', 'IngressAccepted');
  t.pass();
});

test.serial('exposed is only what answers with its own identity', async (t) => {
  const namespace = await cluster.createNamespace();
  const host = 'asked.test';
  await cluster.createKvStore(namespace, 'shop', { etcd: {}, ingress: { host, className: 'asked' } });
  await serve(namespace, 'shop');
  await exposed(namespace, 'shop', 'False', 'RouteNotAnswering');
  await waitForCondition(cluster, namespace, 'shop', { type: 'Reconciling', status: 'True', reason: 'Exposing' });
  routes.set(host, 'somebody/else/1');
  t.regex((await exposed(namespace, 'shop', 'False', 'OtherStoreAnswers')).message, /somebody\/else\/1/);
  const { status } = await cluster.get<KvStore>('kvStores', namespace, 'shop');
  routes.set(host, status?.identity ?? '');
  await exposed(namespace, 'shop', 'True', 'RouteAnswers');
  await waitForCondition(cluster, namespace, 'shop', { type: 'Progressing', status: 'False', reason: 'Settled' });
});
