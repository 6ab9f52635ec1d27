import test from 'ava';
import { buildDeployment } from '../../src/desired/deployment.ts';
import { buildServiceObjects } from '../../src/desired/desired.ts';
import { buildDisruptionBudget } from '../../src/desired/disruption-budget.ts';
import { buildIngress, urlOf } from '../../src/desired/ingress.ts';
import { defaultNames } from '../../src/desired/labels.ts';
import { buildNetworkPolicy } from '../../src/desired/network-policy.ts';
import { buildService, nativeAnnotation } from '../../src/desired/service.ts';
import { buildServiceAccount } from '../../src/desired/service-account.ts';
import { buildServiceMonitor } from '../../src/desired/service-monitor.ts';
import { etcdHeadlessService } from '../../src/etcd/build/headless-service.ts';
import { etcdNetworkPolicy } from '../../src/etcd/build/network-policy.ts';
import { etcdNames } from '../../src/etcd/names.ts';
import type { KvStore, KvStoreSpec } from '../../src/kvstore.ts';
import { kvStore } from '../support/kvstore.ts';

const selector = {
  'app.kubernetes.io/name': 'kvstore',
  'app.kubernetes.io/instance': 'shop',
  'app.kubernetes.io/component': 'service',
};

/** Where those that read by lease listen. */
const amongReplicas = { from: [{ podSelector: { matchLabels: selector } }], ports: [{ protocol: 'TCP', port: 9443 }] };

test('the Ingress opens the paths of the API, the pages when asked, and nothing else', (t) => {
  const { spec } = buildIngress(kvStore());
  const paths = spec?.rules?.[0]?.http?.paths ?? [];
  t.deepEqual(
    paths.map(({ path, pathType }) => `${pathType} ${path}`),
    [
      'Exact /',
      'Exact /get',
      'Prefix /get/',
      'Exact /set',
      'Exact /search',
      'Exact /delete',
      'Exact /transaction',
      'Exact /increment',
      'Exact /watch',
      'Exact /whoami',
      'Exact /openapi.json',
    ],
  );
  t.true(paths.every(({ backend }) => backend.service?.name === 'shop' && backend.service.port?.name === 'http'));
  const ingress = { enabled: true, className: 'traefik', pages: true };
  const more = buildIngress(kvStore({ ingress })).spec?.rules?.[0]?.http?.paths ?? [];
  t.deepEqual(
    more.slice(paths.length).map(({ path, pathType }) => `${pathType} ${path}`),
    ['Prefix /docs', 'Prefix /ui'],
  );
  t.is(spec?.ingressClassName, 'traefik');
  t.is(spec?.tls, undefined);
});

test('a store with a host keeps its route while it has no replica', (t) => {
  const annotationsOf = (spec: Partial<KvStoreSpec>, availableReplicas?: number) => {
    const live = availableReplicas === undefined ? undefined : { status: { availableReplicas } };
    return buildService(kvStore(spec), live).metadata?.annotations;
  };
  const ingress = { enabled: true, className: 'traefik', host: 'kv.test', pages: false };
  const kept = { [nativeAnnotation]: 'true' };
  t.deepEqual(annotationsOf({ ingress }), kept, 'from the beginning');
  t.deepEqual(annotationsOf({ ingress }, 0), kept);
  t.is(annotationsOf({ ingress }, 1), undefined);
  t.is(annotationsOf({ ingress: { ...ingress, enabled: false } }, 0), undefined);
  t.is(annotationsOf({}, 0), undefined, 'a store for every host has no other to protect it from');
});

test('host, TLS, class and annotations are as asked for, and the URL follows', (t) => {
  const ingress = {
    enabled: true,
    className: 'nginx',
    pages: false,
    host: 'kv.test',
    tls: { secretName: 'cert' },
    annotations: { a: 'b', 'kubernetes.io/ingress.class': 'traefik' },
  };
  const { metadata, spec } = buildIngress(kvStore({ ingress }));
  t.is(spec?.ingressClassName, 'nginx');
  t.is(spec?.rules?.[0]?.host, 'kv.test');
  t.deepEqual(spec?.tls, [{ hosts: ['kv.test'], secretName: 'cert' }]);
  t.deepEqual(metadata?.annotations, { a: 'b' }, 'one class, that of the spec');
  t.is(urlOf(kvStore({ ingress })), 'https://kv.test/');
  t.is(
    urlOf(kvStore({ ingress: { enabled: true, className: 'x', host: 'kv.test', pages: false } })),
    'http://kv.test/',
  );
  t.is(urlOf(kvStore({ ingress: { ...ingress, enabled: false } })), 'http://shop.web.svc:8080/');
  t.is(urlOf(kvStore()), 'http://shop.web.svc:8080/');
});

