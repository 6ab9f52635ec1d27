/** The operator's rights: enough for all it does, and none that it does not use. */
import { readFile } from 'node:fs/promises';
import {
  type KubernetesObject,
  loadAllYaml,
  loadYaml,
  type V1ClusterRole,
  type V1PolicyRule,
  type V1Role,
} from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import type { ReconcileEtcd } from '../src/etcd/contract.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import { operatorNamespace, startCluster } from './support/cluster.ts';
import { settled } from './support/fake-etcd.ts';

const user = 'system:serviceaccount:kvstore-system:kvstore-operator';
const folder = new URL('../../config/rbac/', import.meta.url);

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code: number };
}

/** `verb group/resource` of everything that a list of rules allows. */
function allowedBy(rules: readonly V1PolicyRule[]): string[] {
  return rules.flatMap(({ apiGroups = [], resources: kinds = [], verbs }) =>
    apiGroups.flatMap((group) => kinds.flatMap((kind) => verbs.map((verb) => `${verb} ${group}/${kind}`))),
  );
}

/** Does once all that the etcd side may ever ask for. */
const busyEtcd: ReconcileEtcd = async ({ metadata: { namespace, name }, spec }, { claims }, tools) => {
  const metadata = { name: `${name}-etcd`, namespace, labels: labelsOf(name) };
  const pod = { metadata: { labels: labelsOf(name) }, spec: { containers: [{ name: 'etcd', image: 'etcd' }] } };
  await tools.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  await tools.apply({ apiVersion: 'v1', kind: 'Secret', metadata });
  const sts = { serviceName: name, selector: { matchLabels: labelsOf(name) }, template: pod };
  await tools.apply({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: sts } as KubernetesObject);
  await tools.read();
  const [claim] = claims;
  await tools.deletePod(namespace, `${name}-etcd-0`, 'none');
  if (claim?.metadata?.uid !== undefined && claim.metadata.name !== undefined) {
    await tools.resizeClaim(namespace, claim.metadata.name, claim.metadata.uid, '2Gi').catch(() => undefined);
    await tools.deleteClaim(namespace, claim.metadata.name, claim.metadata.uid);
  }
  return settled(spec.etcd?.members ?? 0);
};

function labelsOf(name: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'kvstore',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': 'etcd',
    'app.kubernetes.io/managed-by': 'kvstore-operator',
  };
}

test('each permission is used, and nothing is refused', async (t) => {
  const cluster = await startCluster({ audit: true });
  t.teardown(cluster.stop);
  await cluster.kubectl('apply', '-f', 'operator/test/support/service-monitor-crd.yaml');
  const namespace = await cluster.createNamespace();
  await cluster.admin.request('POST', pathOf(resources.claims, namespace), {
    body: {
      metadata: { name: 'data-all-etcd-0', labels: labelsOf('all') },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  });
  // No kubelet starts it: only its Events could say why.
  await cluster.admin.request('POST', pathOf(resources.pods, namespace), {
    body: {
      metadata: { name: 'all-0', labels: { ...labelsOf('all'), 'app.kubernetes.io/component': 'service' } },
      spec: { containers: [{ name: 'service', image: 'image' }] },
    },
  });
  await cluster.admin.request('POST', pathOf(resources.services, namespace), {
    body: { metadata: { name: 'taken' }, spec: { ports: [{ port: 1 }] } },
  });
  const lease = { leaseMs: 30_000, renewDeadlineMs: 20_000, retryMs: 100 };
  const environment = { KVSTORE_POD_NAMESPACE: operatorNamespace, KVSTORE_RESYNC_SECONDS: '1' };
  await cluster.startOperator({ environment, lease, reconcileEtcd: busyEtcd });
  const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'a' } } }];
  await cluster.createKvStore(namespace, 'all', {
    etcd: {},
    env,
    monitoring: { enabled: true },
    backup: { schedule: '@daily', storage: {} },
    restoreFrom: { volumeClaim: 'backups' },
  });
  await cluster.appears('deployments', namespace, 'all');
  // Makes the operator begin the restore.
  await cluster.patch(
    'deployments',
    namespace,
    'all',
    { status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 } },
    'status',
  );
  await waitFor('a Job', async () => {
    const { items } = await cluster.admin.request<{ items: object[] }>('GET', pathOf(resources.jobs, namespace));
    return items.length > 0;
  });
  await cluster.patch('kvStores', namespace, 'all', { spec: { restoreFrom: null } });
  await cluster.appears('ingresses', namespace, 'all');
  await cluster.createKvStore(namespace, 'taken');
  await cluster.appears('serviceMonitors', namespace, 'all');
  const off = {
    replicas: 1,
    ingress: { enabled: false },
    monitoring: { enabled: false },
    backup: null,
  };
  await cluster.patch('kvStores', namespace, 'all', { spec: off });

  const role = loadYaml<V1ClusterRole>(await readFile(new URL('role.yaml', folder), 'utf8'));
  const documents = loadAllYaml(await readFile(new URL('leader-election.yaml', folder), 'utf8')) as V1Role[];
  const allowed = [...allowedBy(role.rules ?? []), ...allowedBy(documents[0]?.rules ?? [])];
  t.is(
    role.rules?.some(({ verbs, resources: kinds }) => verbs.includes('*') || kinds?.includes('*')),
    false,
  );

  // A pod that says nothing is asked about after a minute.
  const isUsed = async () => {
    const events = await readAudit(cluster.server.auditLog);
    const seen = new Set(events.flatMap(permissionsOf));
    const idle = allowed.filter((permission) => !seen.has(permission));
    if (idle.length > 0) throw new Error(`not used: ${idle.join(', ')}`);
    return events;
  };
  const used = await waitFor('every permission is used', isUsed, { timeout: 240_000 });
  const refusals = used.filter(({ responseStatus }) => responseStatus?.code === 403);
  t.deepEqual(refusals, []);
});

async function readAudit(file: string): Promise<AuditEvent[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const complete = lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent);
  return complete.filter((event) => event.user.username === user);
}

/** An apply that made the object needed the right to create it too. */
function permissionsOf({ verb, objectRef, responseStatus }: AuditEvent): string[] {
  if (objectRef === undefined) return [];
  const resource =
    objectRef.subresource === undefined ? objectRef.resource : `${objectRef.resource}/${objectRef.subresource}`;
  const of = (action: string): string => `${action} ${objectRef.apiGroup ?? ''}/${resource}`;
  return verb === 'patch' && responseStatus?.code === 201 ? [of('patch'), of('create')] : [of(verb)];
}
