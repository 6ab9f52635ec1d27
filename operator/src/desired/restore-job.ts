import { createHash } from 'node:crypto';
import type { V1Deployment, V1Job } from '@kubernetes/client-node';
import type { KvStore, RestoreSpec } from '../kvstore.ts';
import { hasIdentity } from '../reconcile/identity.ts';
import type { ServiceDefaults } from './deployment.ts';
import { objectLabels } from './labels.ts';
import { backupPath, buildToolPod } from './tool-pod.ts';

/** With which the command line says that the store holds other data than the backup (docs/cli.md). */
export const otherDataExitCode = 4;

/** Wrong use, and no such backup: another try would end the same way. */
const hopelessExitCodes = [2, 3];

/** Another restore is another Job: a Job cannot be changed. */
export function restoreJobName({ metadata }: KvStore, restore: RestoreSpec): string {
  const { volumeClaim, kvStore, file, tokenSecretName } = restore;
  const text = JSON.stringify([volumeClaim, kvStore, file, tokenSecretName]);
  return `${metadata.name}-restore-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

/**
 * Imports a backup into a store that holds nothing else. Whatever is tried again goes on where the last try ended.
 * @param live the Deployment as the cache shows it
 */
export function buildRestoreJob(
  kvstore: KvStore,
  restore: RestoreSpec,
  defaults: ServiceDefaults,
  live: V1Deployment | undefined,
): V1Job {
  const { name, namespace } = kvstore.metadata;
  const labels = objectLabels(name, 'restore');
  const source = restore.kvStore ?? name;
  const folder = backupPath(source);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: restoreJobName(kvstore, restore), namespace, labels },
    spec: {
      backoffLimit: 6,
      podFailurePolicy: {
        rules: [
          {
            action: 'FailJob',
            onExitCodes: {
              containerName: 'restore',
              operator: 'In',
              values: [...hopelessExitCodes, otherDataExitCode],
            },
          },
          // A drained node is no failure.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: buildToolPod(kvstore, defaults, {
        component: 'restore',
        args: ['restore', restore.file === 'latest' ? folder : `${folder}/${restore.file}`, '--retry-for=300'],
        volumeClaim: restore.volumeClaim,
        folder: source,
        readOnly: true,
        tokenSecretName: restore.tokenSecretName,
        hasIdentity: hasIdentity(live),
      }),
    },
  };
}
