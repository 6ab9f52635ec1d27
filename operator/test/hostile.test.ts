/** Hostile values in every text of a KvStore: refused by the API server, or nothing but what they look like. */
import type { KubernetesObject } from '@kubernetes/client-node';
import test from 'ava';
import { buildServiceObjects } from '../src/desired/desired.ts';
import { serviceEnvironment } from '../src/desired/service-environment.ts';
import { KubeError } from '../src/kube/kube-error.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import type { KvStore, KvStoreSpec } from '../src/kvstore.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { kvStore } from './support/kvstore.ts';

const path = pathOf(resources.kvStores, 'default');
let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

const hostile = [
  '',
  ' ',
  'a\nb: c',
  '\r\nX: y',
  '\0',
  '\u001b[31m',
  '../../etc/passwd',
  '$(KV_ETCD_PASSWORD)',
  '{{ .Values.x }}',
  '"},"x":{"',
  'a,b=c',
  '-1',
  '9'.repeat(40),
  'a'.repeat(70_000),
  '\u202e\u{1f600}',
];

type Json = string | number | boolean | { readonly [key: string]: Json } | readonly Json[];

const secret = { secretName: 'secret' };
const own: Json = {
  ...{
    image: 'image',
    imagePullPolicy: 'Always',
    nodeSelector: { a: 'b' },
    tolerations: [{ key: 'a', effect: 'NoExecute' }],
  },
  resources: { limits: { memory: '1Gi' } },
  env: [
    { name: 'A', value: 'b' },
    { name: 'B', valueFrom: { secretKeyRef: { name: 'name', key: 'key' } } },
  ],
  ingress: { host: 'host.example', className: 'class', annotations: { a: 'b' }, tls: secret },
  etcd: { image: 'image', storage: { size: '8Gi', className: 'class' }, retentionPolicy: 'Retain' },
  backup: { schedule: '@daily', timeZone: 'Etc/UTC', volumeClaim: 'claim' },
};
const external: Json = {
  externalEtcd: {
    ...{ endpoints: ['https://etcd:2379'], prefix: '/prefix/' },
    ...{ tlsSecretName: 'secret', credentialsSecretName: 'secret' },
  },
};

/** The value with each of its texts, and each name in it, replaced once. */
function* variants(value: Json, text: string, at = 'spec'): Generator<readonly [path: string, value: Json]> {
  if (typeof value === 'string') yield [at, text];
  else if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries()) {
      for (const [path, changed] of variants(item, text, `${at}[${i}]`)) yield [path, value.with(i, changed)];
    }
  } else if (typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      for (const [path, changed] of variants(item, text, `${at}.${key}`)) yield [path, { ...value, [key]: changed }];
    }
  }
}

async function create(spec: Json, name = 'shop'): Promise<KvStore | undefined> {
  const body = { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name }, spec };
  try {
    return await cluster.admin.request('POST', path, { body, query: { dryRun: 'All', fieldValidation: 'Strict' } });
  } catch (error) {
    if (error instanceof KubeError && error.status >= 400 && error.status < 500) return undefined;
    throw error;
  }
}

function objectsOf(kvstore: KvStore): KubernetesObject[] {
  const defaults = { image: 'default', pullPolicy: 'Always' } as unknown as Parameters<
    typeof buildServiceObjects
  >[1]['defaults'];
  const around = { secretVersions: '', freshReads: 'barrier', hasServiceMonitors: true, restoring: false } as const;
  return buildServiceObjects(kvstore, { defaults, ...around });
}

for (const [title, base] of Object.entries({ own, external })) {
  test(`${title} etcd: every text of the spec`, async (t) => {
    t.timeout(540_000);
    const plain = await create(base);
    if (plain === undefined) return t.fail('the plain one is refused');
    const identities = JSON.stringify(objectsOf(plain).map(identityOf));
    let accepted = 0;
    for (const text of hostile) {
      await Promise.all(
        [...variants(base, text)].map(async ([at, spec]) => {
          const created = await create(spec);
          if (created === undefined) return;
          accepted++;
          const what = `${at} = ${JSON.stringify(text.slice(0, 40))}`;
          t.is(JSON.stringify(objectsOf(created).map(identityOf)), identities, what);
        }),
      );
    }
    t.log(`${accepted} of ${hostile.length * [...variants(base, '')].length} accepted`);
    return t.pass();
  });
}

/** What must not depend on any text of the spec: which objects there are, whose, and which pods they choose. */
function identityOf({ apiVersion, kind, metadata, ...rest }: KubernetesObject & { spec?: unknown }): object {
  const spec = rest.spec as { selector?: unknown; podSelector?: unknown; template?: { metadata?: object } } | undefined;
  const { name, namespace, labels, ownerReferences } = metadata ?? {};
  const pods = (spec?.template?.metadata as { labels?: object } | undefined)?.labels;
  const owners = ownerReferences?.map(({ uid, ...owner }) => owner);
  return { apiVersion, kind, name, namespace, labels, owners, selects: spec?.selector ?? spec?.podSelector, pods };
}

test('names that are none', async (t) => {
  for (const name of [...hostile, 'A', 'a_b', 'a.b', 'a-', '-a', 'kvstore/../x']) {
    t.is(await create({ etcd: {} }, name), undefined, JSON.stringify(name.slice(0, 40)));
  }
});

test('nothing in the spec becomes another variable of the service', (t) => {
  const prefix = '/a$$b/$(KV_ETCD_PASSWORD)/';
  const endpoints = ['https://$(HOST):2379'];
  const externalEtcd: NonNullable<KvStoreSpec['externalEtcd']> = { endpoints, prefix, clientCertificate: false };
  const variables = serviceEnvironment(kvStore({ externalEtcd }), 'barrier');
  const settingOf = (name: string) => variables.find((each) => each.name === name)?.value;
  t.is(settingOf('KV_ETCD_PREFIX'), '/a$$$$b/$$(KV_ETCD_PASSWORD)/');
  t.is(settingOf('KV_ETCD_ENDPOINTS'), 'https://$$(HOST):2379');
});
