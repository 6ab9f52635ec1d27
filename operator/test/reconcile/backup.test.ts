/** Backups and restores against a real API server: what is made, what stays, and what is admitted. */
import type { V1CronJob, V1Job, V1PersistentVolumeClaim, V1PodTemplateSpec } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { pathOf, resources } from '../../src/kube/resources.ts';
import type { KvStore } from '../../src/kvstore.ts';
import { restorableByAnnotation } from '../../src/reconcile/restore-permission.ts';
import { type Cluster, type RunningOperator, startCluster } from '../support/cluster.ts';
import { waitForCondition } from '../support/conditions.ts';

let cluster: Cluster;
let operator: RunningOperator;

test.before(async () => {
  cluster = await startCluster();
  operator = await cluster.startOperator({ environment: { KVSTORE_RESYNC_SECONDS: '1' } });
});
test.after.always(() => cluster?.stop());

const backup = { schedule: '0 3 * * *', storage: { size: '1Gi' } };
const restoreFrom = { volumeClaim: 'shop-backup', kvStore: 'shop' };

/** A namespace that admits only pods which the strictest pod security standard allows. */
async function restrictedNamespace(): Promise<string> {
  const namespace = await cluster.createNamespace();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.admin.request('PATCH', `/api/v1/namespaces/${namespace}`, {
    body: { metadata: { labels } },
    contentType: 'application/merge-patch+json',
  });
  return namespace;
}

/** A claim whose backups every KvStore of the namespace may restore. */
async function openClaim(namespace: string): Promise<void> {
  const body = {
    metadata: { name: restoreFrom.volumeClaim, annotations: { [restorableByAnnotation]: '*' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  await cluster.admin.request('POST', pathOf(resources.claims, namespace), { body });
}

async function admitted(namespace: string, template: V1PodTemplateSpec | undefined): Promise<void> {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'admitted' }, spec: template?.spec };
  await cluster.admin.request('POST', pathOf(resources.pods, namespace), { body: pod, query: { dryRun: 'All' } });
}

/** What the Deployment's own controller would say. */
async function serve(namespace: string, name: string): Promise<void> {
  const { metadata } = await cluster.appears('deployments', namespace, name);
  const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
  const status = { ...counts, observedGeneration: metadata?.generation };
  await cluster.patch('deployments', namespace, name, { status }, 'status');
}

/** What the Job's own controller would say. */
async function end(namespace: string, name: string, type: 'Complete' | 'Failed'): Promise<void> {
  const startTime = '2026-01-01T00:00:00Z';
  const condition = (of: string) => ({ type: of, status: 'True', lastTransitionTime: startTime });
  const status =
    type === 'Complete'
      ? {
          succeeded: 1,
          completionTime: startTime,
          conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
        }
      : { failed: 1, conditions: [condition('FailureTarget'), condition('Failed')] };
  await cluster.patch('jobs', namespace, name, { status: { startTime, ...status } }, 'status');
}

async function restoreJob(namespace: string): Promise<V1Job> {
  return waitFor('there is one Job', async () => {
    const { items } = await cluster.admin.request<{ items: V1Job[] }>('GET', pathOf(resources.jobs, namespace));
    const [job] = items;
    if (job === undefined || items.length > 1) throw new Error(`${items.length} Jobs`);
    return job;
  });
}

test('a backup is a CronJob with a claim that outlives the KvStore', async (t) => {
  const namespace = await restrictedNamespace();
  const { metadata } = await cluster.createKvStore(namespace, 'shop', { etcd: {}, backup });
  const cronJob = await cluster.appears<V1CronJob>('cronJobs', namespace, 'shop-backup');
  t.is(cronJob.metadata?.ownerReferences?.[0]?.uid, metadata.uid);
  await t.notThrowsAsync(admitted(namespace, cronJob.spec?.jobTemplate.spec?.template));
  const claim = await cluster.appears<V1PersistentVolumeClaim>('claims', namespace, 'shop-backup');
  t.is(claim.metadata?.ownerReferences, undefined);

  await cluster.patch('cronJobs', namespace, 'shop-backup', { spec: { concurrencyPolicy: 'Allow' } });
  await cluster.patch('kvStores', namespace, 'shop', { spec: { backup: { schedule: '@hourly', suspend: true } } });
  await waitFor('the CronJob is as the KvStore says', async () => {
    const { spec } = await cluster.get<V1CronJob>('cronJobs', namespace, 'shop-backup');
    const now = [spec?.schedule, spec?.suspend, spec?.concurrencyPolicy];
    if (now.join() !== '@hourly,true,Forbid') throw new Error(now.join());
    return true;
  });

  const times = { lastScheduleTime: '2026-01-01T03:00:00Z', lastSuccessfulTime: '2026-01-01T03:00:09Z' };
  await cluster.patch('cronJobs', namespace, 'shop-backup', { status: times }, 'status');
  await waitFor('the times are in the status', async () => {
    const { status } = await cluster.get<KvStore>('kvStores', namespace, 'shop');
    if (JSON.stringify(status?.backup) !== JSON.stringify(times)) throw new Error(JSON.stringify(status?.backup));
    return true;
  });
  const sample = (which: string, time: string) =>
    `kvstore_backup_last_${which}_timestamp_seconds{namespace="${namespace}",name="shop"} ${Date.parse(time) / 1000}\n`;
  const samples = [sample('schedule', times.lastScheduleTime), sample('success', times.lastSuccessfulTime)];
  await waitFor('the times are in the metrics', async () => {
    const metrics = await operator.metrics();
    return samples.every((line) => metrics.includes(line));
  });

  await cluster.patch('kvStores', namespace, 'shop', { spec: { backup: null } });
  await cluster.disappears('cronJobs', namespace, 'shop-backup');
  t.true(await cluster.has('claims', namespace, 'shop-backup'));
});

test('a backup made by hand and taken from the CronJob stays', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'shop', { etcd: {}, backup });
  const cronJob = await cluster.appears<V1CronJob>('cronJobs', namespace, 'shop-backup');
  await cluster.kubectl('create', 'job', 'now', '-n', namespace, '--from=cronjob/shop-backup');
  const orphan = ['patch', 'job', 'now', '-n', namespace, '--type=merge'];
  await cluster.kubectl(...orphan, '-p', '{"metadata":{"ownerReferences":null}}');
  const applied = (): Promise<unknown> =>
    cluster.patch('kvStores', namespace, 'shop', { spec: { backup: { suspend: true } } });
  await applied();
  await waitFor('the operator has looked at it since', async () => {
    const { metadata } = await cluster.get('cronJobs', namespace, 'shop-backup');
    return metadata?.resourceVersion !== cronJob.metadata?.resourceVersion;
  });
  await waitForCondition(cluster, namespace, 'shop', { type: 'Progressing', status: 'True', reason: 'RollingOut' });
  t.true(await cluster.has('jobs', namespace, 'now'));
});

