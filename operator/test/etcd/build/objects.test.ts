import test from 'ava';
import { etcdConfigMap } from '../../../src/etcd/build/config-map.ts';
import { etcdDisruptionBudget } from '../../../src/etcd/build/disruption-budget.ts';
import { etcdHeadlessService } from '../../../src/etcd/build/headless-service.ts';
import { ofKvStore } from '../../../src/etcd/build/member-config.ts';
import { etcdNetworkPolicy } from '../../../src/etcd/build/network-policy.ts';
import { etcdPodTemplate } from '../../../src/etcd/build/pod-template.ts';
import { etcdStatefulSet } from '../../../src/etcd/build/stateful-set.ts';
import { etcdNames, stateAnnotation, templateAnnotation } from '../../../src/etcd/names.ts';
import type { EtcdState } from '../../../src/etcd/state.ts';
import type { EtcdSpec } from '../../../src/kvstore.ts';
import { kvstoreWith } from '../samples.ts';

const kvstore = kvstoreWith();
const names = etcdNames(kvstore);
const image = 'registry.k8s.io/etcd:v3.6.16';
const etcd: EtcdSpec = { members: 3, storage: { size: '10Gi' }, retentionPolicy: 'Retain' };
const own = { token: 'token', memoryBytes: 2 ** 31 };
const state: EtcdState = { volumeBytes: 10 * 2 ** 30, members: { 0: { gate: 'seed' }, 1: { gate: 'closed' } } };

function configOf(member: EtcdState['members'][string]): Record<string, unknown> {
  const map = etcdConfigMap(names, { ...state, members: { 0: member } }, own, undefined);
  return JSON.parse(map.data?.['shop-etcd-0.yaml'] ?? '');
}

test('a seed may bootstrap, of itself alone', (t) => {
  t.like(configOf({ gate: 'seed' }), {
    'initial-cluster-state': 'new',
    'initial-cluster': 'shop-etcd-0=https://shop-etcd-0.shop-etcd.team.svc:2380',
    'initial-cluster-token': 'token',
  });
});

test('a closed gate has no peer to join', (t) => {
  t.like(configOf({ gate: 'closed', initialCluster: 'left=over' }), {
    'initial-cluster-state': 'existing',
    'initial-cluster': 'shop-etcd-0=https://shop-etcd-0.shop-etcd.team.svc:2380',
  });
});

test('an open gate names the members to join', (t) => {
  t.like(configOf({ gate: 'join', initialCluster: 'all=of-them' }), {
    'initial-cluster-state': 'existing',
    'initial-cluster': 'all=of-them',
    'max-txn-ops': 10_000,
    'max-request-bytes': 8_388_608,
    'auto-compaction-mode': 'periodic',
  });
});

test('the ConfigMap is applied over the version it was read at', (t) => {
  t.is(etcdConfigMap(names, state, own, '42').metadata?.resourceVersion, '42');
  t.false('resourceVersion' in (etcdConfigMap(names, state, own, undefined).metadata ?? {}));
  t.deepEqual(JSON.parse(etcdConfigMap(names, state, own, '1').metadata?.annotations?.[stateAnnotation] ?? ''), state);
});

test('pods are restricted, probe locally, and do without a token', (t) => {
  const { spec } = etcdPodTemplate(names, kvstore, state, image, 'trust');
  const [container] = spec?.containers ?? [];
  t.is(spec?.automountServiceAccountToken, false);
  t.like(spec?.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  t.deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  t.is(container?.livenessProbe?.httpGet?.path, '/livez');
  t.is(container?.readinessProbe?.httpGet?.path, '/readyz');
  t.truthy(container?.resources?.requests);
  t.truthy(container?.resources?.limits);
});

test('the template changes with the image, the settings and what is trusted, not with gates or members', (t) => {
  const hash = (changed: EtcdState, of = image, trust = 'trust') =>
    etcdPodTemplate(names, kvstore, changed, of, trust).metadata?.annotations?.[templateAnnotation];
  t.is(hash(state), hash({ ...state, clusterId: 'c', members: { 0: { gate: 'closed', id: '1', claim: 'u' } } }));
  t.not(hash(state), hash({ ...state, volumeBytes: 5 * 2 ** 30 }));
  t.not(hash(state), hash(state, 'registry.k8s.io/etcd:v3.6.17'));
  t.not(hash(state), hash(state, image, 'another authority'));
});

test('with the memory changes what a member keeps in it', (t) => {
  const limits = (memory?: string) => ({
    ...kvstore.spec,
    etcd: { ...etcd, resources: { limits: { cpu: '1', ...(memory === undefined ? {} : { memory }) } } },
  });
  const of = (memory?: string) => {
    const spec = limits(memory);
    const template = etcdPodTemplate(names, { spec }, state, image, 'trust');
    const map = etcdConfigMap(names, state, ofKvStore({ ...kvstore, spec }), undefined);
    const { 'snapshot-catchup-entries': entries } = JSON.parse(map.data?.['shop-etcd-0.yaml'] ?? '');
    const variable = template.spec?.containers[0]?.env?.find(({ name }) => name === 'GOMEMLIMIT');
    return { entries, limit: variable?.value, hash: template.metadata?.annotations?.[templateAnnotation] };
  };
  t.like(of('2Gi'), { entries: 512, limit: '1717986918' });
  t.like(of('512Mi'), { entries: 128, limit: '429496729' });
  t.like(of('0.5Gi'), { entries: 128, limit: '429496729' });
  for (const none of [undefined, '0', '0Gi']) t.like(of(none), { entries: 1000, limit: undefined });
  t.not(of('2Gi').hash, of('512Mi').hash);
});

test('the StatefulSet keeps the claim template it has', (t) => {
  const template = etcdPodTemplate(names, kvstore, state, image, 'trust');
  const first = etcdStatefulSet(names, etcd, state, template, undefined);
  const larger = { ...etcd, storage: { size: '20Gi', className: 'fast' } };
  const second = etcdStatefulSet(names, larger, state, template, first);
  t.deepEqual(second.spec?.volumeClaimTemplates, first.spec?.volumeClaimTemplates);
  t.is(first.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage, '10Gi');
});

test('the StatefulSet restarts nothing itself, and volumes follow the retention policy', (t) => {
  const template = etcdPodTemplate(names, kvstore, state, image, 'trust');
  const { spec } = etcdStatefulSet(names, { ...etcd, retentionPolicy: 'Delete' }, state, template, undefined);
  t.like(spec, {
    replicas: 2,
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
  });
});

test('one member has no disruption budget, more have one', (t) => {
  t.is(etcdDisruptionBudget(names, 1), undefined);
  t.is(etcdDisruptionBudget(names, 3)?.spec?.maxUnavailable, 1);
});

test('members that are not ready have addresses', (t) => {
  t.like(etcdHeadlessService(names).spec, { clusterIP: 'None', publishNotReadyAddresses: true });
});

test('only members reach the peer port', (t) => {
  const peers = etcdNetworkPolicy(names, 'shop', { monitoringNamespaces: [] }).spec.ingress.filter(({ ports }) =>
    JSON.stringify(ports).includes('2380'),
  );
  t.is(peers.length, 1);
  t.deepEqual(peers[0]?.from, [{ podSelector: { matchLabels: names.selector } }]);
});