test('of a store that speaks https, the URL, Traefik and the ServiceMonitor know it', (t) => {
  const tls = { secretName: 'shop-tls' };
  t.is(urlOf(kvStore({ tls })), 'https://shop.web.svc:8080/');
  const scheme = { 'traefik.ingress.kubernetes.io/service.serversscheme': 'https' };
  t.deepEqual(buildService(kvStore({ tls })).metadata?.annotations, scheme);
  const serversTransport = 'web-shop@kubernetescrd';
  t.deepEqual(buildService(kvStore({ tls: { ...tls, serversTransport } })).metadata?.annotations, {
    ...scheme,
    'traefik.ingress.kubernetes.io/service.serverstransport': serversTransport,
  });
  t.is(buildService(kvStore()).metadata?.annotations, undefined);
  const [http, metrics] = buildServiceMonitor(kvStore({ tls })).spec.endpoints;
  const ca = { secret: { name: 'shop-tls', key: 'ca.crt' } };
  t.like(http, { port: 'http', scheme: 'https', tlsConfig: { ca, serverName: 'shop.web.svc' } });
  t.is(metrics?.scheme, undefined, 'that of etcd');
});

test('a single replica, or none, has no budget that could block a drain', (t) => {
  for (const replicas of [0, 1]) t.is(buildDisruptionBudget(kvStore({ replicas })), undefined);
  const { spec } = buildDisruptionBudget(kvStore({ replicas: 2 })) ?? {};
  t.deepEqual(spec, {
    maxUnavailable: 1,
    selector: { matchLabels: selector },
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
});

test('Service and NetworkPolicy pick the pods of the service', (t) => {
  t.deepEqual(buildService(kvStore()).spec?.selector, selector);
  t.deepEqual(buildNetworkPolicy(kvStore()).spec.podSelector, { matchLabels: selector });
  t.deepEqual(buildNetworkPolicy(kvStore()).spec?.ingress, [
    { ports: [{ protocol: 'TCP', port: 8080 }] },
    amongReplicas,
  ]);
});

test('replicas alone reach the port where those that read by lease listen, whatever the spec says', (t) => {
  const clients = [{ ipBlock: { cidr: '0.0.0.0/0' } }];
  const env = [{ name: 'KV_METRICS_PORT', value: '9443' }];
  const stores = [{}, { freshReads: 'lease' }, { clients }, { env }] as const;
  for (const spec of stores) {
    const rules = buildNetworkPolicy(kvStore(spec), undefined, ['monitoring']).spec.ingress;
    const open = rules.filter(({ ports }) => ports.some((port) => 'port' in port && port.port === 9443));
    t.deepEqual(open, [amongReplicas]);
    t.false(buildService(kvStore(spec)).spec?.ports?.some(({ port }) => port === 9443));
  }
});

test('the ServiceMonitor picks the Services of the service and of etcd, and a port of each', (t) => {
  const { spec } = buildServiceMonitor(kvStore());
  const etcd = etcdHeadlessService(etcdNames(kvStore()));
  for (const [service, component] of [
    [buildService(kvStore()), 'service'],
    [etcd, 'etcd'],
  ] as const) {
    t.like(service.metadata?.labels, { ...spec.selector.matchLabels, 'app.kubernetes.io/component': component });
    const ports = service.spec?.ports?.map(({ name }) => name) ?? [];
    t.is(spec.endpoints.filter(({ port }) => ports.includes(port)).length, 1);
  }
});

test('what the ServiceMonitor scrapes is open to all scrapers, and nothing else of etcd is', (t) => {
  const openToAll = (rules: readonly { from?: unknown; ports?: readonly object[] }[] = []) =>
    rules.filter(({ from }) => from === undefined).flatMap(({ ports = [] }) => ports);
  t.deepEqual(openToAll(buildNetworkPolicy(kvStore()).spec?.ingress), [{ protocol: 'TCP', port: 8080 }]);
  const { spec } = etcdNetworkPolicy(etcdNames(kvStore()), 'shop', { monitoringNamespaces: [] });
  t.deepEqual(openToAll(spec.ingress), [{ protocol: 'TCP', port: 2381 }]);
});

test('etcd trusts the label of the operator in its namespace only, and shows metrics where it is told', (t) => {
  const inNamespace = (name: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const reach = { operatorNamespace: 'kvstore-system', monitoringNamespaces: ['monitoring', 'ops'] };
  const { spec } = etcdNetworkPolicy(etcdNames(kvStore()), 'shop', reach);
  const fromFor = (port: number) =>
    spec.ingress
      .filter(({ ports }) => ports.some((each) => 'port' in each && each.port === port))
      .map(({ from }) => from);
  const podSelector = { matchLabels: { 'app.kubernetes.io/name': 'kvstore-operator' } };
  const byLabel = (from: readonly object[] = []) => from.filter((peer) => JSON.stringify(peer).includes('-operator'));
  t.deepEqual(fromFor(2379).flatMap(byLabel), [{ ...inNamespace('kvstore-system'), podSelector }]);
  t.deepEqual(fromFor(2381), [[inNamespace('monitoring'), inNamespace('ops')]]);
  const outside = etcdNetworkPolicy(etcdNames(kvStore()), 'shop', { monitoringNamespaces: [] });
  t.deepEqual(
    outside.spec.ingress.flatMap(({ from }) => byLabel(from)),
    [],
  );
});

test('the clients that a KvStore names, and its own pods, are the only ones that reach the service', (t) => {
  const clients = [
    { podSelector: { matchLabels: { app: 'till' } } },
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
  ];
  const { ingress } = buildNetworkPolicy(kvStore({ clients })).spec;
  const jobs = ['backup', 'restore', 'service'].map((component) => ({
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'kvstore',
        'app.kubernetes.io/instance': 'shop',
        'app.kubernetes.io/component': component,
      },
    },
  }));
  t.deepEqual(ingress, [{ from: [...clients, ...jobs], ports: [{ protocol: 'TCP', port: 8080 }] }, amongReplicas]);
});

test('a port for metrics alone is followed by pods, Service, policy and monitor; a value that is none is not', (t) => {
  const withPort = (value: string, more: Partial<KvStoreSpec> = {}) =>
    kvStore({ env: [{ name: 'KV_METRICS_PORT', value }], ...more });
  const store = withPort('9464');
  const rule = { ports: [{ protocol: 'TCP', port: 9464 }] };
  const ofMetrics = (kvstore: KvStore, monitoring?: readonly string[]) =>
    buildNetworkPolicy(kvstore, undefined, monitoring).spec.ingress.slice(2);
  t.deepEqual(ofMetrics(store), [rule]);
  const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
  t.deepEqual(ofMetrics(store, ['monitoring']), [{ from: [monitoring], ...rule }]);
  const clients = [{ podSelector: { matchLabels: { app: 'till' } } }];
  t.deepEqual(ofMetrics(withPort('9464', { clients })), [{ from: clients, ...rule }]);
  t.deepEqual(ofMetrics(withPort('9464', { clients }), ['monitoring']), [{ from: [monitoring], ...rule }]);
  t.deepEqual(
    buildService(store).spec?.ports?.map(({ name, port, targetPort }) => [name, port, targetPort]),
    [
      ['http', 8080, 'http'],
      ['metrics', 9464, 'metrics'],
    ],
  );
  t.deepEqual(
    buildServiceMonitor(store).spec.endpoints.map(({ port }) => port),
    ['metrics'],
  );
  const { metadata, spec } = buildDeployment(store, { serviceImage: 'i' }, '', 'barrier').spec?.template ?? {};
  t.is(metadata?.annotations?.['prometheus.io/port'], '9464');
  const [container] = spec?.containers ?? [];
  t.deepEqual(
    container?.ports?.map(({ containerPort }) => containerPort),
    [8080, 9464, 9443],
  );
  t.deepEqual(
    container?.env?.filter(({ name }) => name === 'KV_METRICS_PORT'),
    [{ name: 'KV_METRICS_PORT', value: '9464' }],
  );
  for (const value of ['', '0', '8080', '9443', '70000', 'x', '$(X)']) {
    t.is(buildNetworkPolicy(withPort(value)).spec.ingress.length, 2, value);
    t.is(buildService(withPort(value)).spec?.ports?.length, 1, value);
  }
});

test('the ServiceAccount has no token', (t) => {
  t.false(buildServiceAccount(kvStore(), defaultNames('shop')).automountServiceAccountToken);
});

test('what is optional is there only when asked for and possible', (t) => {
  const kindsOf = (spec: Partial<KvStoreSpec>, hasServiceMonitors: boolean): (string | undefined)[] => {
    const around = { defaults: { serviceImage: 'i' }, secretVersions: '', freshReads: 'barrier' } as const;
    const objects = buildServiceObjects(kvStore(spec), { ...around, hasServiceMonitors, restoring: false });
    return objects.map(({ kind }) => kind);
  };
  const always = ['ServiceAccount', 'Service', 'NetworkPolicy', 'Deployment'];
  const ingress = { enabled: false, className: 'traefik', pages: false };
  t.deepEqual(kindsOf({ replicas: 1, ingress }, true), always);
  t.false(kindsOf({ monitoring: { enabled: true } }, false).includes('ServiceMonitor'));
  t.true(kindsOf({ monitoring: { enabled: true } }, true).includes('ServiceMonitor'));
  t.true(kindsOf({}, false).includes('Ingress'));
});