test('a time zone that is none is told', async (t) => {
  const namespace = await cluster.createNamespace();
  const odd = { ...backup, timeZone: 'Mars' };
  await cluster.createKvStore(namespace, 'odd', { etcd: {}, backup: odd });
  const refused = { type: 'Degraded', status: 'True', reason: 'Refused' } as const;
  t.regex((await waitForCondition(cluster, namespace, 'odd', refused)).message, /timeZone.*Mars/);
});

test('a restore comes before Ready and the Ingress, and never again', async (t) => {
  const namespace = await restrictedNamespace();
  await openClaim(namespace);
  await cluster.createKvStore(namespace, 'again', { etcd: {}, restoreFrom });
  const waiting = { type: 'Restored', status: 'False', reason: 'Waiting' } as const;
  await waitForCondition(cluster, namespace, 'again', waiting);
  await serve(namespace, 'again');
  const job = await restoreJob(namespace);
  const name = job.metadata?.name ?? '';
  await t.notThrowsAsync(admitted(namespace, job.spec?.template));
  await waitForCondition(cluster, namespace, 'again', { type: 'Ready', status: 'False', reason: 'Restoring' });
  t.false(await cluster.has('ingresses', namespace, 'again'));

  await end(namespace, name, 'Complete');
  await waitForCondition(cluster, namespace, 'again', { type: 'Restored', status: 'True', reason: 'Restored' });
  await waitForCondition(cluster, namespace, 'again', {
    type: 'Ready',
    status: 'True',
    reason: 'AllReplicasAvailable',
  });
  await cluster.appears('ingresses', namespace, 'again');

  // Neither another wish nor a lost Job makes another one, nor does a new image change the one that is there.
  await cluster.patch('kvStores', namespace, 'again', {
    spec: { restoreFrom: { file: 'other.jsonl' }, image: 'new:1' },
  });
  await cluster.disappears('jobs', namespace, name);
  await waitForCondition(cluster, namespace, 'again', { type: 'Restored', status: 'True', reason: 'Restored' });
  await cluster.patch('kvStores', namespace, 'again', { spec: { restoreFrom: null } });
  await waitForCondition(cluster, namespace, 'again', { type: 'Restored', status: 'True', reason: 'Restored' });
  const { items } = await cluster.admin.request<{ items: V1Job[] }>('GET', pathOf(resources.jobs, namespace));
  t.deepEqual(items, []);
});

test('a restore that failed holds the store up until its Job is deleted, and is then tried again', async (t) => {
  const namespace = await cluster.createNamespace();
  await openClaim(namespace);
  await cluster.createKvStore(namespace, 'fails', { etcd: {}, restoreFrom });
  await serve(namespace, 'fails');
  const first = await restoreJob(namespace);
  const name = first.metadata?.name ?? '';
  await end(namespace, name, 'Failed');
  await waitForCondition(cluster, namespace, 'fails', { type: 'Ready', status: 'False', reason: 'RestoreFailed' });
  await waitForCondition(cluster, namespace, 'fails', { type: 'Degraded', status: 'True', reason: 'RestoreFailed' });
  await cluster.admin.request('DELETE', pathOf(resources.jobs, namespace, name), {
    body: { propagationPolicy: 'Background' },
  });
  await waitFor('there is another Job', async () => {
    const { metadata } = await restoreJob(namespace);
    return metadata?.uid !== first.metadata?.uid;
  });
  await waitForCondition(cluster, namespace, 'fails', { type: 'Ready', status: 'False', reason: 'Restoring' });
  t.pass();
});

test('restoreFrom is refused for a KvStore that is there', async (t) => {
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'old');
  const change = cluster.patch('kvStores', namespace, 'old', { spec: { restoreFrom } });
  t.regex((await t.throwsAsync(change))?.message ?? '', /restoreFrom is for a new KvStore/);
});
