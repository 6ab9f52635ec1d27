/** Nothing in a KvStore is without a bound, and what is larger is refused by a real API server. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { KubeError } from '../src/kube/kube-error.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { largestSpec } from './support/largest-kvstore.ts';

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string }[];
}

interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

/** The paths of everything in a schema that could grow for ever. */
function unbounded(schema: Schema, path: string): string[] {
  const isText = schema.type === 'string' || schema['x-kubernetes-int-or-string'] === true;
  const found: string[] = [];
  if (isText && schema.maxLength === undefined && schema.enum === undefined && schema.format !== 'date-time') {
    found.push(path);
  }
  if (schema.items !== undefined) {
    if (schema.maxItems === undefined) found.push(`${path}[]`);
    found.push(...unbounded(schema.items, `${path}[]`));
  }
  if (schema.additionalProperties !== undefined) {
    const rules = schema['x-kubernetes-validations']?.map(({ rule }) => rule) ?? [];
    if (schema.maxProperties === undefined) found.push(`${path}{}`);
    // A map's keys have no maxLength of their own.
    if (!rules.some((rule) => rule.includes('size(k) <= 317'))) found.push(`${path}{key}`);
    found.push(...unbounded(schema.additionalProperties, `${path}{}`));
  }
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    found.push(...unbounded(child, `${path}.${name}`));
  }
  if (schema.type === 'object' && schema.properties === undefined && schema.additionalProperties === undefined) {
    found.push(`${path} (any fields)`);
  }
  return found;
}

test('each text, list and map of the definition has a bound', async (t) => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kvstores.kvstore.dev';
  const definition = await cluster.admin.request<Definition>('GET', path);
  const { spec, status } = definition.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};
  t.deepEqual([...unbounded(spec ?? {}, 'spec'), ...unbounded(status ?? {}, 'status')], []);
});

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

const texts = (count: number, text = 'v') => Array.from({ length: count }, (_, i) => `${text}${i}`);
const names = (count: number) => Object.fromEntries(texts(count, 'k').map((key) => [key, 'v']));
const expression = (values: number) => ({ key: 'k', operator: 'In', values: texts(values) });
const podTerm = (labels: number) => ({ topologyKey: 'z', labelSelector: { matchLabels: names(labels) } });
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const limits = (memory: unknown) => ({ resources: { limits: { memory } } });

const refused: readonly [title: string, spec: object, message: RegExp][] = [
  ['an image of 1.2 MB', { image: 'a'.repeat(1_200_000) }, /spec\.image.*(too long|Too long)/is],
  ['1 MB of annotations', { ingress: { annotations: { a: 'x'.repeat(1_000_000) } } }, /annotations/],
  [
    'annotations that are too much together',
    { ingress: { annotations: { a: 'x'.repeat(9_000), b: 'x'.repeat(9_000) } } },
    /all annotations together/,
  ],
  ['a name of an annotation', { ingress: { annotations: { [`a${'b'.repeat(400)}`]: 'x' } } }, /a name at most 317/],
  ['a limit below 0', limits('-1Gi'), /resources\.limits/],
  ['a limit below 0 as a number', limits(-1), /no quantity is below 0/],
  ['a request below 0', { resources: { requests: { cpu: '-100m' } } }, /resources\.requests/],
  ["a member's limit below 0", { etcd: { resources: { limits: { memory: '-1Gi' } } } }, /resources\.limits/],
  ['a long name of a resource', { resources: { limits: { [`a${'b'.repeat(400)}`]: 1 } } }, /317 characters/],
  ['a long value', { env: [{ name: 'A', value: 'x'.repeat(32_769) }] }, /value/],
  [
    'values that are too long together',
    { env: texts(4, 'E').map((name) => ({ name, value: 'x'.repeat(9_000) })) },
    /all values together/,
  ],
  ['labels of nodes', { nodeSelector: names(17) }, /nodeSelector/],
  ['a long label of nodes', { nodeSelector: { k: 'x'.repeat(64) } }, /nodeSelector/],
  ['tolerations', { tolerations: texts(33).map((key) => ({ key, operator: 'Exists' })) }, /tolerations/],
  ['terms of pods', { affinity: { podAffinity: { [required]: texts(9).map(() => podTerm(1)) } } }, /podAffinity/],
  [
    'terms of pods together',
    { affinity: { podAntiAffinity: { [required]: [podTerm(9), podTerm(9)] } } },
    /at most 16 labels, expressions, namespaces and keys/,
  ],
  [
    'terms of nodes together',
    {
      affinity: {
        nodeAffinity: {
          [required]: {
            nodeSelectorTerms: texts(8).map(() => ({ matchExpressions: texts(3).map(() => expression(2)) })),
          },
        },
      },
    },
    /at most 16 expressions/,
  ],
  [
    'clients together',
    { clients: texts(3).map(() => ({ podSelector: { matchLabels: names(25) } })) },
    /at most 64 labels, expressions and exceptions/,
  ],
  [
    'values of an expression',
    { clients: [{ podSelector: { matchExpressions: [expression(9)] } }] },
    /matchExpressions\[0\]\.values/,
  ],
  ['a long network', { clients: [{ ipBlock: { cidr: '1'.repeat(65) } }] }, /cidr/],
];

function create(spec: object): Promise<unknown> {
  const body = { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name: 'checked' }, spec };
  return cluster.admin.request('POST', pathOf(resources.kvStores, 'default'), {
    body,
    query: { dryRun: 'All', fieldValidation: 'Strict' },
  });
}

for (const [title, spec, message] of refused) {
  test(`refused: ${title}`, async (t) => {
    const error = await t.throwsAsync(create({ etcd: {}, ...spec }), { instanceOf: KubeError });
    t.regex(error?.message ?? '', message);
  });
}

test('the largest that is accepted is some hundred KiB', async (t) => {
  const spec = largestSpec();
  await t.notThrowsAsync(create(spec));
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  t.true(bytes > 200_000 && bytes < 250_000, `${bytes}`);
});

test('a KvStore from before the bounds goes on: it can be changed elsewhere, and its status written', async (t) => {
  const old = await startCluster();
  t.teardown(old.stop);
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kvstores.kvstore.dev';
  const definition = await old.admin.request<object>('GET', path);
  const bounds = new Set(['maxLength', 'maxItems', 'maxProperties', 'pattern', 'x-kubernetes-validations']);
  const without = JSON.stringify(definition, (key, value) => (bounds.has(key) ? undefined : value));
  await old.admin.request('PUT', path, { body: JSON.parse(without) });
  const large = { etcd: {}, ingress: { host: 'a.test', annotations: { a: 'x'.repeat(100_000) } }, ...limits('-1Gi') };
  await waitFor('the older definition is used', () => old.createKvStore('default', 'large', large).then(() => true));
  await old.kubectl('apply', '--server-side', '--force-conflicts', '-f', 'config/crd/kvstores.yaml');
  await waitFor('the newer one is used', async () => {
    const error = await old.createKvStore('default', 'other', large).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (error === undefined) await old.kubectl('delete', 'kvstore', 'other');
    return error !== undefined;
  });
  await t.notThrowsAsync(old.patch('kvStores', 'default', 'large', { spec: { replicas: 5 } }));
  await t.notThrowsAsync(old.patch('kvStores', 'default', 'large', { status: { replicas: 5 } }, 'status'));
  const annotations = { b: 'x' };
  await t.throwsAsync(old.patch('kvStores', 'default', 'large', { spec: { ingress: { annotations } } }));
});
