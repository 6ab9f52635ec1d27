/** How the last backup went, from its Job and its pods, and what is done about one that never starts. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import test from 'ava';
import { backupCondition, backupOf, hopelessBackups } from '../src/reconcile/backup.ts';
import type { Condition } from '../src/status/conditions.ts';
import { troubleOf } from '../src/trouble/pod-trouble.ts';
import { kvStore } from './support/kvstore.ts';
import { pod, recorded } from './trouble/recorded.ts';

const noon = new Date('2026-01-01T12:00:00Z');
const backup = { schedule: '@daily', retention: 7, suspend: false, volumeClaim: 'backups' };

function job(name: string, hour: number, ended?: 'Complete' | 'Failed', message?: string): V1Job {
  const conditions =
    ended === undefined ? [] : [{ type: ended, status: 'True', reason: 'BackoffLimitExceeded', message }];
  return {
    metadata: {
      name,
      labels: { 'app.kubernetes.io/component': 'backup' },
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, hour)),
    },
    status: { conditions: conditions as NonNullable<V1Job['status']>['conditions'] & object },
  };
}

function failedPod(jobName: string, message: string, finishedAt: string): V1Pod {
  const terminated = { exitCode: 1, reason: 'Error', message, finishedAt: finishedAt as unknown as Date };
  return pod({
    ...{ name: `${jobName}-${finishedAt}`, component: 'backup', job: jobName, phase: 'Failed' },
    container: { name: 'backup', state: { terminated } },
  });
}

function known(status: Condition['status'], reason: string, message: string): Condition {
  return {
    type: backupCondition,
    status,
    reason,
    message,
    observedGeneration: 7,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
}

function look(jobs: V1Job[], pods: V1Pod[] = [], before?: Condition, troubled?: V1Pod) {
  const trouble = troubled === undefined ? undefined : troubleOf(troubled, noon);
  const status = before === undefined ? undefined : { conditions: [before] };
  return backupOf(kvStore({ backup }, status), { jobs, pods, troubles: trouble === undefined ? [] : [trouble] });
}

test('no backups, none yet, one that completed', (t) => {
  t.is(backupOf(kvStore(), { jobs: [], pods: [], troubles: [] }), undefined);
  t.like(look([]), { status: 'Unknown', reason: 'NoneYet' });
  t.like(look([job('a', 1, 'Complete')]), { status: 'True', reason: 'Completed' });
});

test('the newest counts, and one at work changes nothing', (t) => {
  t.is(look([job('b', 2, 'Failed'), job('a', 1, 'Complete')])?.status, 'False');
  t.is(look([job('a', 1, 'Failed'), job('b', 2, 'Complete')])?.status, 'True');
  t.is(look([job('a', 1, 'Failed'), job('b', 2)], [], known('False', 'Failed', 'x'))?.status, 'False');
});

test('what the command line said last is the reason, and stays when the pods are gone', (t) => {
  const pods = [
    failedPod('a', 'kvstore-cli: first', '2026-01-01T01:00:00Z'),
    failedPod('a', 'progress\nkvstore-cli: ENOSPC: no space left on device, write', '2026-01-01T01:05:00Z'),
    failedPod('z', 'kvstore-cli: another', '2026-01-01T01:06:00Z'),
  ];
  const found = look([job('a', 1, 'Failed', 'Job has reached the specified backoff limit')], pods);
  t.regex(found?.message ?? '', /the Job a failed: .*exit code 1: .*no space left on device/);
  const later = look([job('a', 1, 'Failed', 'limit')], [], known('False', 'Failed', found?.message ?? ''));
  t.is(later?.message, found?.message);
  const unknown = look([job('a', 1, 'Failed', 'Job was active longer than specified deadline')]);
  t.regex(unknown?.message ?? '', /BackoffLimitExceeded: Job was active longer/);
});

test('a pod that cannot start says why', (t) => {
  const found = look([job('a', 1)], [], undefined, recorded.unschedulable);
  t.like(found, { status: 'False', reason: 'CannotStart' });
  t.regex(found?.message ?? '', /"backups" not found/);
  const ended = look([job('a', 1, 'Failed', 'deadline')], [], known('False', 'CannotStart', found?.message ?? ''));
  t.regex(ended?.message ?? '', /"backups" not found/, 'also after it was ended for it');
});

test('a backup that has not started for ten minutes is ended; one that runs, has ended or just waits is not', (t) => {
  const waiting = (minutes: number, phase = 'Pending') => {
    const made = pod({ job: 'a', component: 'backup', phase });
    const creationTimestamp = new Date(noon.getTime() - minutes * 60_000);
    return [{ ...made, metadata: { ...made.metadata, creationTimestamp } }];
  };
  const ended = (jobs: V1Job[], pods: V1Pod[]) =>
    hopelessBackups({ jobs, pods }, noon).map(({ metadata }) => metadata?.name);
  t.deepEqual(ended([job('a', 1)], waiting(11)), ['a']);
  t.deepEqual(ended([job('a', 1)], waiting(9)), []);
  t.deepEqual(ended([job('a', 1)], waiting(600, 'Running')), []);
  t.deepEqual(ended([job('a', 1, 'Failed')], waiting(11)), []);
  t.deepEqual(ended([job('b', 1)], []), ['b'], "without any pod, since one o'clock");
  for (const count of ['active', 'failed', 'ready']) {
    t.deepEqual(ended([{ ...job('b', 1), status: { [count]: 1 } }], []), [], `${count}: its pod was evicted, say`);
  }
  t.deepEqual(ended([{ ...job('b', 1), spec: { suspend: true, template: {} } }], []), [], 'suspended by somebody');
  t.deepEqual(ended([job('c', 12)], waiting(11)), [], 'only just made');
});
