/** Backups of a KvStore that a test asks for, not the schedule. */
import { kubectl } from './kubectl.ts';
import type { KvStoreHandle } from './kvstore.ts';

/** Far away, so that only the test makes backups. */
export const neverBySchedule = '0 0 1 1 *';

/** Makes a Job of the CronJob now, and waits until it has ended well. */
export async function backUp({ namespace, name }: KvStoreHandle, job: string): Promise<void> {
  await kubectl('create', 'job', job, '-n', namespace, `--from=cronjob/${name}-backup`);
  await kubectl('wait', '--for=condition=Complete', `job/${job}`, '-n', namespace, '--timeout=180s');
}
