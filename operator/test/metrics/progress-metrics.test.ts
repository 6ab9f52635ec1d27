import type { V1Deployment } from '@kubernetes/client-node';
import test from 'ava';
import { Registry } from 'prom-client';
import type { KvStoreStatus } from '../../src/kvstore.ts';
import { createProgressMetrics } from '../../src/metrics/progress-metrics.ts';
import { settled } from '../support/fake-etcd.ts';
import { kvStore } from '../support/kvstore.ts';

const deployment: V1Deployment = { status: { updatedReplicas: 1, availableReplicas: 3 } };

function status(...reasons: [type: string, status: 'True' | 'False', reason: string][]): KvStoreStatus {
  const around = { message: '', observedGeneration: 7, lastTransitionTime: '2026-01-01T12:00:00Z' };
  return { conditions: reasons.map(([type, state, reason]) => ({ ...around, type, status: state, reason })) };
}

async function series(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('each condition shows its present reason and no earlier one', async (t) => {
  const registry = new Registry();
  const metrics = createProgressMetrics(registry);
  const found = { deployment, etcd: { ...settled(3), alarms: { NOSPACE: 2, CORRUPT: 0 } } };
  metrics.set(kvStore(), status(['Ready', 'True', 'AllReplicasAvailable'], ['Degraded', 'True', 'Refused']), found);
  metrics.set(kvStore(), status(['Ready', 'True', 'AllReplicasAvailable'], ['Degraded', 'False', 'AsExpected']), found);
  const named = 'namespace="web",name="shop"';
  t.deepEqual(await series(registry), [
    `kvstore_condition{${named},type="Ready",status="True",reason="AllReplicasAvailable"} 1`,
    `kvstore_condition{${named},type="Degraded",status="False",reason="AsExpected"} 1`,
    `kvstore_replicas_updated{${named}} 1`,
    `kvstore_replicas_available{${named}} 3`,
    `kvstore_etcd_alarms{${named},alarm="NOSPACE"} 2`,
    `kvstore_etcd_alarms{${named},alarm="CORRUPT"} 0`,
  ]);
});

test('a KvStore that is gone leaves no series', async (t) => {
  const registry = new Registry();
  const metrics = createProgressMetrics(registry);
  const etcd = { ...settled(3), alarms: { NOSPACE: 0, CORRUPT: 1 } };
  const cronJob = {
    spec: { schedule: '@daily', jobTemplate: {} },
    metadata: { creationTimestamp: new Date('2026-01-01T12:00:00Z') },
  };
  metrics.set(kvStore(), status(['Ready', 'True', 'AllReplicasAvailable']), { deployment, etcd, cronJob });
  metrics.drop('web', 'shop');
  t.deepEqual(await series(registry), []);
});

test('since when there is a schedule of backups is shown while there is one', async (t) => {
  const registry = new Registry();
  const metrics = createProgressMetrics(registry);
  const cronJob = {
    spec: { schedule: '@daily', jobTemplate: {} },
    metadata: { creationTimestamp: new Date('2026-01-01T12:00:00Z') },
  };
  const shown = async () => (await series(registry)).filter((line) => line.startsWith('kvstore_backup_'));
  metrics.set(kvStore(), status(), { deployment, etcd: undefined, cronJob });
  t.deepEqual(await shown(), [
    'kvstore_backup_scheduled_since_timestamp_seconds{namespace="web",name="shop"} 1767268800',
  ]);
  metrics.set(kvStore(), status(), { deployment, etcd: undefined, cronJob: undefined });
  t.deepEqual(await shown(), []);
});

test('without an etcd of its own there are no alarms, and without a Deployment no replicas', async (t) => {
  const registry = new Registry();
  createProgressMetrics(registry).set(kvStore(), status(), { deployment: undefined, etcd: undefined });
  const named = 'namespace="web",name="shop"';
  t.deepEqual(await series(registry), [
    `kvstore_replicas_updated{${named}} 0`,
    `kvstore_replicas_available{${named}} 0`,
  ]);
});
