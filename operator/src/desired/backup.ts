import type { V1CronJob, V1Deployment, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { BackupSpec, KvStore } from '../kvstore.ts';
import { hasIdentity } from '../reconcile/identity.ts';
import type { ServiceDefaults } from './deployment.ts';
import { objectLabels } from './labels.ts';
import { backupPath, buildToolPod } from './tool-pod.ts';

/** A backup that hangs would hold up all that follow. etcd holds some gigabytes, which take minutes. */
const longestBackupSeconds = 60 * 60;

/** How late a backup may begin, after the cluster was down for example. */
const startingDeadlineSeconds = 60 * 60;

function nameOf({ metadata }: KvStore): string {
  return `${metadata.name}-backup`;
}

/**
 * Exports one state of the store into the folder of its name, and deletes the oldest of them. One at a time.
 * @param live the Deployment as the cache shows it
 */
export function buildBackup(
  kvstore: KvStore,
  backup: BackupSpec,
  defaults: ServiceDefaults,
  live: V1Deployment | undefined,
): V1CronJob {
  const { name, namespace } = kvstore.metadata;
  const labels = objectLabels(name, 'backup');
  const { schedule, timeZone, retention, suspend, volumeClaim = nameOf(kvstore), tokenSecretName } = backup;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: nameOf(kvstore), namespace, labels },
    spec: {
      schedule,
      ...(timeZone === undefined ? {} : { timeZone }),
      suspend,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 3,
          activeDeadlineSeconds: longestBackupSeconds,
          template: buildToolPod(kvstore, defaults, {
            component: 'backup',
            args: ['backup', backupPath(name), `--keep=${retention}`, '--retry-for=300'],
            volumeClaim,
            folder: name,
            readOnly: false,
            tokenSecretName,
            hasIdentity: hasIdentity(live),
          }),
        },
      },
    },
  };
}

/** The claim of backups that name none. */
export function buildBackupClaim(kvstore: KvStore, { storage }: BackupSpec): V1PersistentVolumeClaim | undefined {
  if (storage === undefined) return undefined;
  const { name, namespace } = kvstore.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: nameOf(kvstore), namespace, labels: objectLabels(name, 'backup') },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storage.className === undefined ? {} : { storageClassName: storage.className }),
      resources: { requests: { storage: storage.size } },
    },
  };
}
