/** spec.paused stops changing, not looking. */
import type { KubernetesObject } from '@kubernetes/client-node';
import test from 'ava';
import type { MemberClient, ReconcileEtcd } from '../src/etcd/contract.ts';
import type { KvStore } from '../src/kvstore.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { waitForCondition } from './support/conditions.ts';
import { settled } from './support/fake-etcd.ts';

let cluster: Cluster;
let ready = 3;
const changes: string[] = [];

const identity = { ca: '', certificate: '', key: '' };

/** Does everything that the etcd side may do, and says how many members are ready. */
const busyEtcd: ReconcileEtcd = async ({ metadata: { namespace, name }, spec }, _objects, tools) => {
  const metadata = { name: `${name}-etcd`, namespace, labels: { seen: String(ready) } };
  await tools.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata } as KubernetesObject);
  await tools.deletePod(namespace, 'none', 'none');
  await tools.deleteClaim(namespace, 'none', 'none');
  tools.event('Normal', 'EtcdStep', 'a step');
  const member = tools.member(`${name}-etcd-0`, identity);
  await member.memberRemove('1');
  await member.changeAccess({ kind: 'enable' } as unknown as Parameters<MemberClient['changeAccess']>[0]);
  const degraded = ready < 2;
  return {
    ...settled(spec.etcd?.members ?? 0),
    readyMembers: ready,
    degraded,
    reason: degraded ? 'EtcdQuorumLost' : 'EtcdReady',
  };
};

test.before(async () => {
  cluster = await startCluster();
  const member = new Proxy({} as MemberClient, { get: (_, call) => async () => void changes.push(String(call)) });
  await cluster.startOperator({
    reconcileEtcd: busyEtcd,
    memberAccess: () => member,
    environment: { KVSTORE_RESYNC_SECONDS: '1' },
  });
});
test.after.always(() => cluster?.stop());

test('a paused KvStore says what is wrong with its etcd and its pods, and nothing is changed', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'still');
  await cluster.appears('ingresses', namespace, 'still');
  await cluster.patch('kvStores', namespace, 'still', { spec: { paused: true, replicas: 5 } });
  await waitForCondition(cluster, namespace, 'still', { type: 'Progressing', status: 'False', reason: 'Paused' });
  const before = (await cluster.get('configMaps', namespace, 'still-etcd')).metadata?.resourceVersion;
  changes.length = 0;
  ready = 0;
  await waitForCondition(cluster, namespace, 'still', { type: 'Degraded', status: 'True', reason: 'EtcdQuorumLost' });
  await waitForCondition(cluster, namespace, 'still', { type: 'Ready', status: 'False', reason: 'EtcdUnavailable' });
  const { status } = await cluster.get<KvStore>('kvStores', namespace, 'still');
  t.like(status?.etcd, { members: 3, readyMembers: 0 });
  t.deepEqual(changes, []);
  t.is((await cluster.get('configMaps', namespace, 'still-etcd')).metadata?.resourceVersion, before);
  t.is((await cluster.get<{ spec: { replicas: number } }>('deployments', namespace, 'still')).spec.replicas, 3);
  await cluster.patch('kvStores', namespace, 'still', { spec: { paused: false } });
  await waitForCondition(cluster, namespace, 'still', { type: 'Progressing', status: 'True', reason: 'RollingOut' });
  t.true(changes.length > 0);
});
