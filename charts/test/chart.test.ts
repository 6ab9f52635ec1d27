/** The Helm chart installs what config/ installs. */
import { readFile } from 'node:fs/promises';
import {
  type KubernetesObject,
  loadAllYaml,
  loadYaml,
  type V1Deployment,
  type V1EnvVar,
} from '@kubernetes/client-node';
import { Ajv } from 'ajv';
import test from 'ava';
import { readConfig } from '../../operator/src/config.ts';
import { renderChart } from './support/render.ts';
import { renderTemplate } from './support/template.ts';

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

test('a digest behind the tag pins the image', async (t) => {
  const tag = `0.1.0@sha256:${'0'.repeat(64)}`;
  const image = { repository: 'registry.test/kvstore/operator', tag, pullPolicy: 'IfNotPresent' };
  t.true((await schemaOf())({ ...(await defaults()), image }));
  const objects = await renderChart(namespace, { image });
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as V1Deployment | undefined;
  t.is(deployment?.spec?.template.spec?.containers[0]?.image, `registry.test/kvstore/operator:${tag}`);
});

test('alerts are installed when asked for, and are those of dashboards/ with its thresholds and addresses', async (t) => {
  const rulesOf = (objects: readonly KubernetesObject[]) => objects.find(({ kind }) => kind === 'PrometheusRule');
  t.is(rulesOf(await renderChart(namespace)), undefined, 'a cluster may not know the kind');
  const { prometheusRule } = loadYaml<{ prometheusRule: { thresholds: object } }>(
    await read('charts/kvstore/values.yaml'),
  );
  const enabled = { ...prometheusRule, enabled: true, labels: { release: 'prometheus' } };
  const rule = rulesOf(await renderChart(namespace, { prometheusRule: enabled }));
  const generated = loadYaml<{ spec: object }>(await read('dashboards/generated/prometheus-rule.yaml'));
  t.like(rule, { metadata: { name: 'kvstore', namespace, labels: { release: 'prometheus' } } });
  t.deepEqual((rule as { spec?: object }).spec, generated.spec);

  const schema = JSON.parse(await read('charts/kvstore/values.schema.json'));
  const known = Object.keys(schema.properties.prometheusRule.properties.thresholds.properties);
  t.deepEqual(known.sort(), Object.keys(prometheusRule.thresholds).sort(), 'a wrong name of a threshold is refused');
  const monitorOf = (objects: readonly KubernetesObject[]) => objects.find(({ kind }) => kind === 'PodMonitor');
  const monitor = monitorOf(await renderChart(namespace, { prometheusRule: enabled }));
  const ours = loadYaml<KubernetesObject & { spec: object }>(await read('dashboards/operator-pod-monitor.yaml'));
  t.like(monitor, { metadata: { namespace, labels: { release: 'prometheus' } }, spec: ours.spec });
  t.is(monitorOf(await renderChart(namespace)), undefined);

  const thresholds = { ...prometheusRule.thresholds, lagRevisions: 4321 };
  const changed = { ...enabled, thresholds, runbooksUrl: 'https://runbooks.test', grafanaUrl: 'https://grafana.test' };
  const text = JSON.stringify(rulesOf(await renderChart(namespace, { prometheusRule: changed })));
  t.regex(text, /kvstore_index_lag_revisions\[5m\]\) > 4321"/);
  t.regex(text, /"https:\/\/runbooks\.test#kvstorereplicalag"/);
  t.regex(text, /"https:\/\/grafana\.test\/d\/kvstore-service\?var-namespace=\{\{ \$labels\.namespace \}\}/);
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

const schemaOf = async () =>
  new Ajv({ strict: false }).compile(JSON.parse(await read('charts/kvstore/values.schema.json')));
const defaults = async () => loadYaml<Record<string, unknown>>(await read('charts/kvstore/values.yaml'));

test('the schema takes the default values, knows each of them, and refuses wrong ones', async (t) => {
  const isValid = await schemaOf();
  const values = await defaults();
  t.true(isValid(values), JSON.stringify(isValid.errors));
  const { properties } = JSON.parse(await read('charts/kvstore/values.schema.json'));
  t.deepEqual(
    Object.keys(properties)
      .filter((name) => name !== 'global')
      .sort(),
    Object.keys(values).sort(),
  );
  const right = [
    { replicas: 3, watchNamespaces: ['shop', 'till'], refuseOpenStores: true },
    { env: [{ name: 'KVSTORE_SERVICE_IMAGE', value: 'x' }], limits: { hosts: '*.{namespace}.example.com' } },
    { tolerations: [{ key: 'a', operator: 'Exists' }], nodeSelector: { 'kubernetes.io/os': 'linux' } },
    { imagePullSecrets: [{ name: 'registry' }], resources: { limits: { cpu: 1, memory: '512Mi' } } },
  ];
  for (const value of right) t.true(isValid({ ...values, ...value }), JSON.stringify([value, isValid.errors]));
  const wrong = [
    { replica: 2 },
    { replicas: '2' },
    { replicas: -1 },
    { watchNamespaces: 'shop' },
    { watchNamespaces: ['Shop'] },
    { monitoringNamespaces: [''] },
    { refuseOpenStores: 'true' },
    { image: { repository: 'kvstore/operator', tag: 'a b' } },
    { image: { repository: 'kvstore/operator', tag: 'a', pullPolicy: 'Sometimes' } },
    { image: 'kvstore/operator:1' },
    { env: { KVSTORE_SERVICE_IMAGE: 'x' } },
    { env: [{ name: 'A', value: 1 }] },
    { limits: { hosts: ['a'] } },
    { limits: { host: 'a' } },
    { imagePullSecrets: ['registry'] },
    { nodeSelector: { a: true } },
    { resources: { limit: {} } },
  ];
  for (const value of wrong) t.false(isValid({ ...values, ...value }), JSON.stringify(value));
});

test('the notes say what to do next, and warn of open stores where they are allowed', async (t) => {
  const template = await read('charts/kvstore/templates/NOTES.txt');
  const notes = (values: object) => renderTemplate(template, { Values: values, Release: { Namespace: 'elsewhere' } });
  const values = await defaults();
  t.regex(notes(values), /kubectl logs -n elsewhere deployment\/kvstore-operator/);
  t.regex(notes(values), /open: every client/);
  t.notRegex(notes({ ...values, refuseOpenStores: true }), /open: every client/);
  const manifest = /<<END\n(.*?)\n *END/s.exec(notes(values))?.[1] ?? '';
  t.like(loadYaml(manifest.replaceAll(/^ {2}/gm, '')), { kind: 'KvStore', spec: { etcd: {} } });
});
