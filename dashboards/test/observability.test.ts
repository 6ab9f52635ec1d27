/**
 * config/observability as a cluster would take it: rendered, accepted by a real API server, its pods within the
 * restricted profile, its parts naming each other rightly. The images themselves are not run here.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type KubernetesObject,
  loadAllYaml,
  loadYaml,
  type V1ConfigMap,
  type V1Deployment,
  type V1Service,
} from '@kubernetes/client-node';
import test from 'ava';
import { KubeError } from '../../operator/src/kube/kube-error.ts';
import { type Cluster, startCluster } from '../../operator/test/support/cluster.ts';
import { needBinary } from '../../test-support/programs/binaries.ts';

const folder = 'config/observability';
const namespace = 'kvstore-observability';
const run = promisify(execFile);

let cluster: Cluster;
let objects: readonly KubernetesObject[];
test.before(async () => {
  cluster = await startCluster();
  objects = loadAllYaml(await cluster.kubectl('kustomize', folder)) as KubernetesObject[];
});
test.after.always(() => cluster?.stop());

function ofKind<T extends KubernetesObject>(kind: string): readonly T[] {
  return objects.filter((object) => object.kind === kind) as T[];
}

/** The text of a file in the ConfigMap whose generated name begins so. */
function file(configMap: string, name: string): string {
  const found = ofKind<V1ConfigMap>('ConfigMap').find(({ metadata }) => metadata?.name?.startsWith(`${configMap}-`));
  const text = found?.data?.[name];
  if (text === undefined) throw new Error(`${configMap} has no ${name}`);
  return text;
}

test('the API server takes it all, and the pods are within the restricted profile of their namespace', async (t) => {
  const [own] = ofKind('Namespace');
  await cluster.admin.request('POST', '/api/v1/namespaces', { body: own });
  const done = await cluster.kubectl('apply', '--server-side', '--dry-run=server', '-k', folder);
  t.is(done.match(/serverside-applied/g)?.length, objects.length);

  const deployments = ofKind<V1Deployment>('Deployment');
  t.is(deployments.length, 4);
  const create = (spec: object) =>
    cluster.admin.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
      query: { dryRun: 'All', fieldValidation: 'Strict' },
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'of-template' }, spec },
    });
  for (const { metadata, spec } of deployments) {
    await t.notThrowsAsync(create(spec?.template.spec ?? {}), metadata?.name);
  }
  const loose = { containers: [{ name: 'loose', image: 'loose:1' }] };
  const error = await t.throwsAsync(create(loose), { instanceOf: KubeError });
  t.is(error?.status, 403, 'the profile is enforced');
});

test('every image has a version and its digest, every ConfigMap that is mounted exists, and no Secret or claim is needed', (t) => {
  const configMaps = new Set(ofKind('ConfigMap').map(({ metadata }) => metadata?.name));
  for (const { spec } of ofKind<V1Deployment>('Deployment')) {
    const pod = spec?.template.spec;
    for (const { image } of pod?.containers ?? [])
      t.regex(image ?? '', /^[\w./-]+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/);
    for (const { name, configMap, emptyDir } of pod?.volumes ?? []) {
      if (emptyDir === undefined) t.true(configMaps.has(configMap?.name), name);
    }
    const volumes = new Set(pod?.volumes?.map(({ name }) => name));
    for (const { name } of pod?.containers.flatMap(({ volumeMounts = [] }) => volumeMounts) ?? []) {
      t.true(volumes.has(name), name);
    }
  }
});

test('every Service leads to a port of a pod', (t) => {
  const templates = ofKind<V1Deployment>('Deployment').map(({ spec }) => spec?.template);
  const services = ofKind<V1Service>('Service');
  t.is(services.length, 4);
  for (const { metadata, spec } of services) {
    const selector = Object.entries(spec?.selector ?? {});
    const pods = templates.filter((pod) => selector.every(([key, value]) => pod?.metadata?.labels?.[key] === value));
    t.is(pods.length, 1, metadata?.name);
    const ports = pods.flatMap((pod) => pod?.spec?.containers.flatMap((container) => container.ports ?? []) ?? []);
    for (const { port, targetPort } of spec?.ports ?? []) {
      t.true(
        ports.some((each) => each.name === targetPort && each.containerPort === port),
        `${metadata?.name}:${port}`,
      );
    }
  }
});

