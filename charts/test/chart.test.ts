/** The Helm chart installs what config/ installs. */
import { readFile } from 'node:fs/promises';
import { type KubernetesObject, loadAllYaml, type V1Deployment, type V1EnvVar } from '@kubernetes/client-node';
import test from 'ava';
import { readConfig } from '../../operator/src/config.ts';
import { renderChart } from './support/render.ts';

const namespace = 'kvstore-system';
const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Fields that say nothing, as the pod's empty node selector, are left out. */
const comparable = (objects: readonly KubernetesObject[]) =>
  objects
    .map((object) => JSON.parse(JSON.stringify(object, (_key, value) => (isEmpty(value) ? undefined : value))))
    .map((object) => [`${object.kind} ${object.metadata.name}`, object] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

test('with default values it is config/, but for the namespace, which Helm creates', async (t) => {
  const installed = (loadAllYaml(await read('config/kvstore.yaml')) as KubernetesObject[]).filter(
    ({ kind }) => kind !== 'Namespace',
  );
  t.true(installed.length > 5);
  t.deepEqual(comparable(await renderChart(namespace)), comparable(installed));
});

test('another namespace is used throughout', async (t) => {
  const objects = await renderChart('elsewhere');
  t.notRegex(JSON.stringify(objects), /kvstore-system/);
  t.regex(JSON.stringify(objects), /"namespace":"elsewhere"/);
});

test('a list of namespaces gives rights in these alone, and the operator looks at no other', async (t) => {
  const objects = await renderChart(namespace, { watchNamespaces: ['shop', 'till'] });
  t.deepEqual(
    objects.filter(({ kind }) => kind === 'ClusterRoleBinding'),
    [],
  );
  const bindings = objects.filter(
    ({ kind, metadata }) => kind === 'RoleBinding' && metadata?.name === 'kvstore-operator',
  );
  t.deepEqual(
    bindings.map(({ metadata }) => metadata?.namespace),
    ['shop', 'till'],
  );
  for (const binding of bindings) {
    t.like(binding, {
      roleRef: { kind: 'ClusterRole', name: 'kvstore-operator' },
      subjects: [{ kind: 'ServiceAccount', name: 'kvstore-operator', namespace }],
    });
  }
  t.like(settingOf(objects, 'KVSTORE_WATCH_NAMESPACES'), { value: 'shop,till,' });
  t.deepEqual(readConfig({ KVSTORE_WATCH_NAMESPACES: 'shop,till,' }, { version: '1', hostName: 'a' }).namespaces, [
    'shop',
    'till',
  ]);
});

test('metrics are for the monitoring namespaces alone, when there are such', async (t) => {
  const policyOf = (objects: readonly KubernetesObject[]) => objects.find(({ kind }) => kind === 'NetworkPolicy');
  const ports = [{ protocol: 'TCP', port: 8081 }];
  t.like(policyOf(await renderChart(namespace)), { spec: { ingress: [{ ports }] } });
  const objects = await renderChart(namespace, { monitoringNamespaces: ['monitoring'] });
  const from = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }];
  // As client-node's YAML reader names it.
  t.like(policyOf(objects), { spec: { ingress: [{ ports, _from: from }] } });
  t.like(settingOf(objects, 'KVSTORE_MONITORING_NAMESPACES'), { value: 'monitoring,' });
});

test('limits and the demand for a host or tokens are values', async (t) => {
  const objects = await renderChart(namespace, { limits: { hosts: '*.shop.test' }, refuseOpenStores: true });
  t.like(
    objects.find(({ kind }) => kind === 'ConfigMap'),
    { metadata: { name: 'kvstore-limits', namespace }, data: { hosts: '*.shop.test' } },
  );
  t.like(settingOf(objects, 'KVSTORE_OPEN_STORES'), { value: 'refused' });
});

test('a digest takes the place of the tag', async (t) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const image = { repository: 'registry.test/kvstore/operator', tag: '0.1.0', digest, pullPolicy: 'IfNotPresent' };
  const objects = await renderChart(namespace, { image });
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as V1Deployment | undefined;
  t.is(deployment?.spec?.template.spec?.containers[0]?.image, `registry.test/kvstore/operator@${digest}`);
});

function settingOf(objects: readonly KubernetesObject[], name: string): V1EnvVar | undefined {
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as V1Deployment | undefined;
  return deployment?.spec?.template.spec?.containers[0]?.env?.find((variable) => variable.name === name);
}

test('chart, operator and image have the same version', async (t) => {
  const { version } = JSON.parse(await read('operator/package.json'));
  const chart = await read('charts/kvstore/Chart.yaml');
  t.regex(chart, new RegExp(`^version: ${version}$`, 'm'));
  t.regex(chart, new RegExp(`^appVersion: ${version}$`, 'm'));
  for (const part of ['service', 'operator']) {
    t.regex(await read(`Dockerfile.${part}`), new RegExp(`^ARG VERSION=${version}$`, 'm'));
  }
  t.regex(await read('charts/kvstore/values.yaml'), new RegExp(`^ {2}tag: ${version}$`, 'm'));
});