/** Of the addresses in a text: hosts and ports that this folder's Services have. */
function serves(address: string): boolean {
  const [host, port] = address.replace(/^https?:\/\//, '').split(':');
  return ofKind<V1Service>('Service').some(
    ({ metadata, spec }) =>
      [metadata?.name, `${metadata?.name}.${namespace}`].includes(host) &&
      spec?.ports?.some((each) => String(each.port) === port),
  );
}

interface PrometheusConfig {
  readonly scrape_config_files: readonly string[];
  readonly scrape_configs: readonly { readonly kubernetes_sd_configs?: unknown }[];
  readonly rule_files: readonly string[];
}

test('promtool accepts the configuration of Prometheus, with the scrape configuration and the rules it names', async (t) => {
  const config = loadYaml<PrometheusConfig>(file('prometheus', 'prometheus.yml'));
  t.deepEqual(config.scrape_config_files, ['/etc/kvstore/scrape.yaml']);
  t.deepEqual(config.rule_files, ['/etc/kvstore/rules.yaml']);
  const [{ spec } = {}] = ofKind<V1Deployment>('Deployment').filter(({ metadata }) => metadata?.name === 'prometheus');
  const mounts = spec?.template.spec?.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath);
  t.deepEqual(mounts, ['/etc/prometheus', '/etc/kvstore', '/prometheus']);

  const scrape = loadYaml<Pick<PrometheusConfig, 'scrape_configs'>>(file('kvstore-prometheus', 'scrape.yaml'));
  const all = [...config.scrape_configs, ...scrape.scrape_configs];
  for (const job of all) t.truthy(job.kubernetes_sd_configs);
  const temporary = await mkdtemp(join(tmpdir(), 'kvstore-observability-'));
  t.teardown(() => rm(temporary, { recursive: true, force: true }));
  await writeFile(join(temporary, 'rules.yaml'), file('kvstore-prometheus', 'rules.yaml'));
  // Debian's promtool knows neither files of scrape configurations nor discovery in Kubernetes; the rest it checks.
  const { scrape_config_files: _, ...rest } = config;
  const jobs = all.map(({ kubernetes_sd_configs: __, ...job }) => ({ ...job, static_configs: [] }));
  const known = { ...rest, scrape_configs: jobs, rule_files: ['rules.yaml'] };
  await writeFile(join(temporary, 'prometheus.yml'), JSON.stringify(known));
  // More than the syntax would look for the pod's own token.
  const args = ['check', 'config', '--syntax-only', join(temporary, 'prometheus.yml')];
  await t.notThrowsAsync(run(needBinary('promtool'), args));
});

interface CollectorConfig {
  readonly extensions: Readonly<Record<string, { readonly endpoint: string }>>;
  readonly receivers: {
    readonly otlp: { readonly protocols: Readonly<Record<string, { readonly endpoint: string }>> };
  };
  readonly processors: object;
  readonly exporters: Readonly<Record<string, { readonly endpoint?: string }>>;
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: { readonly traces: Readonly<Record<'receivers' | 'processors' | 'exporters', string[]>> };
  };
}

test('the collector listens where the sample sends, uses what it declares, and sends to Jaeger', async (t) => {
  const config = loadYaml<CollectorConfig>(file('collector', 'collector.yaml'));
  const { traces } = config.service.pipelines;
  t.deepEqual(Object.keys(config.service.pipelines), ['traces']);
  t.deepEqual(traces.receivers, Object.keys(config.receivers));
  t.deepEqual(traces.processors, Object.keys(config.processors));
  t.is(traces.processors[0], 'memory_limiter', 'before anything is kept');
  t.deepEqual(traces.exporters, Object.keys(config.exporters));
  t.deepEqual(config.service.extensions, Object.keys(config.extensions));
  for (const { endpoint } of Object.values(config.exporters)) if (endpoint !== undefined) t.true(serves(endpoint));
  const listening = Object.values(config.receivers.otlp.protocols).map(({ endpoint }) => endpoint.split(':')[1]);
  t.true(listening.every((port) => serves(`collector:${port}`)));

  const sample = loadYaml<{ spec: { env: { name: string; value: string }[] } }>(
    await cluster.kubectl('create', '--dry-run=client', '-o', 'yaml', '-f', 'config/samples/traced.yaml'),
  );
  const value = (name: string) => sample.spec.env.find((each) => each.name === name)?.value ?? '';
  const endpoint = value('OTEL_EXPORTER_OTLP_ENDPOINT');
  t.true(serves(endpoint), endpoint);
  t.is(new URL(endpoint).port, config.receivers.otlp.protocols.http?.endpoint.split(':')[1] ?? '', 'OTLP over HTTP');
});

interface Datasource {
  readonly uid: string;
  readonly url: string;
  readonly isDefault?: boolean;
  readonly jsonData?: { readonly exemplarTraceIdDestinations: readonly { name: string; datasourceUid: string }[] };
}

test('Grafana finds its data sources and the dashboards; an exemplar leads to its trace', (t) => {
  const { datasources } = loadYaml<{ datasources: Datasource[] }>(file('grafana-datasources', 'datasources.yaml'));
  for (const { url } of datasources) t.true(serves(url), url);
  t.is(datasources.filter(({ isDefault }) => isDefault).length, 1);
  const links = datasources.flatMap(({ jsonData }) => jsonData?.exemplarTraceIdDestinations ?? []);
  t.deepEqual(links, [{ name: 'trace_id', datasourceUid: 'jaeger' }]);
  t.true(datasources.some(({ uid }) => uid === 'jaeger'));
  const { providers } = loadYaml<{ providers: { options: { path: string } }[] }>(
    file('grafana-dashboards', 'dashboards.yaml'),
  );
  const [{ spec } = {}] = ofKind<V1Deployment>('Deployment').filter(({ metadata }) => metadata?.name === 'grafana');
  const mounts = spec?.template.spec?.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath);
  t.true(mounts?.includes(providers[0]?.options.path ?? ''));
  for (const name of ['fleet', 'service', 'rollout', 'operator']) {
    t.is(JSON.parse(file('kvstore-dashboards', `kvstore-${name}.json`)).uid, `kvstore-${name}`);
  }
});
